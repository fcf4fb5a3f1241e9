/** Containers with the PID namespace of the host, where the kernel ends nothing together with init. */

import { assertEquals, assertMatch } from "@std/assert";
import { RuncOptions } from "../../proto/mod.ts";
import type { PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import {
  childrenOf,
  descendantsOf,
  findProcess,
  isAlive,
  type Process,
} from "../harness/machine/processes.ts";
import { expectProgram } from "../harness/machine/programs.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

const id = "box";
const hostPidNamespace = true;
/** Leaves four processes behind: a child, one in a session of its own, and two by a double fork. */
const leaveBehind = `
  sleep 2000 &
  setsid sleep 2000 &
  (setsid sh -c 'sleep 2000 & sleep 2000 &' &)
`;

/** Waits until so many `sleep 2000` are below the shim. */
function leftBehind(shim: DirectShim, count: number): Promise<Process[]> {
  return eventually(`${count} processes left behind`, () => {
    const found = descendantsOf(shim.pid).filter(({ command }) =>
      command.join(" ") === "sleep 2000"
    );
    return found.length === count ? found : undefined;
  });
}

const execIds = ["one", "two", "three"];

test("everything ends with init", async (containerd) => {
  const exits = await endInit(containerd);
  assertEquals(exits.toSorted(), [id, "ends", ...execIds].toSorted());
});

testBetterThanGo("init's exit is told last", async (containerd) => {
  const exits = await endInit(containerd);
  assertEquals([exits[0], exits.at(-1)], ["ends", id]);
});

/** A life of a container with four execs, of which the last three end with init; answers whose exits were told. */
async function endInit(containerd: PrivateContainerd): Promise<string[]> {
  await using events = await containerd.recordEvents();
  const args = ["sh", "-c", `${leaveBehind} exec sleep 1000`];
  const shim = await DirectShim.run(containerd, id, { args, hostPidNamespace });
  const { tasks } = shim;
  await shim.exec("ends", ["sh", "-c", leaveBehind]);
  await tasks.call("Wait", { id, execId: "ends" });
  for (const execId of execIds) {
    await shim.exec(execId, execId === "one" ? args : ["sleep", "1000"]);
  }
  const left = await leftBehind(shim, 12);

  const waits = [...execIds, ""].map((execId) => tasks.call("Wait", { id, execId }));
  await tasks.call("Kill", { id, signal: 9 });
  assertEquals((await Promise.all(waits)).map(({ exitStatus }) => exitStatus), Array(4).fill(137));
  await eventually("an end of all", () => !left.some(({ pid }) => isAlive(pid)) || undefined);
  await eventually("no zombie", () => childrenOf(shim.pid).length === 0 || undefined);
  await tasks.call("Delete", { id });
  await shim.shutDown();
  await events.catchUp();
  return events.tasks.filter(({ topic }) => topic === "/tasks/exit").map(({ body }) => body.id);
}

for (const [how, end] of [["fails", "exit 1"], ["hangs", "exec sleep 1000"]]) {
  testBetterThanGo(
    `everything ends with init where the runtime's kill ${how}`,
    async (containerd) => {
      const program = `${containerd.folder}/no-kill`;
      const runc = expectProgram("runc");
      const script = `#!/bin/sh\ncase " $* " in *" kill "*) ${end};; esac\nexec ${runc} "$@"\n`;
      await Deno.writeTextFile(program, script, { mode: 0o755 });
      const options = {
        typeUrl: "containerd.runc.v1.Options",
        value: RuncOptions.encode({ binaryName: program }).finish(),
      };
      const args = ["sh", "-c", `${leaveBehind} exec sleep 1000`];
      const shim = await DirectShim.run(containerd, id, { args, hostPidNamespace }, { options });
      const { tasks } = shim;
      await shim.exec("visitor", ["sleep", "1000"]);
      const left = await leftBehind(shim, 4);

      const waits = ["visitor", ""].map((execId) => tasks.call("Wait", { id, execId }));
      await tasks.call("Kill", { id, signal: 9 });
      assertEquals((await Promise.all(waits)).map(({ exitStatus }) => exitStatus), [137, 137]);
      await eventually("an end of all", () => !left.some(({ pid }) => isAlive(pid)) || undefined);
      await tasks.call("Delete", { id });
      assertMatch(await shim.shutDown(), /msg="can't kill what init left behind" /);
      await Deno.remove(program);
    },
  );
}

test("a daemon outlives its exec, and is reaped when it ends", async (containerd) => {
  const shim = await DirectShim.run(containerd, id, { hostPidNamespace });
  const { tasks } = shim;
  await shim.exec("visitor", ["sh", "-c", `${leaveBehind} exit 3`]);
  assertEquals((await tasks.call("Wait", { id, execId: "visitor" })).exitStatus, 3);
  await tasks.call("Delete", { id, execId: "visitor" });
  const left = await leftBehind(shim, 4);
  for (const { pid } of left) Deno.kill(pid, "SIGTERM");
  await eventually(
    "an end of the daemons, as zombies too",
    () => left.every(({ pid }) => findProcess(pid) === undefined) || undefined,
  );
  assertEquals((await tasks.call("State", { id })).status, 2);
  await shim.end();
});
