/** The Task service as a client of its own sees it, where ctr does not show it. */

import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { RuncOptions } from "../../proto/mod.ts";
import { StatusCode, StatusError } from "../../shim/ttrpc/mod.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { isAlive } from "../harness/machine/processes.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { jsonAny, processSpec, TaskClient } from "../harness/shim/task_client.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

/** containerd.v1.types.Status */
const CREATED = 1, RUNNING = 2, STOPPED = 3;

test("the states of a life", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  const { tasks, id, bundle } = shim;
  const state = async () => {
    const { bundle, pid, status, exitStatus } = await tasks.call("State", { id });
    return { bundle, pid, status, exitStatus };
  };
  const pid = await shim.create(containerd);
  assertEquals(await state(), { bundle: bundle.path, pid, status: CREATED, exitStatus: 0 });
  assertEquals(await tasks.call("Start", { id }), { pid });
  assertEquals(await state(), { bundle: bundle.path, pid, status: RUNNING, exitStatus: 0 });
  assertEquals((await tasks.call("Pids", { id })).processes.map(({ pid }) => pid), [pid]);

  await tasks.call("Kill", { id, signal: 15 });
  await tasks.call("Kill", { id, signal: 9 });
  const exit = await tasks.call("Wait", { id });
  assertEquals(exit.exitStatus, 137);
  assertEquals(await state(), { bundle: bundle.path, pid, status: STOPPED, exitStatus: 137 });
  assertEquals((await tasks.call("State", { id })).exitedAt, exit.exitedAt);
  assertEquals(await tasks.call("Delete", { id }), { pid, ...exit });
  await expectStatus(StatusCode.NOT_FOUND, tasks.call("State", { id }));
  await shim.shutDown();
});

test("init can be deleted before it has been started", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  const pid = await shim.create(containerd);
  await shim.tasks.call("Kill", { id: "box", signal: 9 });
  assertEquals((await shim.tasks.call("Wait", { id: "box" })).exitStatus, 137);
  assertEquals((await shim.tasks.call("Delete", { id: "box" })).pid, pid);
  await shim.shutDown();
});

test("Connect tells the shim's process id and init's", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  const pid = await shim.create(containerd);
  const { shimPid, taskPid } = await shim.tasks.call("Connect", { id: "box" });
  assertEquals([shimPid, taskPid], [shim.pid, pid]);
  await shim.end();
});

test("Shutdown does nothing while there is a container", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  await shim.create(containerd);
  await shim.tasks.call("Shutdown", { id: "box" });
  assertEquals((await shim.tasks.call("State", { id: "box" })).status, CREATED);
  assertEquals(isAlive(shim.pid), true);
  await shim.end();
});

test("a second Create of an id is refused, and harms nothing", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  const pid = await shim.create(containerd);
  const again = { id: "box", bundle: shim.bundle.path };
  await assertRejects(() => shim.tasks.call("Create", again), StatusError);
  await shim.tasks.call("Start", { id: "box" });
  assertEquals((await shim.tasks.call("State", { id: "box" })).pid, pid);
  await shim.end();
});

test("a Create of an id that another shim has is refused, and harms nothing", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  const pid = await shim.create(containerd);
  const { namespace, address, rootfs, runtime } = containerd;
  const elsewhere = { namespace, address, rootfs, runtime, folder: `${containerd.folder}/other` };
  const annotations = { "io.containerd.runc.v2.group": "other" };
  const other = await DirectShim.start(elsewhere, "box", { annotations });
  const error = await assertRejects(() => other.create(elsewhere), StatusError);
  assertStringIncludes(error.message, "container with given ID already exists");
  await other.shutDown();
  await Deno.remove(elsewhere.folder);
  await shim.tasks.call("Start", { id: "box" });
  assertEquals((await shim.tasks.call("State", { id: "box" })).pid, pid);
  await shim.end();
});

test("a second Start is refused, and harms nothing", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  await shim.create(containerd);
  await shim.tasks.call("Start", { id: "box" });
  await assertRejects(() => shim.tasks.call("Start", { id: "box" }), StatusError);
  assertEquals((await shim.tasks.call("State", { id: "box" })).status, RUNNING);
  await shim.end();
});

test("what is not there is not found", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  const { tasks } = shim;
  const spec = processSpec(["true"]);
  const resources = jsonAny("LinuxResources", {});
  for (const id of ["nosuch", "box"]) {
    await expectStatus(StatusCode.NOT_FOUND, tasks.call("State", { id }));
    await expectStatus(StatusCode.NOT_FOUND, tasks.call("Start", { id }));
    await expectStatus(StatusCode.NOT_FOUND, tasks.call("Kill", { id, signal: 9 }));
    await expectStatus(StatusCode.NOT_FOUND, tasks.call("Wait", { id }));
    await expectStatus(StatusCode.NOT_FOUND, tasks.call("Delete", { id }));
    await expectStatus(StatusCode.NOT_FOUND, tasks.call("Pids", { id }));
    await expectStatus(StatusCode.NOT_FOUND, tasks.call("Pause", { id }));
    await expectStatus(StatusCode.NOT_FOUND, tasks.call("Resume", { id }));
    await expectStatus(StatusCode.NOT_FOUND, tasks.call("Stats", { id }));
    await expectStatus(StatusCode.NOT_FOUND, tasks.call("Exec", { id, execId: "visitor", spec }));
    await expectStatus(StatusCode.NOT_FOUND, tasks.call("Update", { id, resources }));
    await expectStatus(
      StatusCode.NOT_FOUND,
      tasks.call("ResizePty", { id, width: 80, height: 24 }),
    );
    await expectStatus(StatusCode.NOT_FOUND, tasks.call("CloseIO", { id, stdin: true }));
  }
  await shim.create(containerd);
  const exec = { id: "box", execId: "nosuch" };
  await expectStatus(StatusCode.NOT_FOUND, tasks.call("State", exec));
  await expectStatus(StatusCode.NOT_FOUND, tasks.call("Start", exec));
  await expectStatus(StatusCode.NOT_FOUND, tasks.call("Kill", { ...exec, signal: 9 }));
  await expectStatus(StatusCode.NOT_FOUND, tasks.call("Wait", exec));
  await expectStatus(StatusCode.NOT_FOUND, tasks.call("Delete", exec));
  await shim.end();
});

test("a Create that fails leaves nothing mounted, and the id free", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  const { tasks, bundle } = shim;
  const request = { id: "box", bundle: bundle.path };
  const isMounted = () =>
    Deno.readTextFileSync("/proc/self/mounts").includes(` ${bundle.path}/rootfs `);
  const rootfs = await bundle.rootfs(containerd);
  const missing = { type: "bind", source: "/no/such/folder", options: ["rbind"] };
  const unknown = { type: "nosuch", source: "none", options: [] };
  for (const mount of [missing, unknown]) {
    // The first one works, and must be undone.
    const answer = tasks.call("Create", { ...request, rootfs: [rootfs, mount] });
    assertMatch((await assertRejects(() => answer, StatusError)).message, /mount/);
    assertEquals(isMounted(), false);
  }
  const options = { typeUrl: "containerd.runc.v1.Nosuch", value: new Uint8Array() };
  const answer = tasks.call("Create", { ...request, rootfs: [rootfs], options });
  await assertRejects(() => answer, StatusError);
  assertEquals(isMounted(), false);

  await tasks.call("Create", { ...request, rootfs: [rootfs] });
  assertEquals(isMounted(), true);
  await shim.end();
});

test("a runc that does not exist, and one that fails without a word", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  for (
    const [binaryName, reason] of [["/no/such/runc", /no such file/i], ["false", /exit/]] as const
  ) {
    const options = {
      typeUrl: "containerd.runc.v1.Options",
      value: RuncOptions.encode({ binaryName }).finish(),
    };
    const request = { id: "box", bundle: shim.bundle.path, options };
    const error = await assertRejects(() => shim.tasks.call("Create", request), StatusError);
    assertStringIncludes(error.message, "OCI runtime create failed: ");
    assertMatch(error.message, reason);
  }
  await shim.shutDown();
});

testBetterThanGo(
  "options of an unknown type are an invalid argument, which names it",
  async (containerd) => {
    const shim = await DirectShim.start(containerd, "box");
    const options = { typeUrl: "containerd.runc.v1.Nosuch", value: new Uint8Array() };
    const answer = shim.tasks.call("Create", { id: "box", bundle: shim.bundle.path, options });
    assertMatch(
      await expectStatus(StatusCode.INVALID_ARGUMENT, answer),
      /containerd\.runc\.v1\.Nosuch/,
    );
    await shim.shutDown();
  },
);

test("an overlay of more layers than fit into one page of mount data", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  const layers = `${containerd.folder}/box/layers`;
  const lower = Array.from({ length: 80 }, (_, index) => `${layers}/${index}/fs`);
  for (const [index, folder] of lower.entries()) {
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(`${folder}/layer-${index}`, "");
  }
  const { type, source, options } = await shim.bundle.rootfs(containerd);
  const [busybox, upper, work] = options!;
  const long = `${busybox}:${lower.join(":")}`;
  assertEquals(long.length > 4096, true);
  const rootfs = [{ type, source, options: [long, upper, work] }];
  await shim.tasks.call("Create", { id: "box", bundle: shim.bundle.path, rootfs });
  const files = [...Deno.readDirSync(`${shim.bundle.path}/rootfs`)].map(({ name }) => name);
  assertEquals(files.filter((name) => name.startsWith("layer-")).length, 80);
  await shim.end();
});

testBetterThanGo(
  "standard output works without standard error, and the other way round",
  async (containerd) => {
    const script = "echo out; echo err >&2; exec sleep 1000";
    for (const [stream, text] of [["stdout", "out\n"], ["stderr", "err\n"]]) {
      const shim = await DirectShim.start(containerd, "box", { args: ["sh", "-c", script] });
      const path = `${shim.bundle.path}/${stream}`;
      await new Deno.Command("mkfifo", { args: [path] }).output();
      const reader = await Deno.open(path, { read: true, write: true });
      await shim.create(containerd, { [stream]: path });
      await shim.tasks.call("Start", { id: "box" });
      const buffer = new Uint8Array(10);
      const length = await reader.read(buffer);
      assertEquals(new TextDecoder().decode(buffer.subarray(0, length!)), text);
      reader.close();
      await shim.end();
    }
  },
);

test("execs go on beside a slow request of init's", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  await shim.create(containerd);
  const { tasks } = shim;
  await tasks.call("Start", { id: "box" });
  const wait = tasks.call("Wait", { id: "box" });
  const spec = processSpec(["sh", "-c", "exit 3"]);
  const ids = Array.from({ length: 10 }, (_, index) => `exec-${index}`);
  const statuses = await Promise.all(ids.map(async (execId) => {
    await tasks.call("Exec", { id: "box", execId, spec });
    assertEquals((await tasks.call("State", { id: "box", execId })).status, CREATED);
    const { pid } = await tasks.call("Start", { id: "box", execId });
    const { exitStatus } = await tasks.call("Wait", { id: "box", execId });
    assertEquals((await tasks.call("Delete", { id: "box", execId })).pid, pid);
    return exitStatus;
  }));
  assertEquals(statuses, ids.map(() => 3));
  await tasks.call("Kill", { id: "box", signal: 9 });
  assertEquals((await wait).exitStatus, 137);
  await tasks.call("Delete", { id: "box" });
  await shim.shutDown();
});

testBetterThanGo("the service has the name of version 3 too", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  const tasks = await TaskClient.connect(shim.address, "containerd.task.v3.Task");
  await expectStatus(StatusCode.NOT_FOUND, tasks.call("State", { id: "box" }));
  tasks.client.close();
  await shim.shutDown();
});

test("an unknown service or method is unimplemented", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  const { client } = shim.tasks;
  const nothing = new Uint8Array();
  await expectStatus(StatusCode.UNIMPLEMENTED, client.call("no.such.Service", "State", nothing));
  const method = client.call("containerd.task.v2.Task", "Nosuch", nothing);
  await expectStatus(StatusCode.UNIMPLEMENTED, method);
  await expectStatus(StatusCode.NOT_FOUND, shim.tasks.call("State", { id: "box" }));
  await shim.shutDown();
});
