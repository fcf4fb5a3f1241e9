/** Runtime options of `containerd.runc.v1.Options`: what a user sees of each. */

import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { type Any, DeleteResponse, type RuncOptions, RuntimeInfo } from "../../proto/mod.ts";
import { StatusError } from "../../shim/ttrpc/mod.ts";
import { expectSuccess, type PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import {
  ctrFlags,
  RecordingRuntime,
  runcOptions,
  type RuntimeCall,
} from "../harness/containerd/runtime_options.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { makeCgroup, removeCgroups } from "../harness/machine/cgroups.ts";
import { findProcess, isAlive } from "../harness/machine/processes.ts";
import { openFolders } from "../harness/machine/user_namespaces.ts";
import { Bundle, callShim, DirectShim, startShim } from "../harness/shim/direct_shim.ts";
import { jsonAny } from "../harness/shim/task_client.ts";
import { ClientFifo } from "../harness/streams/client_fifo.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

/** A test with a runtime that tells how it was called. */
function testCalls(
  name: string,
  body: (containerd: PrivateContainerd, runtime: RecordingRuntime) => Promise<void>,
): void {
  test(name, async (containerd) => {
    await using runtime = await RecordingRuntime.make(`${containerd.folder}/bin/recording-runc`);
    await body(containerd, runtime);
  });
}

/** Changes the OCI spec in a bundle. */
// deno-lint-ignore no-explicit-any -- it is JSON
async function changeSpec({ path }: Bundle, change: (spec: any) => void): Promise<void> {
  const spec = JSON.parse(await Deno.readTextFile(`${path}/config.json`));
  change(spec);
  await Deno.writeTextFile(`${path}/config.json`, JSON.stringify(spec));
}

/** Pauses and resumes, updates, adds a process to, kills and deletes a container that was created with some options. */
async function live(containerd: PrivateContainerd, options: RuncOptions.Properties): Promise<void> {
  const shim = await DirectShim.run(containerd, "box", {}, { options: runcOptions(options) });
  const { tasks, id } = shim;
  await tasks.call("Pause", { id });
  await tasks.call("Resume", { id });
  await tasks.call("Update", { id, resources: jsonAny("LinuxResources", {}) });
  await shim.exec("visitor", ["sh", "-c", "exit 3"]);
  const exec = { id, execId: "visitor" };
  assertEquals((await tasks.call("Wait", exec)).exitStatus, 3);
  await tasks.call("Delete", exec);
  await tasks.call("Kill", { id, signal: 9, all: true });
  await tasks.call("Wait", { id });
  await tasks.call("Delete", { id });
  await shim.shutDown();
}

testCalls(
  "BinaryName, Root and SystemdCgroup are those of all a container's calls",
  async (containerd, runtime) => {
    const root = `${containerd.folder}/runc-root`;
    await live(containerd, { binaryName: runtime.path, root, systemdCgroup: true });
    const calls = await runtime.calls();
    const commands = new Set(calls.map(({ command }) => command));
    const expected = ["create", "start", "pause", "resume", "update", "exec", "kill", "delete"];
    assertEquals([...new Set(expected).difference(commands)], []);
    for (const call of calls) {
      assertEquals(call.root, `${root}/${containerd.namespace}`);
      assertEquals(call.systemdCgroup, true, call.command);
    }
    await Deno.remove(root, { recursive: true });
  },
);

testCalls("without options systemd makes no cgroups", async (containerd, runtime) => {
  await live(containerd, { binaryName: runtime.path });
  for (const call of await runtime.calls()) {
    assertEquals(call.root, `/run/containerd/runc/${containerd.namespace}`);
    assertEquals(call.systemdCgroup, false, call.command);
  }
});

testCalls("BinaryName is looked for on containerd's PATH", async (containerd, runtime) => {
  await using options = await ctrFlags(containerd, { binaryName: "recording-runc" });
  const result = await containerd.run([...options.flags, "--rm"], "box", "sh", "-c", "exit 7");
  assertEquals(result, { code: 7, stdout: "", stderr: "" });
  assertEquals((await runtime.callsOf("create")).length, 1);
});

test("a BinaryName that is not there is told to the user", async (containerd) => {
  const cases: [binaryName: string, reason: RegExp][] = [
    ["nosuch-runc", /exec: "nosuch-runc": executable file not found in \$PATH/],
    ["/no/such/runc", /exec:? "?\/no\/such\/runc"?: no such file or directory/],
  ];
  for (const [binaryName, reason] of cases) {
    await using options = await ctrFlags(containerd, { binaryName });
    const { code, stderr } = await containerd.run([...options.flags, "--rm"], "box", "true");
    assertEquals(code, 1);
    assertStringIncludes(stderr, "OCI runtime create failed: ");
    assertMatch(stderr, reason);
  }
});

test("Root has the state of the container while it lives", async (containerd) => {
  const root = `${containerd.folder}/runc-root`;
  await using options = await ctrFlags(containerd, { binaryName: "runc", root });
  expectSuccess(await containerd.run([...options.flags, "--detach"], "box", "sleep", "1000"));
  const list = async (folder: string) => {
    const args = ["--root", `${folder}/${containerd.namespace}`, "list", "--quiet"];
    return new TextDecoder().decode((await new Deno.Command("runc", { args }).output()).stdout);
  };
  assertEquals([await list(root), await list("/run/containerd/runc")], ["box\n", ""]);
  await containerd.remove("box");
  assertEquals(await list(root), "");
  await Deno.remove(root, { recursive: true });
});

testCalls(
  "delete after a kill -9 of the shim uses the container's BinaryName and Root",
  async (containerd, runtime) => {
    const root = `${containerd.folder}/runc-root`;
    const options = runcOptions({ binaryName: runtime.path, root });
    const shim = await DirectShim.run(containerd, "box", {}, { options });
    const init = (await shim.tasks.call("State", { id: "box" })).pid;
    Deno.kill(shim.pid, "SIGKILL");
    await shim.tasks.client.closed;

    const { code, stdout } = await shim.bundle.delete(containerd);
    assertEquals([code, DeleteResponse.decode(stdout).pid], [0, init]);
    await eventually("an end of init", () => !isAlive(init) || undefined);
    assertEquals([...Deno.readDirSync(`${root}/${containerd.namespace}`)], []);
    const [call] = await runtime.callsOf("delete");
    assertEquals([call.root, call.args], [`${root}/${containerd.namespace}`, ["--force", "box"]]);
    await Deno.remove(root, { recursive: true });
    await shim.bundle.remove();
    await Deno.remove(shim.address.slice("unix://".length)).catch(() => {}); // Go's
  },
);

test("what runc says of SystemdCgroup comes to the user", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  const create = shim.create(containerd, { options: runcOptions({ systemdCgroup: true }) });
  const { message } = await assertRejects(() => create, StatusError);
  assertMatch(message, /^OCI runtime create failed: .*for systemd cgroups, got/);
  await shim.shutDown();
});

testCalls("NoPivotRoot and NoNewKeyring go to create alone", async (containerd, runtime) => {
  const flags = async () => {
    const [{ args }] = (await runtime.callsOf("create")).slice(-1);
    return args.filter((arg) => /^--no-/.test(arg)).sort();
  };
  const binaryName = runtime.path;
  await live(containerd, { binaryName, noPivotRoot: true });
  assertEquals(await flags(), ["--no-pivot"]);
  await live(containerd, { binaryName, noNewKeyring: true });
  assertEquals(await flags(), ["--no-new-keyring"]);
  await live(containerd, { binaryName });
  assertEquals(await flags(), []);
  const others = (await runtime.calls()).filter(({ command }) => command !== "create");
  assertEquals(others.filter(({ args }) => /--no-/.test(`${args}`)), []);
});

test("with NoNewKeyring a container has no session keyring of its own", async (containerd) => {
  const hasKeyring = async (id: string, options: RuncOptions.Properties) => {
    const shim = await DirectShim.start(containerd, id);
    await shim.create(containerd, { options: runcOptions(options) });
    const keys = await Deno.readTextFile("/proc/keys");
    await shim.end();
    return keys.includes(` _ses.${id}: `);
  };
  assertEquals(await hasKeyring("with-keyring", {}), true);
  assertEquals(await hasKeyring("without-keyring", { noNewKeyring: true }), false);
});

/** FIFOs for all three streams of a process. */
interface Fifos extends Disposable {
  stdin: ClientFifo;
  stdout: ClientFifo;
  stderr: ClientFifo;
  paths: { stdin: string; stdout: string; stderr: string };
}

async function makeFifos({ path }: Bundle, name: string): Promise<Fifos> {
  const make = (stream: string) => ClientFifo.make(`${path}/${name}-${stream}`);
  const [stdin, stdout, stderr] = await Promise.all(["stdin", "stdout", "stderr"].map(make));
  return {
    stdin,
    stdout,
    stderr,
    paths: { stdin: stdin.path, stdout: stdout.path, stderr: stderr.path },
    [Symbol.dispose]() {
      for (const fifo of [stdin, stdout, stderr]) fifo[Symbol.dispose]();
    },
  };
}

testCalls("IoUid and IoGid own the pipes of init and of execs", async (containerd, runtime) => {
  const shim = await DirectShim.start(containerd, "box");
  using fifos = await makeFifos(shim.bundle, "box");
  const options = runcOptions({ binaryName: runtime.path, ioUid: 1234, ioGid: 5678 });
  await shim.create(containerd, { ...fifos.paths, options });
  await shim.tasks.call("Start", { id: "box" });
  await shim.exec("visitor", ["sleep", "1000"], fifos.paths);
  for (const command of ["create", "exec"]) {
    const [{ owners }] = await runtime.callsOf(command);
    assertEquals(owners, ["1234:5678", "1234:5678", "1234:5678"], command);
  }
  await shim.end();
});

for (
  const { title, options, register } of [
    { title: "with IoUid", options: { ioUid: 100_000, ioGid: 100_000 }, register: test },
    // docker and containerd's CRI do not tell it.
    { title: "without IoUid", options: {}, register: testBetterThanGo },
  ]
) {
  const name = `${title} the root of a user namespace can open its streams again`;
  register(name, async (containerd) => {
    await openFolders(containerd);
    const reopen = "read line < /dev/stdin && echo $line > /dev/stdout && " +
      "echo out > /proc/self/fd/1 && echo err > /dev/stderr; echo status $?";
    const args = ["sh", "-c", `${reopen}; exec sleep 1000`];
    const shim = await DirectShim.start(containerd, "box", { args });
    await changeSpec(shim.bundle, ({ linux, mounts }) => {
      mounts.push({ destination: "/dev", type: "tmpfs", source: "tmpfs" });
      linux.namespaces.push({ type: "user" });
      linux.uidMappings = linux.gidMappings = [{ containerID: 0, hostID: 100_000, size: 1000 }];
    });
    const expectReopened = async (fifos: Fifos) => {
      await fifos.stdin.write("typed\n");
      const [output] = await fifos.stdout.output.until(/(.|\n)*status .\n/);
      assertEquals(output, "typed\nout\nstatus 0\n");
      await fifos.stderr.output.until(/^err/);
    };
    using ofInit = await makeFifos(shim.bundle, "init");
    await shim.create(containerd, { ...ofInit.paths, options: runcOptions(options) });
    await shim.tasks.call("Start", { id: "box" });
    await expectReopened(ofInit);

    using ofExec = await makeFifos(shim.bundle, "exec");
    await shim.exec("visitor", ["sh", "-c", reopen], ofExec.paths);
    await expectReopened(ofExec);
    await shim.end();
  });
}

test("ctr run --uidmap, for which it sends options of its own", async (containerd) => {
  await openFolders(containerd);
  const ids = ["--uidmap", "0:200000:65536", "--gidmap", "0:300000:65536"];
  const script = "echo $(id -u) >/dev/stdout; echo err >/dev/stderr; exit 7";
  assertEquals(await containerd.run(["--rm", ...ids], "box", "sh", "-c", script), {
    code: 7,
    stdout: "0\n",
    stderr: "err\n",
  });
});

test("ctr run --no-pivot, for which it sends options of its own", async (containerd) => {
  const result = await containerd.run(["--rm", "--no-pivot"], "box", "sh", "-c", "exit 7");
  assertEquals(result, { code: 7, stdout: "", stderr: "" });
});

test("with IoUid a terminal is the user's whose process has it", async (containerd) => {
  const script = "read line < /dev/stdin; echo got $line > /dev/stdout; " +
    "stat -L -c 'owned by %u' /proc/self/fd/0; exec sleep 1000";
  const shim = await DirectShim.start(containerd, "box", { args: ["sh", "-c", script] });
  await changeSpec(shim.bundle, (spec) => {
    Object.assign(spec.process, { terminal: true, user: { uid: 1000, gid: 1000 } });
    spec.mounts.push({ destination: "/dev/pts", type: "devpts", source: "devpts" });
  });
  using stdin = await ClientFifo.make(`${shim.bundle.path}/stdin`);
  using stdout = await ClientFifo.make(`${shim.bundle.path}/stdout`);
  const streams = { stdin: stdin.path, stdout: stdout.path, terminal: true };
  const options = runcOptions({ ioUid: 4321, ioGid: 4321 });
  await shim.create(containerd, { ...streams, options });
  await shim.tasks.call("Start", { id: "box" });
  await stdin.write("typed\n");
  await stdout.output.until(/got typed\r\nowned by 1000\r\n/);
  await shim.end();
});

test("with ShimCgroup the server is in that cgroup, and its containers are not", async (containerd) => {
  const path = `/${containerd.namespace}/shims`;
  const folders = await makeCgroup(path);
  const options = runcOptions({ shimCgroup: path });
  const shim = await DirectShim.run(containerd, "box", { options }, { options });
  const init = (await shim.tasks.call("State", { id: "box" })).pid;
  const visitor = await shim.exec("visitor", ["sleep", "1000"]);
  for (const folder of folders) {
    const pids = (await Deno.readTextFile(`${folder}/cgroup.procs`)).trim().split("\n");
    assertEquals(pids, [`${shim.pid}`], folder);
  }
  for (const process of [init, visitor]) {
    assertEquals((await Deno.readTextFile(`/proc/${process}/cgroup`)).includes(path), false);
  }
  await shim.end();
  // Until PID 1 has reaped the server its cgroup is busy.
  await eventually("an end of the server", () => !findProcess(shim.pid) || undefined);
  await removeCgroups(folders);
});

test("a ShimCgroup that is not there is told to the user", async (containerd) => {
  const bundle = await Bundle.make(containerd, "box");
  const shimCgroup = `/${containerd.namespace}/nosuch`;
  const start = startShim(containerd, bundle, runcOptions({ shimCgroup }));
  const { message } = await assertRejects(() => start, Error);
  assertMatch(message, /not 1 and .*cgroup/);
  await bundle.remove();
});

testCalls(
  "CRIU's paths and the address of the Task API change nothing",
  async (containerd, runtime) => {
    await live(containerd, { binaryName: runtime.path });
    const plain = await runtime.calls();
    await live(containerd, {
      binaryName: runtime.path,
      criuImagePath: "/no/such/images",
      criuWorkPath: "/no/such/work",
      taskApiAddress: "unix:///no/such/socket",
      taskApiVersion: 3,
    });
    const commands = (calls: RuntimeCall[]) =>
      calls.map(({ command, args }) => [command, ...args.filter((arg) => arg.startsWith("--"))]);
    assertEquals(commands((await runtime.calls()).slice(plain.length)), commands(plain));
  },
);

for (const host of ["types.containerd.io/", "type.googleapis.com/"]) {
  testBetterThanGo(`options whose type begins with ${host}`, async (containerd) => {
    await using runtime = await RecordingRuntime.make(`${containerd.folder}/recording-runc`);
    const { typeUrl, value } = runcOptions({ binaryName: runtime.path });
    const options = { typeUrl: host + typeUrl, value };
    const shim = await DirectShim.run(containerd, "box", { options }, { options });
    assertEquals((await runtime.callsOf("create")).length, 1);
    await shim.end();
  });
}

test("an empty Any is the defaults", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box", { options: {} });
  await shim.create(containerd, { options: {} });
  const state = `/run/containerd/runc/${containerd.namespace}/box/state.json`;
  assertEquals((await Deno.stat(state)).isFile, true);
  await shim.end();
});

const unknown = { typeUrl: "io.containerd.nosuch.v1.Options", value: new Uint8Array() };

testBetterThanGo("start refuses options of an unknown type by its name", async (containerd) => {
  const bundle = await Bundle.make(containerd, "box");
  const { message } = await assertRejects(() => startShim(containerd, bundle, unknown), Error);
  assertStringIncludes(message, "not 1 and ");
  assertStringIncludes(message, "not io.containerd.nosuch.v1.Options");
  await bundle.remove();
});

/** Calls `-info`, and expects it to succeed. */
async function readInfo(
  containerd: PrivateContainerd,
  options?: Any.Properties,
): Promise<RuntimeInfo> {
  const { code, stdout, stderr } = await callShim(containerd, "/", ["-info"], {}, options);
  assertEquals([code, stderr], [0, ""]);
  return RuntimeInfo.decode(stdout);
}

testBetterThanGo(
  "-info tells the options, and what the runtime they name can do",
  async (containerd) => {
    await using runtime = await RecordingRuntime.make(`${containerd.folder}/recording-runc`);
    const given = runcOptions({ binaryName: runtime.path, root: "/run/containerd/other" });
    const { name, options, features } = await readInfo(containerd, given);
    assertEquals([name, options], ["io.containerd.ts.v2", given as Any]);
    const { ociVersionMin } = JSON.parse(new TextDecoder().decode(features!.value));
    assertMatch(ociVersionMin, /^1\.0\./);
    const calls = (await runtime.calls()).map(({ command, root }) => [command, root]);
    assertEquals(calls, [["features", "/run/containerd/other"]]);
  },
);

testBetterThanGo("-info without options tells what runc can do", async (containerd) => {
  const { options, features } = await readInfo(containerd);
  assertEquals(options, null);
  assertStringIncludes(new TextDecoder().decode(features!.value), "ociVersionMin");
});

testBetterThanGo(
  "-info of a runtime that can't tell leaves its features out",
  async (containerd) => {
    for (const binaryName of ["false", "true", "echo"]) {
      assertEquals((await readInfo(containerd, runcOptions({ binaryName }))).features, null);
    }
  },
);

testBetterThanGo("-info of what is not there is an error", async (containerd) => {
  const missing = runcOptions({ binaryName: "nosuch-runc" });
  for (const [options, reason] of [[missing, "nosuch-runc"], [unknown, unknown.typeUrl]] as const) {
    const { code, stdout, stderr } = await callShim(containerd, "/", ["-info"], {}, options);
    assertEquals([code, stdout.length], [1, 0]);
    assertStringIncludes(stderr, reason);
  }
});
