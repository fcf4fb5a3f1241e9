/** Pids: every process of a container, and which of them are execs. */

import { assertEquals } from "@std/assert";
import { ProcessDetails } from "../../proto/mod.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { descendantsOf } from "../harness/machine/processes.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { processSpec } from "../harness/shim/task_client.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

const id = "box";

for (const hostPidNamespace of [false, true]) {
  const kind = hostPidNamespace ? "the host's PID namespace" : "a PID namespace of its own";
  test(`Pids of a container with ${kind}`, async (containerd) => {
    const args = ["sh", "-c", "sleep 1000 & exec sleep 1000"];
    const shim = await DirectShim.start(containerd, id, { args, hostPidNamespace });
    const { tasks } = shim;
    const pids = async () => {
      const { processes } = await tasks.call("Pids", { id });
      return new Map(processes.map(({ pid, info }) => [
        pid,
        info && [info.typeUrl, ProcessDetails.decode(info.value).execId],
      ]));
    };
    const details = (execId: string) => ["containerd.runc.v1.ProcessDetails", execId];

    const init = await shim.create(containerd);
    assertEquals(await pids(), new Map([[init, null]]), "created");

    await tasks.call("Start", { id });
    await tasks.call("Exec", { id, execId: "waits", spec: processSpec(["true"]) });
    await shim.exec("ended", ["true"]);
    await tasks.call("Wait", { id, execId: "ended" });
    const one = await shim.exec("one", args);
    const two = await shim.exec("two", ["sleep", "1000"]);
    const all = await eventually("init, two execs, and two children", () => {
      const all = descendantsOf(shim.pid).filter(({ command }) => command[0] === "sleep");
      return all.length === 5 ? all : undefined;
    });
    const expected = new Map<number, string[] | null>(all.map(({ pid }) => [pid, null]));
    expected.set(one, details("one"));
    expected.set(two, details("two"));
    assertEquals(await pids(), expected, "running");

    await tasks.call("Pause", { id });
    assertEquals(await pids(), expected, "paused");
    await tasks.call("Resume", { id });

    await tasks.call("Kill", { id, signal: 9 });
    await tasks.call("Wait", { id });
    await eventually(
      "no process any more but perhaps init",
      async () => [...(await pids()).keys()].every((pid) => pid === init) || undefined,
    );
    await tasks.call("Delete", { id });
    await shim.shutDown();
  });
}

testBetterThanGo("a stopped container has the pid that its init had", async (containerd) => {
  const shim = await DirectShim.run(containerd, id, { args: ["true"] });
  const { tasks } = shim;
  await tasks.call("Wait", { id });
  const { pid } = await tasks.call("State", { id });
  assertEquals((await tasks.call("Pids", { id })).processes, [{ pid, info: null }]);
  await tasks.call("Delete", { id });
  await shim.shutDown();
});
