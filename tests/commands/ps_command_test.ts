/** `ps`: the shims of this machine with their containers, whatever has become of them. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { close, connectUnix, listenUnix } from "../../shim/libc/mod.ts";
import type { PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { isAlive } from "../harness/machine/processes.ts";
import { age } from "../harness/machine/files.ts";
import { sh } from "../harness/machine/shell.ts";
import {
  findings,
  type Json,
  jsonOf,
  rowsOf,
  runAsNobody,
  runCommand,
} from "../harness/shim/commands.ts";
import { Bundle, DirectShim } from "../harness/shim/direct_shim.ts";
import { SlowRunc } from "../harness/shim/slow_runc.ts";
import { runWithGo, test } from "../harness/suite/both_shims.ts";

/** What `ps` lists of a containerd alone. */
function place({ address }: PrivateContainerd): string[] {
  return ["ps", "--address", address];
}

test("our shim's and Go's containers, and their execs", async (containerd) => {
  await containerd.runDetached("ours", "sleep", "1000");
  await runWithGo(containerd, "theirs", "sleep", "1000");
  for (const id of ["ours", "theirs"]) {
    await containerd.execDetached(id, "visitor", "sleep", "1001");
  }
  const { shims } = await jsonOf(...place(containerd));
  assertEquals(shims.length, 2);
  for (const [index, id] of ["ours", "theirs"].entries()) {
    const { containers, uptimeSeconds, privateMemoryBytes, ...shim } = shims[index];
    const pid = await containerd.shimPid(id);
    const { namespace, address } = containerd;
    assertEquals(shim, {
      namespace,
      id,
      condition: "serves",
      pid,
      runtime: id === "ours" ? "ts-v2" : "runc-v2",
      socket: (await containerd.findShim(id)).address.replace("unix://", ""),
      containerd: { address, pid: containerd.pid, lives: true },
    });
    assert(uptimeSeconds >= 0 && uptimeSeconds < 120);
    assert(privateMemoryBytes > 500_000 && privateMemoryBytes < 50_000_000);
    assertEquals(containers.length, 1);
    const [{ execs, uptimeSeconds: _, ...container }] = containers;
    assertEquals(container, {
      id,
      namespace,
      status: "running",
      pid: await containerd.taskPid(id),
      exitStatus: null,
      bundle: containerd.bundle(id),
      problem: null,
    });
    const processes = await containerd.processes(id);
    const [visitor] = [...processes].find(([, execId]) => execId === "visitor")!;
    assertEquals(
      execs.map(({ id, status, pid }: Record<string, unknown>) => ({ id, status, pid })),
      [
        { id: "visitor", status: "running", pid: visitor },
      ],
    );
  }
  await containerd.remove("ours", "theirs");
});

test("the table says what the JSON says", async (containerd) => {
  await containerd.runDetached("ours", "sleep", "1000");
  await runWithGo(containerd, "theirs", "true");
  await eventually(
    "an end",
    async () => (await containerd.tasks()).get("theirs")?.status === "STOPPED" || undefined,
  );
  const [{ shims }, { stdout, code }] = await Promise.all([
    jsonOf(...place(containerd)),
    runCommand(...place(containerd)),
  ]);
  assertEquals(code, 0);
  const rows = rowsOf(stdout);
  assertEquals(rows.map(({ KIND, ID, PID, STATUS }) => [KIND, ID, PID, STATUS]), [
    ["shim", "ours", `${shims[0].pid}`, "serves"],
    ["container", "ours", `${shims[0].containers[0].pid}`, "running"],
    ["shim", "theirs", `${shims[1].pid}`, "serves"],
    ["container", "theirs", `${shims[1].containers[0].pid}`, "stopped (0)"],
  ]);
  assertEquals(rows.map(({ RUNTIME }) => RUNTIME), ["ts-v2", undefined, "runc-v2 (Go)", undefined]);
  assertEquals(rows[0].CONTAINERD, containerd.address);
  assert(!stdout.includes("\x1b"), "no colours where it is no terminal");
  const { stdout: ids } = await runCommand(...place(containerd), "--quiet");
  assertEquals(ids, "ours\ntheirs\n");
  await containerd.remove("ours", "theirs");
});

test("several containers in one server", async (containerd) => {
  const group = ["--annotation", "io.containerd.runc.v2.group=pod"];
  for (const id of ["a", "b"]) await containerd.run(["--detach", ...group], id, "sleep", "1000");
  const { shims } = await jsonOf(...place(containerd));
  assertEquals(shims.length, 1);
  assertEquals(shims[0].containers.map(({ id }: { id: string }) => id).sort(), ["a", "b"]);
  await containerd.remove("a", "b");
});

test("a shim that hangs is listed as such within 2 seconds, and the others as ever", async (containerd) => {
  await containerd.runDetached("alive", "sleep", "1000");
  await containerd.runDetached("hung", "sleep", "1000");
  await runWithGo(containerd, "hung-go", "sleep", "1000");
  const pids = await Promise.all(["hung", "hung-go"].map((id) => containerd.shimPid(id)));
  for (const pid of pids) Deno.kill(pid, "SIGSTOP");
  const start = performance.now();
  const { shims } = await jsonOf(...place(containerd));
  const took = performance.now() - start;
  for (const pid of pids) Deno.kill(pid, "SIGCONT");
  assert(took > 1_900 && took < 15_000, `expected some 2 s, not ${took} ms`);
  assertEquals(
    shims.map(({ id, condition, containers }: Json) => [id, condition, containers[0].status]),
    [
      ["alive", "serves", "running"],
      ["hung", "silent", "unknown"],
      ["hung-go", "silent", "unknown"],
    ],
  );
  await containerd.remove("alive", "hung", "hung-go");
});

test("a socket with a server, as many connections as may wait for it, and no process that is seen", async (containerd) => {
  const bundle = containerd.bundle("full");
  const socket = `${containerd.folder}/full.sock`;
  await Deno.mkdir(bundle, { recursive: true });
  await Deno.writeTextFile(`${bundle}/address`, `unix://${socket}`);
  age(bundle);
  const descriptors = [listenUnix(socket)];
  for (;;) {
    try {
      descriptors.push(connectUnix(socket, 10));
    } catch {
      break;
    }
  }
  const { shims } = await jsonOf(...place(containerd));
  assertEquals(shims.map(({ id, condition }: Json) => [id, condition]), [["full", "silent"]]);
  // Somebody has it who may know of containers.
  assertEquals(await findings([bundle], "--fix"), []);
  descriptors.forEach(close);
  const [found] = await findings([bundle]);
  assertEquals([found.kind, found.certainty], ["leftover-bundle", "certain"]);
  await sh(`rm -r ${socket} ${containerd.folder}/state/io.containerd.runtime.v2.task/*`);
});

test("a shim that is creating a container is alive, though it does not tell of that one", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  using runc = await SlowRunc.make(shim.bundle.path, "begin create");
  const create = shim.create(containerd, { options: runc.options });
  await runc.untilHeld("begin create");
  const { shims: [{ condition, containers }] } = await jsonOf(...place(containerd));
  assertEquals([condition, containers.length], ["serves", 1]);
  assertEquals([containers[0].id, containers[0].status], ["box", "unknown"]);
  assertStringIncludes(containers[0].problem, "it may be creating it");
  const { stdout } = await runCommand("doctor");
  assert(!stdout.includes(containerd.namespace), stdout);
  await runc.release();
  await create;
  await shim.end();
});

test("containers whose shims were killed while containerd was dead", async (containerd) => {
  await containerd.runDetached("ours", "sleep", "1000");
  const shim = await containerd.shimPid("ours");
  await containerd.stop("SIGKILL");
  Deno.kill(shim, "SIGKILL");
  await eventually("an end", () => !isAlive(shim) || undefined);
  const args = [...place(containerd), "--state", `${containerd.folder}/state`];
  const { shims: [{ condition, pid, containerd: owner, containers }] } = await jsonOf(...args);
  assertEquals([condition, pid, owner.lives, containers[0].id], ["dead", null, false, "ours"]);
  const { stdout } = await runCommand(...args);
  assertMatch(stdout, /shim +ours +- +no shim .*\(dead\)\n.* container +ours +\d+ +unknown/);
  await containerd.boot();
  await eventually(
    "containerd to clean up",
    async () => (await containerd.tasks()).size === 0 || undefined,
  );
  await containerd.ctr("containers", "rm", "ours");
});

test("a container whose bundle has vanished", async (containerd) => {
  const bundle = await Bundle.make(containerd, "box");
  const shim = await DirectShim.run(containerd, "other");
  const { shims } = await jsonOf(...place(containerd));
  const { pid, containers } = shims.find(({ id }: Json) => id === "other");
  assertEquals(pid, shim.pid);
  assertEquals(containers[0].status, "running");
  assertEquals(containers[0].bundle, null);
  await shim.end();
  await bundle.remove();
});

test("garbage in the state folder harms nobody", async (containerd) => {
  await containerd.runDetached("ours", "sleep", "1000");
  const folder = `${containerd.folder}/state/io.containerd.runtime.v2.task/${containerd.namespace}`;
  const made = {
    "empty": {},
    "nonsense": { "bootstrap.json": "{", "address": "\0\xff" },
    "nobody": { "address": "unix:///run/containerd/s/nobody" },
    "file": { "address": `unix://${folder}/file/address` },
    "wrong": { "bootstrap.json": '{"address":17}', "address": "relative" },
    "odd pids": { ".pid": "x", "a/b": "" },
  };
  for (const [name, files] of Object.entries(made)) {
    Deno.mkdirSync(`${folder}/${name}`);
    for (const [file, text] of Object.entries(files)) {
      if (!file.includes("/")) Deno.writeTextFileSync(`${folder}/${name}/${file}`, text);
    }
  }
  const { shims } = await jsonOf(...place(containerd));
  const conditions = Object.fromEntries(shims.map(({ id, condition }: Json) => [id, condition]));
  for (const name of Object.keys(made)) {
    assertEquals(conditions[name], "dead");
    Deno.removeSync(`${folder}/${name}`, { recursive: true });
  }
  assertEquals(conditions.ours, "serves");
  await containerd.remove("ours");
});

test("hundreds of bundles, and a shim among them that hangs", async (containerd) => {
  await containerd.runDetached("ours", "sleep", "1000");
  const shim = await containerd.shimPid("ours");
  const folder = `${containerd.folder}/state/io.containerd.runtime.v2.task/${containerd.namespace}`;
  const ids = Array.from({ length: 500 }, (_, index) => `dead-${index}`);
  for (const id of ids) {
    Deno.mkdirSync(`${folder}/${id}`);
    Deno.writeTextFileSync(`${folder}/${id}/address`, `unix:///run/containerd/s/${id}`);
  }
  Deno.kill(shim, "SIGSTOP");
  const start = performance.now();
  const { shims } = await jsonOf(...place(containerd));
  const took = performance.now() - start;
  Deno.kill(shim, "SIGCONT");
  assert(took < 15_000, `expected some 2 s, not ${took} ms`);
  const conditions = Map.groupBy(shims, ({ condition }: Json) => condition);
  assertEquals([conditions.get("dead")!.length, conditions.get("silent")!.length], [500, 1]);
  for (const id of ids) Deno.removeSync(`${folder}/${id}`, { recursive: true });
  await containerd.remove("ours");
});

test("without root it says so", async () => {
  const { code, stderr } = await runAsNobody("ps");
  assertEquals(code, 3);
  assertStringIncludes(stderr, "this needs root");
  const help = await runAsNobody("ps", "--help");
  assertEquals([help.code, help.stderr], [0, ""]);
});
