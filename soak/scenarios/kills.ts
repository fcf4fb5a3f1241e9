/** Somebody is killed at a random moment of an operation. */
import { setTimeout as delay } from "node:timers/promises";
import {
  expectSuccess,
  type PrivateContainerd,
} from "../../tests/harness/containerd/private_containerd.ts";
import {
  bounded,
  checkDoubled,
  checkState,
  checkUsable,
  removeContainer,
} from "../round/checks.ts";
import { OPERATIONS } from "../round/operations.ts";
import { ID, type Round, type Scenario } from "../round/scenario.ts";
import { type Role, ROLES, strike } from "../round/victims.ts";

/** A further container of the same shim, which nobody means to end. */
const NEIGHBOUR = "neighbour";
const POD_FLAGS = ["--annotation", "io.containerd.runc.v2.group=pod"];
const LONGEST_MS = 250;

/** The scenario. */
export const kills: Scenario = {
  name: "kills",
  about:
    "containerd, its client, the server, start, delete or runc killed at 0-250 ms of an operation",
  async round({ containerd, random, findings }: Round): Promise<void> {
    const operation = random.pick(OPERATIONS);
    const victims = random.shuffle(ROLES).slice(0, random.onceIn(3) ? 2 : 1);
    // With both of them dead there is nobody left who could clean up: containerd then forgets the bundle.
    if (victims.includes("server") && victims.includes("delete")) victims.pop();
    const moments = victims.map(() => random.integer(0, LONGEST_MS));
    const awayMs = random.integer(0, 500);
    const inPod = random.onceIn(4);
    findings.doing = `${operation.name}${inPod ? " in a pod" : ""}; killed ` +
      victims.map((role, index) => `${role} from ${moments[index]} ms on`).join(", ");
    const isServerKilled = victims.includes("server");

    const flags = inPod ? POD_FLAGS : [];
    const run = async (id: string) =>
      void expectSuccess(await containerd.run(["--detach", ...flags], id, "sleep", "1000"));
    if (inPod) await run(NEIGHBOUR);
    if (operation.onRunning) await run(ID);
    const events = victims.includes("containerd") ? undefined : await containerd.recordEvents();
    const end = new AbortController();
    const struck = Promise.all(
      victims.map((role, index) => kill(containerd, role, moments[index], end.signal)),
    );
    const result = await bounded(containerd, findings, operation.args(containerd, flags));
    end.abort();
    await struck;
    if (victims.includes("ctr")) await removeMountsOfCtr();
    // Without `delete` nobody cleans up after a dead server before containerd's next start.
    const restarts = victims.includes("containerd") || victims.includes("delete");
    if (restarts) {
      await events?.[Symbol.asyncDispose]();
      await containerd.stop();
      await delay(awayMs);
      await containerd.boot();
    }
    await checkState(containerd, findings, ID);
    // A server's death is its container's, at any time after the operation.
    if (!isServerKilled) {
      const untrue = await operation.check(containerd, result);
      if (untrue) findings.add("wrong", `${operation.name} has succeeded, and ${untrue}`);
    }
    await removeContainer(containerd, findings, ID);
    if (inPod) {
      await checkState(containerd, findings, NEIGHBOUR);
      const status = (await containerd.tasks()).get(NEIGHBOUR)?.status;
      if (!isServerKilled && status !== "RUNNING") {
        findings.add("lost", `the other container of the pod, which is ${status}`);
      }
      await removeContainer(containerd, findings, NEIGHBOUR);
    }
    await checkUsable(containerd, findings, ID);
    if (!restarts) {
      await events?.catchUp();
      await events?.[Symbol.asyncDispose]();
    }
    // Of a dead server's containers, and of those whose deletion a client gave up, containerd tells what the server has told before.
    const isToldAgain = isServerKilled || operation.deletes && victims.includes("ctr");
    if (events && !isToldAgain) checkDoubled(findings, events.tasks);
  },
};

async function kill(
  containerd: PrivateContainerd,
  role: Role,
  moment: number,
  until: AbortSignal,
): Promise<void> {
  if (role !== "containerd") return void await strike(role, moment, until);
  await delay(moment);
  await containerd.stop("SIGKILL");
}

/** ctr mounts the root file system for a moment, to look a user up. */
async function removeMountsOfCtr(): Promise<void> {
  const folder = Deno.env.get("TMPDIR")!;
  for await (const { name } of Deno.readDir(folder)) {
    if (!/^containerd-mount\d+$/.test(name)) continue;
    // Where it is mounted already, or still.
    await new Deno.Command("umount", { args: ["--quiet", `${folder}/${name}`] }).output();
    await Deno.remove(`${folder}/${name}`);
  }
}
