/** What a client does at whose moments something breaks. */
import { setTimeout as delay } from "node:timers/promises";
import type {
  CommandResult,
  PrivateContainerd,
} from "../../tests/harness/containerd/private_containerd.ts";
import { ID } from "./scenario.ts";

/** An operation of a client. */
export interface Operation {
  readonly name: string;
  /** ctr's exit code where all is well. */
  readonly code: number;
  /** Whether it ends with the deletion of the container. */
  readonly deletes: boolean;
  /** Whether a container runs before. */
  readonly onRunning: boolean;
  /** The arguments of ctr; the flags are for `ctr run`. */
  args(containerd: PrivateContainerd, flags: string[]): string[];
  /** Notes where it has succeeded and what it promises is not so. */
  check(containerd: PrivateContainerd, result: CommandResult): Promise<string | undefined>;
}

/** All of them; their container is of {@linkcode ID}. */
export const OPERATIONS: readonly Operation[] = [
  {
    name: "create and start",
    code: 0,
    deletes: false,
    onRunning: false,
    args: (containerd, flags) =>
      containerd.runArguments(["--detach", ...flags], ID, "sleep", "1000"),
    async check(containerd, { code }) {
      if (code === 0 && (await statusOf(containerd)) !== "RUNNING") return "it does not run";
    },
  },
  {
    name: "a whole life",
    code: 7,
    deletes: true,
    onRunning: false,
    args: (containerd, flags) =>
      containerd.runArguments(["--rm", ...flags], ID, "sh", "-c", "echo here; exit 7"),
    check: (_, { code, stdout }) => {
      const isTold = code !== 7 || stdout === "here\n";
      return Promise.resolve(isTold ? undefined : `its output was ${JSON.stringify(stdout)}`);
    },
  },
  {
    name: "exec",
    code: 7,
    deletes: false,
    onRunning: true,
    args: () => ["task", "exec", "--exec-id", "visitor", ID, "sh", "-c", "echo here; exit 7"],
    check: (_, { code, stdout }) => {
      const isTold = code !== 7 || stdout === "here\n";
      return Promise.resolve(isTold ? undefined : `its output was ${JSON.stringify(stdout)}`);
    },
  },
  {
    name: "kill",
    code: 0,
    deletes: false,
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
    code: 0,
    deletes: true,
    onRunning: true,
    args: () => ["task", "rm", "--force", ID],
    async check(containerd, { code }) {
      const status = await statusOf(containerd);
      // ctr tells a killed process's exit status in its own.
      if (code === 0 && status !== undefined) return `it is ${status}`;
    },
  },
];

async function statusOf(containerd: PrivateContainerd): Promise<string | undefined> {
  return (await containerd.tasks()).get(ID)?.status;
}
