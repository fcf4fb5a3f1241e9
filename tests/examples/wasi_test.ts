import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { build } from "../../tools/build/build.ts";
import { cgroupFolders } from "../harness/machine/cgroups.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { expectSuccess, PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { isAlive } from "../harness/machine/processes.ts";
import { ctrAtTerminal } from "../harness/streams/pseudo_terminal.ts";
import { testsWith } from "../harness/suite/shared_daemon.ts";
import { importWasiImage, wasiImage } from "./wasi_image.ts";

const WASI = fromFileUrl(new URL("../../examples/wasi", import.meta.url));
const RUNTIME = "io.containerd.ts-wasi.v1";

const test = testsWith(async () => {
  const binary = await build(WASI);
  const containerd = await PrivateContainerd.start([{ name: RUNTIME, binary }]);
  await importWasiImage(containerd);
  return containerd;
});

/** The arguments of `ctr run` for a container of the image. */
function runArguments(flags: string[], id: string, ...command: string[]): string[] {
  return ["run", "--runtime", RUNTIME, ...flags, wasiImage, id, ...command];
}

function run(containerd: PrivateContainerd, ...command: string[]) {
  return containerd.ctr(...runArguments(["--rm"], "box", ...command));
}

test("wasi: the image's module runs", async (containerd) => {
  assertEquals(await run(containerd), { code: 0, stdout: "hello\n", stderr: "" });
});

test("wasi: arguments, environment and the exit code", async (containerd) => {
  const flags = ["--rm", "--env", "NAME=v\u00e4lue=1"];
  const command = ["/bin/arguments.wasm", "with space", "\u00e4\u{1f600}", ""];
  const { code, stdout } = await containerd.ctr(...runArguments(flags, "box", ...command));
  assertEquals(stdout.split("\0"), [...command, "PATH=/bin", "NAME=v\u00e4lue=1", ""]);
  assertEquals(code, 4);
});

test("wasi: the streams are each its own", async (containerd) => {
  const ctr = containerd.spawnCtr(runArguments(["--rm"], "box", "copy.wasm"));
  const errors = ctr.stderr.pipeThrough(new TextDecoderStream()).getReader();
  assertEquals((await errors.read()).value, "ready\n");
  const input = ctr.stdin.getWriter();
  const output = ctr.stdout.getReader();
  const typed = Uint8Array.of(0, 0xff, 0x0a, 0x80);
  await input.write(typed);
  assertEquals((await output.read()).value, typed);
  await input.close();
  assertEquals((await output.read()).done, true);
  assertEquals((await errors.read()).done, true);
  assertEquals((await ctr.status).code, 0);
});

test("wasi: files are those of the image", async (containerd) => {
  for (const path of ["etc/greeting", "etc/../etc/greeting", "etc/absolute"]) {
    const { code, stdout } = await run(containerd, "show.wasm", path);
    assertEquals({ path, code, stdout }, { path, code: 0, stdout: "hello from the image\n" });
  }
});

test("wasi: no path leads out of the root file system", async (containerd) => {
  const [NOENT, NOTCAPABLE] = [44, 76];
  const up = `${"../".repeat(20)}${containerd.folder}/config.toml`;
  assertEquals((await run(containerd, "show.wasm", up)).code, NOTCAPABLE);
  assertEquals((await run(containerd, "show.wasm", "etc/outer")).code, NOENT);
});

test("wasi: a read-only root file system", async (containerd) => {
  const ROFS = 69;
  assertEquals((await run(containerd, "touch.wasm", "file")).code, 0);
  const flags = ["--rm", "--read-only"];
  const { code } = await containerd.ctr(...runArguments(flags, "box", "touch.wasm", "file"));
  assertEquals(code, ROFS);
});

test("wasi: mounts, and the devices that programs expect", async (containerd) => {
  const folder = `${containerd.folder}/volume`;
  await Deno.mkdir(folder);
  await Deno.writeTextFile(`${folder}/file`, "in the volume\n");
  const mount = `type=bind,src=${folder},dst=/new/volume,options=rbind:rw`;
  const start = (...command: string[]) =>
    containerd.ctr(...runArguments(["--rm", "--mount", mount], "box", ...command));
  assertEquals((await start("show.wasm", "new/volume/file")).stdout, "in the volume\n");
  assertEquals((await start("touch.wasm", "new/volume/made")).code, 0);
  assert((await Deno.stat(`${folder}/made`)).isFile);
  assertEquals((await start("touch.wasm", "dev/null")).code, 0);
  await Deno.remove(folder, { recursive: true });
});

test("wasi: the working directory", async (containerd) => {
  const flags = ["--rm", "--cwd", "/etc"];
  const { stdout } = await containerd.ctr(...runArguments(flags, "box", "show.wasm", "greeting"));
  assertEquals(stdout, "hello from the image\n");
  const { stdout: env } = await containerd.ctr(...runArguments(flags, "box", "arguments.wasm"));
  assertStringIncludes(env, "PWD=/etc\0");
});

test("wasi: a user's rights, in a root file system that is a folder", async (containerd) => {
  const ACCES = 2;
  const start = async (...args: string[]) => {
    const spec = {
      ociVersion: "1.0.2",
      process: { args, cwd: "/", env: ["PATH=/bin"], user: { uid: 1000, gid: 1000 } },
      root: { path: `${containerd.folder}/wasi` },
      linux: { cgroupsPath: `/${containerd.namespace}/box` },
    };
    const config = `${containerd.folder}/user.json`;
    await Deno.writeTextFile(config, JSON.stringify(spec));
    const flags = ["--rm", "--runtime", RUNTIME, "--config", config];
    return await containerd.ctr("run", ...flags, "box");
  };
  assertEquals(await start("touch.wasm", "file"), { code: ACCES, stdout: "", stderr: "" });
  assertEquals((await start("show.wasm", "etc/greeting")).stdout, "hello from the image\n");
  await Deno.remove(`${containerd.folder}/user.json`);
});

test("wasi: device files of the image can't be opened", async (containerd) => {
  const ACCES = 2;
  assertEquals((await run(containerd, "show.wasm", "etc/device")).code, ACCES);
});

for (const [signal, status] of [["SIGTERM", 143], ["SIGKILL", 137]] as const) {
  test(`wasi: ${signal} ends a module that sleeps with the status ${status}`, async (containerd) => {
    expectSuccess(await containerd.ctr(...runArguments(["--detach"], "box", "sleep.wasm")));
    const wait = containerd.ctr("task", "attach", "box");
    expectSuccess(await containerd.ctr("task", "kill", "--signal", signal, "box"));
    // It removes the task.
    assertEquals((await wait).code, status);
    expectSuccess(await containerd.ctr("containers", "rm", "box"));
  });
}

for (
  const [module, text] of [
    ["unreachable.wasm", /^\/bin\/unreachable\.wasm trapped: RuntimeError: unreachable\n/],
    ["recursion.wasm", /trapped: RangeError: Maximum call stack size exceeded/],
    ["bounds.wasm", /trapped: RuntimeError: memory access out of bounds/],
  ] as const
) {
  test(`wasi: a trap is told, and is the status 134: ${module}`, async (containerd) => {
    const { code, stderr } = await run(containerd, module);
    assertMatch(stderr, text);
    assertEquals(code, 134);
  });
}

for (
  const [module, text] of [
    ["text.wasm", "/bin/text.wasm is not a WebAssembly module: "],
    ["component.wasm", "/bin/component.wasm is a component (WASI preview 2): expected a module"],
    ["library.wasm", "/bin/library.wasm has no function _start: expected a command"],
    [
      "threads.wasm",
      "/bin/threads.wasm imports what WASI preview 1 does not have: the function wasi.thread-spawn, " +
      "the function wasi_snapshot_preview1.sock_open",
    ],
    ["nosuch.wasm", "there is no file /bin/nosuch.wasm in the root file system"],
    ["/etc/nosuch", "there is no file /etc/nosuch in the root file system"],
  ]
) {
  test(`wasi: what can't run is refused at once: ${module}`, async (containerd) => {
    const { code, stdout, stderr } = await run(containerd, module);
    assertStringIncludes(stderr, text);
    assertEquals({ code, stdout }, { code: 1, stdout: "" });
  });
}

test("wasi: a memory limit holds", async (containerd) => {
  await using events = await containerd.recordEvents();
  const flags = ["--rm", "--memory-limit", `${128 * 1024 * 1024}`];
  const { code } = await containerd.ctr(...runArguments(flags, "box", "devour.wasm"));
  assertEquals(code, 137);
  assertEquals((await events.untilExit("box")).body.exit_status, 137);
  assert(events.tasks.some(({ topic }) => topic === "/tasks/oom"));
});

test("wasi: a memory limit that is too small for Deno is told", async (containerd) => {
  const flags = ["--rm", "--memory-limit", "4096"];
  const { code, stderr } = await containerd.ctr(...runArguments(flags, "box", "hello.wasm"));
  assertMatch(stderr, /out of memory before the module began: the limit of 4096 bytes/);
  assertEquals(code, 1);
});

test("wasi: the cgroup is there as long as the container", async (containerd) => {
  const flags = ["--detach", "--memory-limit", `${128 * 1024 * 1024}`];
  expectSuccess(await containerd.ctr(...runArguments(flags, "box", "sleep.wasm")));
  const folders = () => cgroupFolders(`${containerd.namespace}`);
  const isOwn = (folder: string) => folder.endsWith(`/${containerd.namespace}/box`);
  const [folder] = folders().filter(isOwn);
  const pid = await containerd.taskPid("box");
  assertEquals(await Deno.readTextFile(`${folder}/cgroup.procs`), `${pid}\n`);
  await containerd.remove("box");
  assertEquals(folders().filter(isOwn), []);
});

test("wasi: exec and a terminal are refused", async (containerd) => {
  expectSuccess(await containerd.ctr(...runArguments(["--detach"], "box", "sleep.wasm")));
  const exec = await containerd.exec("box", "hello.wasm");
  assertEquals(exec.code, 1);
  assertStringIncludes(exec.stderr, "nothing can be executed in box: a WASI module is one program");
  await containerd.remove("box");

  await using terminal = ctrAtTerminal(containerd, runArguments(["--rm", "--tty"], "other"));
  await terminal.output.until(/the container other can't have a terminal/);
  assertEquals((await terminal.end()).code, 1);
});

test("wasi: a pod's containers are in one server", async (containerd) => {
  const flags = ["--detach", "--annotation", "io.kubernetes.cri.sandbox-id=pod"];
  for (const id of ["one", "two"]) {
    expectSuccess(await containerd.ctr(...runArguments(flags, id, "sleep.wasm")));
  }
  assertEquals(await containerd.shimPid("one"), await containerd.shimPid("two"));
  Deno.kill(await containerd.taskPid("one"), "SIGKILL");
  await eventually(
    "the end of one",
    async () => (await containerd.tasks()).get("one")?.status === "STOPPED" || undefined,
  );
  assertEquals((await containerd.tasks()).get("two")?.status, "RUNNING");
  await containerd.remove("one", "two");
});

test("wasi: a shim that is killed leaves nothing", async (containerd) => {
  const flags = ["--detach", "--memory-limit", `${128 * 1024 * 1024}`];
  expectSuccess(await containerd.ctr(...runArguments(flags, "box", "sleep.wasm")));
  const [pid, shim] = [await containerd.taskPid("box"), await containerd.shimPid("box")];
  Deno.kill(shim, "SIGKILL");
  await eventually("the end of the container", () => !isAlive(pid) || undefined);
  await eventually(
    "the end of the task",
    async () => !(await containerd.tasks()).has("box") || undefined,
  );
  expectSuccess(await containerd.ctr("container", "rm", "box"));
});

test("wasi: a container lives while containerd is away", async (containerd) => {
  expectSuccess(await containerd.ctr(...runArguments(["--detach"], "box", "sleep.wasm")));
  await containerd.restart("SIGKILL");
  assertEquals((await containerd.tasks()).get("box")?.status, "RUNNING");
  await containerd.remove("box");
});
