/** `inspect`: what is known of one container, by whom, and where they differ. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromTimestamp } from "../../shim/common/timestamp.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { descendantsOf } from "../harness/machine/processes.ts";
import { GO_SHIM } from "../harness/shim/go_shim.ts";
import { type Json, jsonOf, runCommand } from "../harness/shim/commands.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { ClientFifo } from "../harness/streams/client_fifo.ts";
import { runWithGo, test } from "../harness/suite/both_shims.ts";

/** Waits until a shim's containers run these commands, which they come to after they have started. */
async function untilRun(shim: number, ...commands: string[]): Promise<void> {
  await eventually(`${commands}`, () => {
    const found = descendantsOf(shim).map(({ command }) => command.join(" "));
    return commands.every((command) => found.includes(command)) || undefined;
  });
}

for (const runtime of ["ts-v2", GO_SHIM.name.slice("io.containerd.".length).replace(".", "-")]) {
  test(`a running container of ${runtime}, as shim and runtime know it`, async (containerd) => {
    const command = ["sh", "-c", "sleep 1000 & wait"];
    if (runtime === "ts-v2") await containerd.runDetached("box", ...command);
    else await runWithGo(containerd, "box", ...command);
    await containerd.execDetached("box", "visitor", "sleep", "1001");
    await untilRun(await containerd.shimPid("box"), "sleep 1000", "sleep 1001");
    const { address, namespace } = containerd;
    const found = await jsonOf("inspect", "box", "--address", address);
    const pid = await containerd.taskPid("box");
    assertEquals(
      [found.id, found.namespace, found.status, found.pid, found.terminal, found.exitStatus],
      ["box", namespace, "running", pid, false, null],
    );
    assertEquals(found.shim.pid, await containerd.shimPid("box"));
    assertEquals([found.shim.condition, found.shim.runtime], ["serves", runtime]);
    assertEquals(found.containerd, { address, lives: true });
    assertEquals(found.bundle.path, containerd.bundle("box"));
    assertEquals(found.bundle.command, command);
    assertEquals(found.bundle.cgroup, `/${namespace}/box`);
    assert(found.bundle.files.includes("config.json"));
    const processes = await containerd.processes("box");
    assertEquals(
      found.processes.map(({ pid, execId }: Json) => [pid, execId ?? undefined]),
      [...processes],
    );
    assertEquals(found.processes.find((each: Json) => each.pid === pid).command, command);
    assertEquals(found.execs.map(({ id, status }: Json) => [id, status]), [["visitor", "running"]]);
    assertEquals(found.runtime.root, `/run/containerd/runc/${namespace}`);
    assertEquals([found.runtime.status, found.runtime.pid], ["running", pid]);
    assertEquals(found.usage.pids, 3);
    assert(found.usage.memoryBytes > 0 && found.usage.cpuNanoseconds > 0);
    const [rootfs] = found.mounts;
    assertEquals([rootfs.target, rootfs.type], [`${containerd.bundle("box")}/rootfs`, "overlay"]);
    assert(
      found.mountsInside.some(({ target, type }: Json) => target === "/proc" && type === "proc"),
    );
    assertEquals(found.differences, []);

    const { stdout, code } = await runCommand("inspect", "bo", "--address", address);
    assertEquals(code, 0);
    for (const said of [`Init        ${pid}`, "runc --root", "sleep 1001", "visitor", "overlay"]) {
      assertStringIncludes(stdout, said);
    }
    assert(!stdout.includes("Differences"));
    await containerd.remove("box");
  });
}

test("who holds the streams of a container", async (containerd) => {
  const path = `${containerd.folder}/out`;
  using _client = await ClientFifo.make(path);
  const shim = await DirectShim.run(containerd, "box", {
    args: ["sh", "-c", "sleep 1000 & exec sleep 1001"],
  }, { stdout: path });
  await untilRun(shim.pid, "sleep 1000", "sleep 1001");
  const { streams, processes } = await jsonOf("inspect", "box", "--address", containerd.address);
  const [ofClient, ofContainer] = streams.filter(({ name }: Json) => name === "stdout");
  assertEquals([ofClient.side, ofClient.target], ["client", path]);
  const holders = ofClient.holders.map(({ pid }: Json) => pid);
  assert(holders.includes(Deno.pid) && holders.includes(shim.pid), `${holders}`);
  assertEquals(ofContainer.side, "container");
  assertMatch(ofContainer.target, /^pipe:\[\d+\]$/);
  // The grandchild that would keep a client from the end of the output.
  const inside = ofContainer.holders.filter(({ access }: Json) => access === "w");
  for (const { pid } of processes) {
    assert(
      inside.some((holder: Json) => holder.pid === pid),
      `${pid} of ${JSON.stringify(inside)}`,
    );
  }
  await shim.end();
  await Deno.remove(path);
});

test("when a container has ended, to the millisecond", async (containerd) => {
  const shim = await DirectShim.run(containerd, "box");
  await shim.tasks.call("Kill", { id: "box", signal: 9 });
  const { exitStatus, exitedAt } = await shim.tasks.call("Wait", { id: "box" });
  const found = await jsonOf("inspect", "box", "--address", containerd.address);
  const time = fromTimestamp(exitedAt!).toISOString();
  assertEquals([found.status, found.exitStatus, found.exitedAt], ["stopped", exitStatus, time]);
  const { stdout } = await runCommand("inspect", "box", "--address", containerd.address);
  assertStringIncludes(stdout, `stopped, exit status 137, at ${time}`);
  await shim.tasks.call("Delete", { id: "box" });
  await shim.shutDown();
});

test("differences between the shim and the runtime are named", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  const { root } = (await jsonOf("inspect", "box", "--address", containerd.address)).runtime;
  const runc = async (...args: string[]) =>
    await new Deno.Command("runc", { args: ["--root", root, ...args] }).output();
  await runc("pause", "box");
  const paused = await jsonOf("inspect", "box", "--address", containerd.address);
  assertEquals(paused.differences, ["the shim says running, runc says paused"]);
  await runc("resume", "box");
  await Deno.rename(`${root}/box`, `${root}/hidden`);
  const { stdout } = await runCommand("inspect", "box", "--address", containerd.address);
  assertStringIncludes(stdout, "the shim says running, runc does not know the container");
  await Deno.rename(`${root}/hidden`, `${root}/box`);
  await Deno.writeTextFile(`${containerd.bundle("box")}/init.pid`, "1");
  const { differences } = await jsonOf("inspect", "box", "--address", containerd.address);
  assertMatch(differences[0], /^the shim says that init is \d+, the file init.pid says 1$/);
  await containerd.remove("box");
});

test("ids by prefix: one, none, several", async (containerd) => {
  for (const id of ["web", "web-1", "web-2"]) await containerd.runDetached(id, "sleep", "1000");
  const place = ["--address", containerd.address];
  assertEquals((await jsonOf("inspect", "web", ...place)).id, "web");
  assertEquals((await jsonOf("inspect", "web-1", ...place)).id, "web-1");
  const several = await runCommand("inspect", "web-", ...place);
  assertEquals([several.code, several.stdout], [3, ""]);
  assertMatch(several.stderr, /web- may be any of web-1 \(namespace .*\), web-2 \(/);
  const none = await runCommand("inspect", "db", ...place);
  assertEquals(none.code, 3);
  assertStringIncludes(none.stderr, "no container's id begins with db");
  await containerd.remove("web", "web-1", "web-2");
});

test("a shim that hangs leaves what is known without it", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  const shim = await containerd.shimPid("box");
  Deno.kill(shim, "SIGSTOP");
  const start = performance.now();
  const found = await jsonOf("inspect", "box", "--address", containerd.address);
  Deno.kill(shim, "SIGCONT");
  assert(performance.now() - start < 15_000);
  assertEquals([found.shim.condition, found.status], ["silent", "unknown"]);
  assertEquals(found.runtime.status, "running");
  assertEquals(found.pid, await containerd.taskPid("box"));
  await containerd.remove("box");
});
