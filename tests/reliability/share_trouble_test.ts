/** Where containers share a server, the trouble of one touches no other. */
import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { TaskStatus } from "../../proto/mod.ts";
import type { PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { within } from "../harness/expect/within.ts";
import { type BundleOptions, DirectShim, type StreamPaths } from "../harness/shim/direct_shim.ts";
import { SlowRunc } from "../harness/shim/slow_runc.ts";
import { ClientFifo } from "../harness/streams/client_fifo.ts";
import {
  frozenFileSystem,
  fuseFileSystem,
  hasFuse,
  hasLoop,
} from "../streams/still_file_system.ts";
import { shutDownAll, test } from "./sharing.ts";

/** Whoever reads without end is held back; whoever is not held back prints some gigabytes in a second. */
const FLOOD = ["sh", "-c", "exec yes"];
/** How long anything of a container may take that has no trouble, on a machine that does other things as well. */
const SECONDS = 30;
/** How long a Delete waits at least for a client that reads nothing, in ms: 5 s by default. */
const PATIENCE = 4_000;

/** A container in trouble, and one of the same server that is well. */
interface Two {
  readonly ill: DirectShim;
  readonly well: DirectShim;
}

async function runTwo(
  containerd: PrivateContainerd,
  options?: BundleOptions,
  streams?: StreamPaths,
): Promise<Two> {
  const well = await DirectShim.run(containerd, "well");
  const ill = await DirectShim.run(containerd, "ill", options, streams);
  assertEquals(ill.pid, well.pid);
  return { ill, well };
}

/** Expects all that a container needs of its server, from another one's start to its removal as well. */
async function expectWell(containerd: PrivateContainerd, { tasks, pid, bundle }: DirectShim) {
  const soon = <Result>(what: string, work: Promise<Result>) => within(SECONDS, what, work);
  const id = "well";
  assertEquals((await soon("State", tasks.call("State", { id }))).status, TaskStatus.RUNNING);
  using stdout = await ClientFifo.make(`${bundle.path}/out`);
  const shim = await soon("a start", DirectShim.start(containerd, "further"));
  assertEquals(shim.pid, pid);
  await soon("a Create", shim.create(containerd));
  await soon("a Start", shim.tasks.call("Start", { id: "further" }));
  await soon("an exec", shim.exec("exec", ["echo", "hello"], { stdout: stdout.path }));
  await soon("its output", stdout.output.until(/hello\n/));
  await soon("its end", shim.tasks.call("Wait", { id: "further", execId: "exec" }));
  await soon("a Kill", shim.tasks.call("Kill", { id: "further", signal: 9 }));
  await soon("a Wait", shim.tasks.call("Wait", { id: "further" }));
  await soon("a Delete", shim.tasks.call("Delete", { id: "further" }));
  await soon("a Shutdown", shutDownAll(shim));
  await Deno.remove(stdout.path);
}

/** Kills and deletes containers, and ends their shims. */
async function end(...shims: DirectShim[]): Promise<void> {
  for (const { id, tasks } of shims) {
    await tasks.call("Kill", { id, signal: 9 });
    await tasks.call("Wait", { id });
    await tasks.call("Delete", { id });
  }
  await shutDownAll(...shims);
}

test("a runtime that hangs", async (containerd) => {
  const well = await DirectShim.run(containerd, "well");
  const ill = await DirectShim.start(containerd, "ill");
  using runc = await SlowRunc.make(ill.bundle.path, "begin create");
  const create = ill.create(containerd, { options: runc.options });
  await runc.untilHeld("begin create");
  await expectWell(containerd, well);
  await runc.release();
  await create;
  await end(ill, well);
});

test("output that nobody reads, and a Delete that waits for who reads", async (containerd) => {
  using stdout = await ClientFifo.make(`${containerd.folder}/unread`);
  const { ill, well } = await runTwo(containerd, { args: FLOOD }, { stdout: stdout.path });
  await expectWell(containerd, well);
  await ill.tasks.call("Kill", { id: "ill", signal: 9 });
  await ill.tasks.call("Wait", { id: "ill" });
  const asked = performance.now();
  const deletion = ill.tasks.call("Delete", { id: "ill" }).then(() => performance.now() - asked);
  await expectWell(containerd, well);
  assertGreater(await deletion, PATIENCE);
  await end(well);
  await shutDownAll(ill);
  await Deno.remove(stdout.path);
});

for (
  const [name, make, isPossible] of [
    ["a file system of FUSE that stands still", fuseFileSystem, hasFuse],
    ["a disk that is frozen", frozenFileSystem, hasLoop],
  ] as const
) {
  test(name, async (containerd) => {
    await using fileSystem = await make(containerd.folder);
    const args = ["sh", "-c", "mkfifo go; echo begin; read x < go; exec yes"];
    const stdout = `file://${fileSystem.path}/log`;
    const { ill, well } = await runTwo(containerd, { args }, { stdout });
    await eventually(
      "the first line",
      async () => await fileSystem.read("log").catch(() => "") === "begin\n" || undefined,
    );
    await fileSystem.stop();
    await Deno.writeTextFile(`${ill.bundle.path}/rootfs/go`, "\n");
    await expectWell(containerd, well);
    await ill.tasks.call("Kill", { id: "ill", signal: 9 });
    const deletion = ill.tasks.call("Wait", { id: "ill" })
      .then(() => ill.tasks.call("Delete", { id: "ill" }));
    await expectWell(containerd, well);
    await deletion;
    await fileSystem.goOn();
    await end(well);
    await shutDownAll(ill);
  }, { ignore: !isPossible });
}

test("a million lines", async (containerd) => {
  const stdout = `file://${containerd.folder}/lines`;
  const { ill, well } = await runTwo(containerd, { args: FLOOD }, { stdout });
  const lines = () => Deno.statSync(`${containerd.folder}/lines`).size / 2;
  const before = lines();
  await expectWell(containerd, well);
  // Each asks the only thread, while it is busy with the lines.
  for (let count = 0; count < 20; count++) {
    const asked = performance.now();
    await well.tasks.call("State", { id: "well" });
    assertLess(performance.now() - asked, 5000);
  }
  await eventually("a million lines more", () => lines() > before + 1e6);
  await end(ill, well);
  await Deno.remove(`${containerd.folder}/lines`);
});

test("an OOM kill", async (containerd) => {
  await using events = await containerd.recordEvents();
  await containerd.runDetached("well", "sleep", "1000");
  const limit = ["--memory-limit", `${16 * 1024 * 1024}`];
  const { code } = await containerd.run(["--rm", ...limit], "ill", "tail", "/dev/zero");
  assertEquals(code, 137);
  await events.catchUp();
  const ooms = events.tasks.filter(({ topic }) => topic === "/tasks/oom");
  // On a busy machine the kernel may signal more than once for one kill.
  assertEquals(new Set(ooms.map(({ body }) => body.container_id)), new Set(["ill"]));
  assertEquals((await containerd.exec("well", "echo", "here")).stdout, "here\n");
  await containerd.remove("well");
});

test("a client that has gone, and the action delete", async (containerd) => {
  const { ill, well } = await runTwo(containerd);
  ill.tasks.client.close();
  assertEquals((await ill.bundle.delete(containerd)).code, 0);
  await expectWell(containerd, well);
  await end(well);
  await ill.bundle.remove();
});
