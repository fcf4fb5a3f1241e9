/** Checkpoint, and Create from a checkpoint. */

import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { StatusCode, StatusError } from "../../shim/ttrpc/mod.ts";
import type { RecordedEvent } from "../harness/containerd/event_recorder.ts";
import { expectSuccess, type PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { cgroupFolders, removeCgroups } from "../harness/machine/cgroups.ts";
import { descendantsOf, findProcess } from "../harness/machine/processes.ts";
import { expectProgram } from "../harness/machine/programs.ts";
import { callShim, shimArguments } from "../harness/shim/direct_shim.ts";
import { SlowRunc } from "../harness/shim/slow_runc.ts";
import { processSpec } from "../harness/shim/task_client.ts";
import {
  test as blackBoxTest,
  testBetterThanGo as blackBoxTestBetterThanGo,
} from "../harness/suite/black_box.ts";
import { COUNT, Counter } from "./counter.ts";
import { findCriu } from "./criu.ts";

/** containerd.v1.types.Status */
const CREATED = 1, RUNNING = 2, STOPPED = 3, PAUSED = 4;

const usualPath = Deno.env.get("PATH")!;
const noCriu = await findCriu();
if (noCriu !== undefined) console.warn(`checkpoints can't be tested: ${noCriu}`);

Deno.test.afterAll(() => Deno.env.set("PATH", usualPath));

type Body = (containerd: PrivateContainerd) => Promise<void>;

/** A {@linkcode blackBoxTest}, ignored where no criu works. */
function test(name: string, body: Body): void {
  if (noCriu === undefined) blackBoxTest(name, body);
  else Deno.test.ignore(name, () => {});
}

/** A {@linkcode blackBoxTestBetterThanGo}, ignored where no criu works. */
function testBetterThanGo(name: string, body: Body): void {
  if (noCriu === undefined) blackBoxTestBetterThanGo(name, body);
  else Deno.test.ignore(name, () => {});
}

/** A container's status and pid. */
async function stateOf({ tasks, id }: Counter): Promise<{ status: number; pid: number }> {
  const { status, pid } = await tasks.call("State", { id });
  return { status, pid };
}

/** Each event in a word or two: `copy create`, `box exit`, … */
function inWords(events: RecordedEvent[]): string[] {
  return events.map(({ topic, body }) => `${body.container_id} ${topic.replace("/tasks/", "")}`);
}

test("a container goes on after its checkpoint, and a second one from there", async (containerd) => {
  const box = await Counter.run(containerd, "box");
  const copy = await Counter.prepare(containerd, "copy");
  assertEquals(await box.count(), 1);
  assertEquals(await box.count(), 2);
  await box.checkpoint(copy.image);
  assertEquals((await stateOf(box)).status, RUNNING);
  assertEquals(box.filesIn("work"), []);
  assertEquals(await box.count(), 3);

  assertEquals(await copy.create(copy.image), 0);
  assertEquals(await stateOf(copy), { status: CREATED, pid: 0 });
  const pid = await copy.start();
  assertEquals(await stateOf(copy), { status: RUNNING, pid });
  assertEquals(await copy.count(), 3);
  assertEquals(await box.kill(), 137);
  assertEquals(await copy.count(), 4);
  await copy.endInput();
  assertEquals(await copy.remove(), 5);
});

test("a restored container is one like any other", async (containerd) => {
  const box = await Counter.run(containerd, "box");
  const copy = await Counter.prepare(containerd, "copy");
  await box.checkpoint(copy.image, { exit: true });
  assertEquals(await box.remove(), 137);
  await copy.create(copy.image);
  const pid = await copy.start();
  const { tasks, id } = copy;

  assertEquals((await tasks.call("Connect", { id })).taskPid, pid);
  assertEquals((await tasks.call("Pids", { id })).processes.map(({ pid }) => pid), [pid]);
  assertEquals((await tasks.call("Stats", { id })).stats?.typeUrl.includes("Metrics"), true);
  await tasks.call("Exec", { id, execId: "exec", spec: processSpec(["sh", "-c", "exit 3"]) });
  await tasks.call("Start", { id, execId: "exec" });
  assertEquals((await tasks.call("Wait", { id, execId: "exec" })).exitStatus, 3);
  await tasks.call("Pause", { id });
  assertEquals((await stateOf(copy)).status, PAUSED);
  await tasks.call("Resume", { id });
  assertEquals(await copy.count(), 1);

  // Again: the second restored container has what the first has added.
  const last = await Counter.prepare(containerd, "last");
  await copy.checkpoint(last.image, { exit: true });
  assertEquals(await copy.remove(), 137);
  await last.create(last.image);
  await last.start();
  assertEquals(await last.count(), 2);
  assertEquals(await last.kill(), 137);
});

test("a terminal goes on, too", async (containerd) => {
  const box = await Counter.run(containerd, "box", { terminal: true });
  const copy = await Counter.prepare(containerd, "copy", { terminal: true });
  await box.tasks.call("ResizePty", { id: "box", width: 100, height: 30 });
  assertEquals(await box.count(), 1);
  await box.checkpoint(copy.image, { exit: true, terminal: true });
  assertEquals(await box.remove(), 137);
  await copy.create(copy.image);
  await copy.start();
  assertEquals(await copy.count(), 2);
  await copy.stdin.write("\x04");
  assertEquals(await copy.remove(), 5);
});

test("a paused container stays paused", async (containerd) => {
  const box = await Counter.run(containerd, "box");
  await box.tasks.call("Pause", { id: "box" });
  await box.checkpoint(box.image);
  assertEquals((await stateOf(box)).status, PAUSED);
  const freezer = `/sys/fs/cgroup/freezer/${containerd.namespace}/box/freezer.state`;
  assertEquals(await Deno.readTextFile(freezer), "FROZEN\n");
  await box.tasks.call("Resume", { id: "box" });
  assertEquals(await box.count(), 1);
  await box.tasks.call("Pause", { id: "box" });
  await box.checkpoint(box.image, { exit: true });
  assertEquals(await box.remove(), 137);
});

test("criu works where the options say", async (containerd) => {
  const box = await Counter.run(containerd, "box");
  const copy = await Counter.prepare(containerd, "copy");
  const work = `${copy.image}-work`;
  await box.checkpoint(copy.image, { exit: true, workPath: work });
  await box.remove();
  await copy.create(copy.image, { criuWorkPath: work });
  await copy.start();
  assertEquals(await copy.count(), 1);
  const files = copy.filesIn("image-work");
  assertEquals([files.includes("dump.log"), files.includes("restore.log")], [true, true]);
  await copy.kill();
});

test("an exec'd process is not in the checkpoint, and ends with its container", async (containerd) => {
  const box = await Counter.run(containerd, "box");
  const copy = await Counter.prepare(containerd, "copy");
  const exec = { id: "box", execId: "exec" };
  await box.tasks.call("Exec", { ...exec, spec: processSpec(["sleep", "1000"]) });
  await box.tasks.call("Start", exec);
  await box.checkpoint(copy.image);
  assertEquals((await box.tasks.call("State", exec)).status, RUNNING);
  await box.checkpoint(copy.image, { exit: true });
  assertEquals((await box.tasks.call("Wait", exec)).exitStatus, 137);
  await box.tasks.call("Delete", exec);
  assertEquals(await box.remove(), 137);

  await copy.create(copy.image);
  const pid = await copy.start();
  const { processes } = await copy.tasks.call("Pids", { id: "copy" });
  assertEquals(processes.map(({ pid }) => pid), [pid]);
  await copy.kill();
});

test("an OOM of a restored container is told", async (containerd) => {
  await using events = await containerd.recordEvents();
  const options = { script: "read line; exec tail /dev/zero", memoryLimit: 16 * 1024 * 1024 };
  const box = await Counter.run(containerd, "box", options);
  const copy = await Counter.prepare(containerd, "copy", options);
  await box.checkpoint(copy.image, { exit: true });
  await box.remove();
  await copy.create(copy.image);
  await copy.start();
  await copy.stdin.write("go on\n");
  assertEquals(await copy.remove(), 137);
  await events.catchUp();
  // On a busy machine the kernel may signal more than once for one kill.
  const words = new Set(inWords(events.tasks).filter((words) => words.startsWith("copy")));
  assertEquals([...words], ["copy create", "copy start", "copy oom", "copy exit", "copy delete"]);
});

testBetterThanGo("the events of a checkpoint and of a restored container", async (containerd) => {
  await using events = await containerd.recordEvents();
  const box = await Counter.run(containerd, "box");
  const copy = await Counter.prepare(containerd, "copy");
  const { image } = copy;
  await box.checkpoint(image);
  await box.checkpoint(image, { exit: true });
  await box.remove();
  await copy.create(image);
  const pid = await copy.start();
  await copy.kill();
  await events.catchUp();
  assertEquals(inWords(events.tasks), [
    ...["box create", "box start", "box checkpointed", "box checkpointed", "box exit"],
    ...["box delete", "copy create", "copy start", "copy exit", "copy delete"],
  ]);
  const [, , checkpointed, , , , create, start, exit] = events.tasks.map(({ body }) => body);
  assertEquals(checkpointed.checkpoint, image);
  assertEquals([create.checkpoint, create.pid], [image, undefined]);
  assertEquals([start.pid, exit.pid, exit.exit_status], [pid, pid, 137]);
});

test("a container that is never started", async (containerd) => {
  const box = await Counter.run(containerd, "box");
  const copy = await Counter.prepare(containerd, "copy");
  await box.checkpoint(copy.image, { exit: true });
  await box.remove();
  await copy.create(copy.image);
  const { tasks, id } = copy;
  await assertRejects(() => tasks.call("Pause", { id }), StatusError, "cannot pause");
  await assertRejects(() => copy.checkpoint(copy.image), StatusError, "cannot checkpoint");
  const exec = { id, execId: "exec", spec: processSpec(["true"]) };
  await assertRejects(() => tasks.call("Exec", exec), StatusError);
  await expectStatus(StatusCode.NOT_FOUND, tasks.call("Stats", { id }));
  await assertRejects(() => tasks.call("Pids", { id }), StatusError);
  for (const all of [false, true]) {
    await assertRejects(() => tasks.call("Kill", { id, signal: 9, all }), StatusError);
  }
  assertEquals((await tasks.call("Delete", { id })).pid, 0);
  await expectStatus(StatusCode.NOT_FOUND, tasks.call("State", { id }));
  await copy.shutDown();
});

testBetterThanGo(
  "a Kill before the start fails, and leaves nobody waiting",
  async (containerd) => {
    // containerd's client waits for the end after a NOT_FOUND, and there will be none.
    const box = await Counter.run(containerd, "box");
    const copy = await Counter.prepare(containerd, "copy");
    await box.checkpoint(copy.image, { exit: true });
    await box.remove();
    await copy.create(copy.image);
    const { tasks, id } = copy;
    for (const all of [false, true]) {
      const kill = tasks.call("Kill", { id, signal: 9, all });
      await expectStatus(StatusCode.FAILED_PRECONDITION, kill);
    }
    const wait = tasks.call("Wait", { id });
    await tasks.call("Delete", { id });
    await wait;
    await copy.shutDown();
  },
);

test("a container can be killed while its checkpoint is made", async (containerd) => {
  const box = await Counter.run(containerd, "box");
  // Whether it comes to an end before, the checkpoint does.
  const checkpoint = box.checkpoint(box.image).catch(() => {});
  await eventually("criu", () => box.filesIn("").includes("image") || undefined);
  await box.tasks.call("Kill", { id: "box", signal: 9 });
  await checkpoint;
  assertEquals(await box.remove(), 137);
});

test("only a running container can have a checkpoint", async (containerd) => {
  const box = await Counter.prepare(containerd, "box");
  await box.create();
  await assertRejects(() => box.checkpoint(box.image), StatusError, "cannot checkpoint a");
  await box.start();
  await box.checkpoint(box.image, { exit: true });
  await box.tasks.call("Wait", { id: "box" });
  await assertRejects(() => box.checkpoint(box.image), StatusError, "cannot checkpoint a stopped");
  await box.remove();
});

testBetterThanGo("bad requests for a checkpoint are invalid arguments", async (containerd) => {
  const box = await Counter.run(containerd, "box");
  const typeUrl = "containerd.runc.v1.CheckpointOptions";
  const garbage = { typeUrl, value: new Uint8Array([0xff]) };
  const foreign = { typeUrl: "containerd.runc.v1.Nosuch", value: new Uint8Array() };
  for (
    const [request, reason] of [
      [{ path: box.image, options: garbage }, "can't decode the checkpoint options"],
      [{ path: box.image, options: foreign }, "containerd.runc.v1.Nosuch"],
      [{ path: "" }, "path"],
    ] as const
  ) {
    const answer = box.tasks.call("Checkpoint", { id: "box", ...request });
    assertStringIncludes(await expectStatus(StatusCode.INVALID_ARGUMENT, answer), reason);
  }
  const mode = box.checkpoint(box.image, { cgroupsMode: "nosuch" });
  assertMatch(await expectStatus(StatusCode.UNKNOWN, mode), /cgroups.mode/);
  assertEquals(await box.count(), 1);
  await box.kill();
});

testBetterThanGo(
  "a held lock is asked for, and still held when it is restored",
  async (containerd) => {
    const script = `exec 9>/dev/lock; /usr/bin/flock 9; ${COUNT}`;
    const box = await Counter.run(containerd, "box", { script, hostPrograms: true });
    const copy = await Counter.prepare(containerd, "copy", { script, hostPrograms: true });
    assertEquals(await box.count(), 1);
    const message = await expectStatus(StatusCode.UNKNOWN, box.checkpoint(copy.image));
    assertStringIncludes(message, "OCI runtime checkpoint failed: criu failed");
    assertStringIncludes(message, "--file-locks");
    assertStringIncludes(message, "/box/criu-dump.log");
    assertEquals(box.filesIn("").includes("criu-dump.log"), true);
    assertEquals(box.filesIn("work"), []);
    assertEquals(await box.count(), 2);

    await box.checkpoint(copy.image, { fileLocks: true, exit: true });
    assertEquals(await box.remove(), 137);
    await copy.create(copy.image);
    await copy.start();
    assertEquals(await copy.count(), 3);
    const { tasks, id } = copy;
    const spec = processSpec(["/usr/bin/flock", "--nonblock", "/dev/lock", "true"]);
    await tasks.call("Exec", { id, execId: "locker", spec });
    await tasks.call("Start", { id, execId: "locker" });
    assertEquals((await tasks.call("Wait", { id, execId: "locker" })).exitStatus, 1);
    await copy.kill();
  },
);

testBetterThanGo(
  "an open connection is asked for, and open again when it is restored",
  async (containerd) => {
    const port = freePort();
    const listening = `netstat -ltn | grep -q ":${port} "`;
    // Both ends are in the container.
    const connected = `[ $(netstat -tn | grep -c ":${port} .*ESTABLISHED") = 2 ]`;
    const script = `sleep 1000 | nc -l -p ${port} & until ${listening}; do sleep 0.01; done
    sleep 1000 | nc 127.0.0.1 ${port} & until ${connected}; do sleep 0.01; done
    while read line; do ${connected} && echo connected; done`;
    // Else criu needs iptables, to hold the connection up.
    const options = { script, criuConfiguration: "network-lock skip\n" };
    const box = await Counter.run(containerd, "box", options);
    const copy = await Counter.prepare(containerd, "copy", options);
    await box.stdin.write("?\n");
    await box.stdout.output.until(/connected/);
    const message = await expectStatus(StatusCode.UNKNOWN, box.checkpoint(copy.image));
    assertStringIncludes(message, "--tcp-established");

    await box.checkpoint(copy.image, { openTcp: true, exit: true });
    assertEquals(await box.remove(), 137);
    await copy.create(copy.image);
    await copy.start();
    await copy.stdin.write("?\n");
    await copy.stdout.output.until(/connected/);
    await copy.kill();
  },
);

test("a container goes on after a checkpoint that has failed", async (containerd) => {
  // criu takes no deleted files of more than 1 MiB into its images.
  const script = `exec 9>/tmp/f; head -c 2000000 /dev/zero >&9; rm /tmp/f; ${COUNT}`;
  const box = await Counter.run(containerd, "box", { script });
  assertEquals(await box.count(), 1);
  const refused = box.checkpoint(box.image, { exit: true });
  await assertRejects(() => refused, StatusError, "criu failed");
  assertEquals((await stateOf(box)).status, RUNNING);
  assertEquals(box.filesIn("work"), []);
  assertEquals(await box.count(), 2);
  await box.kill();
});

blackBoxTest("without criu an error names it", async (containerd) => {
  const programs = await Deno.makeTempDir();
  for (const name of ["runc", "mkfifo"]) {
    await Deno.symlink(expectProgram(name), `${programs}/${name}`);
  }
  const box = await withPath(programs, () => Counter.run(containerd, "box"));
  await assertRejects(() => box.checkpoint(box.image), StatusError, "criu");
  assertEquals((await stateOf(box)).status, RUNNING);
  assertEquals(await box.count(), 1);
  await box.kill();

  const copy = await withPath(programs, () => Counter.prepare(containerd, "copy"));
  await makeBrokenImage(copy.image);
  await copy.create(copy.image);
  await assertRejects(() => copy.start(), StatusError, "criu");
  await copy.tasks.call("Delete", { id: "copy" });
  await copy.shutDown();
  await Deno.remove(programs, { recursive: true });
});

/** A port of the loopback interface that nothing uses, nor is given by the kernel meanwhile: it gives those from 32768 on. */
function freePort(): number {
  while (true) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    try {
      using _listener = Deno.listen({ hostname: "127.0.0.1", port });
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** The number in a file, or undefined where there is none. */
function readNumber(path: string): number | undefined {
  try {
    return Number(Deno.readTextFileSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Lets programs that `body` starts find others in `path` alone. */
async function withPath<Value>(path: string, body: () => Promise<Value>): Promise<Value> {
  const usual = Deno.env.get("PATH")!;
  Deno.env.set("PATH", path);
  try {
    return await body();
  } finally {
    Deno.env.set("PATH", usual);
  }
}

/** Makes what looks like a checkpoint. */
async function makeBrokenImage(folder: string): Promise<void> {
  await Deno.mkdir(folder);
  await Deno.writeTextFile(`${folder}/inventory.img`, "broken");
  await Deno.writeTextFile(`${folder}/descriptors.json`, "[]");
}

test("a restore that fails leaves nothing behind", async (containerd) => {
  const copy = await Counter.prepare(containerd, "copy");
  await makeBrokenImage(copy.image);
  await copy.create(copy.image);
  await assertRejects(() => copy.start(), StatusError, "OCI runtime restore failed: criu failed");
  assertEquals((await copy.tasks.call("Delete", { id: "copy" })).pid, 0);
  await copy.shutDown();
});

testBetterThanGo("a restore that fails has criu's reason, and an end", async (containerd) => {
  const copy = await Counter.prepare(containerd, "copy");
  await makeBrokenImage(copy.image);
  await copy.create(copy.image);
  const wait = copy.tasks.call("Wait", { id: "copy" });
  const message = await expectStatus(StatusCode.UNKNOWN, copy.start());
  assertStringIncludes(message, "/copy/work/restore.log");
  assertStringIncludes(message, "inventory.img");
  assertEquals((await wait).exitStatus, 255);
  assertEquals(await stateOf(copy), { status: STOPPED, pid: 0 });
  assertEquals(await copy.remove(), 255);
});

testBetterThanGo("a restore whose FIFO is gone has failed for good", async (containerd) => {
  const copy = await Counter.prepare(containerd, "copy");
  await makeBrokenImage(copy.image);
  await copy.create(copy.image);
  await Deno.remove(copy.stdout.path);
  const wait = copy.tasks.call("Wait", { id: "copy" });
  const message = await expectStatus(StatusCode.INVALID_ARGUMENT, copy.start());
  assertStringIncludes(message, "expected a FIFO for stdout");
  assertEquals((await wait).exitStatus, 255);
  assertEquals(await stateOf(copy), { status: STOPPED, pid: 0 });
  assertEquals(await copy.remove(), 255);
});

for (const point of ["begin restore", "end restore"]) {
  testBetterThanGo(`killed at the ${point}: nothing of it is left`, async (containerd) => {
    const box = await Counter.run(containerd, "box");
    const copy = await Counter.prepare(containerd, "copy");
    await box.checkpoint(copy.image, { exit: true });
    assertEquals(await box.remove(), 137);
    using runc = await SlowRunc.make(copy.shim.bundle.path, point);
    await copy.create(copy.image, { binaryName: runc.path });
    const wait = copy.tasks.call("Wait", { id: "copy" });
    const answer = expectStatus(StatusCode.UNKNOWN, copy.start());
    await runc.untilHeld(point);
    await runc.kill();
    assertStringIncludes(await answer, "OCI runtime restore failed: ");
    assertEquals((await wait).exitStatus, 255);
    assertEquals(await stateOf(copy), { status: STOPPED, pid: 0 });
    const processes = () => descendantsOf(copy.shim.pid);
    await eventually("no process", () => processes().length === 0 || undefined);
    assertEquals(await copy.remove(), 255);
  });
}

testBetterThanGo(
  "a checkpoint whose runtime is killed leaves the container",
  async (containerd) => {
    const box = await Counter.prepare(containerd, "box");
    using runc = await SlowRunc.make(box.shim.bundle.path, "end checkpoint");
    await box.create("", { binaryName: runc.path });
    await box.start();
    assertEquals(await box.count(), 1);
    const answer = expectStatus(StatusCode.UNKNOWN, box.checkpoint(box.image));
    await runc.untilHeld("end checkpoint");
    await runc.kill();
    assertStringIncludes(await answer, "OCI runtime checkpoint failed: ");
    await runc.free();
    assertEquals((await stateOf(box)).status, RUNNING);
    assertEquals(box.filesIn("work"), []);
    assertEquals(await box.count(), 2);
    await runc.hold();
    const last = expectStatus(StatusCode.UNKNOWN, box.checkpoint(`${box.image}-2`, { exit: true }));
    await runc.untilHeld("end checkpoint");
    await runc.kill();
    await last;
    assertEquals(await box.remove(), 137);
  },
);

testBetterThanGo("a shim killed in a restore takes no files with it", async (containerd) => {
  const programs = await Deno.makeTempDir();
  // The first time runc asks for its version; the second time the root file system is mounted in runc's folder.
  const script = `mkdir ${programs}/asked 2>/dev/null && exec ${expectProgram("criu")} "$@"
echo $$ >${programs}/new && mv ${programs}/new ${programs}/pid && exec sleep 1000`;
  await Deno.writeTextFile(`${programs}/criu`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const path = `${programs}:${Deno.env.get("PATH")}`;
  const copy = await withPath(path, () => Counter.prepare(containerd, "copy"));
  const { bundle, pid } = copy.shim;
  await makeBrokenImage(copy.image);
  await copy.create(copy.image);
  await Deno.writeTextFile(`${bundle.path}/rootfs/precious`, "");
  const started = assertRejects(() => copy.start(), StatusError, "connection lost");
  const criu = await eventually("criu", () => readNumber(`${programs}/pid`));
  Deno.kill(pid, "SIGKILL");
  await started;

  const args = shimArguments(containerd, "copy", "-bundle", bundle.path, "delete");
  assertEquals((await callShim(containerd, bundle.path, args)).code, 0);
  const files = [...Deno.readDirSync(`${bundle.path}/snapshot/fs`)].map(({ name }) => name);
  assertEquals(files, ["precious"]);

  // criu itself would have ended with runc.
  Deno.kill(criu, "SIGKILL");
  await eventually("its end", () => !findProcess(criu) || undefined);
  const folders = cgroupFolders(containerd.namespace);
  await removeCgroups(folders.filter((folder) => folder.endsWith("/copy")));
  await copy.forget();
  await Deno.remove(programs, { recursive: true });
});

testBetterThanGo("what is no checkpoint is refused by Create", async (containerd) => {
  const copy = await Counter.prepare(containerd, "copy");
  for (const folder of ["/no/such/folder", `${copy.image}/..`]) {
    const message = await expectStatus(StatusCode.INVALID_ARGUMENT, copy.create(folder));
    assertStringIncludes(message, folder);
    await expectStatus(StatusCode.NOT_FOUND, copy.tasks.call("State", { id: "copy" }));
  }
  await copy.shutDown();
});

test("ctr makes a checkpoint of a container, and restores it", async (containerd) => {
  await using events = await containerd.recordEvents();
  // Only the memory of the first has this one.
  const script = "me=$(cat /proc/sys/kernel/random/uuid); " +
    "while sleep 0.02; do echo $me >/dev/new; mv /dev/new /dev/me; done";
  const ask = ["sh", "-c", "rm -f /dev/me; until [ -e /dev/me ]; do sleep 0.02; done; cat /dev/me"];
  const run = await containerd.run(["--detach", "--net-host"], "box", "sh", "-c", script);
  expectSuccess(run);
  const me = expectSuccess(await containerd.exec("box", ...ask)).stdout;
  const image = "localhost/checkpoint";
  const checkpoint = ["containers", "checkpoint", "--image", "--task", "--rw", "box", image];
  expectSuccess(await containerd.ctr(...checkpoint));
  assertEquals(expectSuccess(await containerd.exec("box", ...ask)).stdout, me);
  await containerd.remove("box");

  expectSuccess(await containerd.ctr("containers", "restore", "--live", "--rw", "copy", image));
  assertEquals(expectSuccess(await containerd.exec("copy", ...ask)).stdout, me);
  await containerd.remove("copy");
  expectSuccess(await containerd.ctr("image", "rm", image));
  // containerd leaves the folder behind in which it has unpacked the checkpoint.
  const create = await events.until(({ topic, body }) =>
    topic === "/tasks/create" && body.container_id === "copy"
  );
  await Deno.remove(create.body.checkpoint, { recursive: true });
});
