/** Somebody is killed at a random moment of an operation. */
import { setTimeout as delay } from "node:timers/promises";
import type { CommandResult, PrivateContainerd } from "../../tests/private_containerd.ts";
import { bounded, checkDoubled, checkState, checkUsable, removeContainer } from "../checks.ts";
import type { Round, Scenario } from "../scenario.ts";
import { type Role, ROLES, strike } from "../victims.ts";

const ID = "box";
const LONGEST_MS = 250;

/** An operation of a client. */
interface Operation {
  readonly name: string;
  /** Whether a container runs before. */
  readonly onRunning: boolean;
  /** The arguments of ctr. */
  args(containerd: PrivateContainerd): string[];
  /** Notes where it has succeeded and what it promises is not so. */
  check(containerd: PrivateContainerd, result: CommandResult): Promise<string | undefined>;
}

const OPERATIONS: readonly Operation[] = [
  {
    name: "create and start",
    onRunning: false,
    args: (containerd) => containerd.runArguments(["--detach"], ID, "sleep", "1000"),
    async check(containerd, { code }) {
      if (code === 0 && (await statusOf(containerd)) !== "RUNNING") return "it does not run";
    },
  },
  {
    name: "a whole life",
    onRunning: false,
    args: (containerd) => containerd.runArguments(["--rm"], ID, "sh", "-c", "echo here; exit 7"),
    check: (_, { code, stdout }) => {
      const isTold = code !== 7 || stdout === "here\n";
      return Promise.resolve(isTold ? undefined : `its output was ${JSON.stringify(stdout)}`);
    },
  },
  {
    name: "exec",
    onRunning: true,
    args: () => ["task", "exec", "--exec-id", "visitor", ID, "sh", "-c", "echo here; exit 7"],
    check: (_, { code, stdout }) => {
      const isTold = code !== 7 || stdout === "here\n";
      return Promise.resolve(isTold ? undefined : `its output was ${JSON.stringify(stdout)}`);
    },
  },
  {
    name: "kill",
    onRunning: true,
    args: () => ["task", "kill", "--signal", "KILL", ID],
    async check(containerd, { code }) {
      // The signal is on its way when ctr has its answer.
      if (code !== 0) return;
      for (let tries = 0; (await statusOf(containerd)) === "RUNNING"; tries++) {
        if (tries === 50) return "it still runs";
        await delay(100);
      }
    },
  },
  {
    name: "delete",
    onRunning: true,
    args: () => ["task", "rm", "--force", ID],
    async check(containerd, { code }) {
      const status = await statusOf(containerd);
      // ctr tells a killed process's exit status in its own.
      if (code === 0 && status !== undefined) return `it is ${status}`;
    },
  },
];

/** The scenario. */
export const kills: Scenario = {
  name: "kills",
  about: "containerd, the server, start, delete or runc killed at 0-250 ms of an operation",
  async round({ containerd, random, findings }: Round): Promise<void> {
    const operation = random.pick(OPERATIONS);
    const victims = random.shuffle(ROLES).slice(0, random.onceIn(3) ? 2 : 1);
    const moments = victims.map(() => random.integer(0, LONGEST_MS));
    const awayMs = random.integer(0, 500);
    findings.doing = `${operation.name}; killed ` +
      victims.map((role, index) => `${role} from ${moments[index]} ms on`).join(", ");

    if (operation.onRunning) await containerd.runDetached(ID, "sleep", "1000");
    const events = victims.includes("containerd") ? undefined : await containerd.recordEvents();
    const end = new AbortController();
    const struck = Promise.all(
      victims.map((role, index) => kill(containerd, role, moments[index], end.signal)),
    );
    const result = await bounded(containerd, findings, operation.args(containerd));
    end.abort();
    await struck;
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
    if (!victims.includes("server")) {
      const untrue = await operation.check(containerd, result);
      if (untrue) findings.add("wrong", `${operation.name} has succeeded, and ${untrue}`);
    }
    await removeContainer(containerd, findings, ID);
    await checkUsable(containerd, findings, ID);
    if (!restarts) {
      await events?.catchUp();
      await events?.[Symbol.asyncDispose]();
    }
    // Of a dead server's containers containerd tells, whatever the server has told before.
    if (events && !victims.includes("server")) checkDoubled(findings, events.tasks);
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

async function statusOf(containerd: PrivateContainerd): Promise<string | undefined> {
  return (await containerd.tasks()).get(ID)?.status;
}
