/** A runtime that hangs, dies, lies, prints megabytes, or is replaced, at one of its commands. */
import { runcOptions } from "../../tests/harness/containerd/runtime_options.ts";
import { eventually } from "../../tests/harness/expect/eventually.ts";
import { isAlive } from "../../tests/harness/machine/processes.ts";
import { expectProgram } from "../../tests/harness/machine/programs.ts";
import { DirectShim } from "../../tests/harness/shim/direct_shim.ts";
import { jsonAny, processSpec } from "../../tests/harness/shim/task_client.ts";
import { processesIn } from "../round/checks.ts";
import {
  attempt,
  checkFreezer,
  CREATED,
  endShim,
  PAUSED,
  RUNNING,
  STOPPED,
  thawContainer,
} from "../round/direct.ts";
import { ID, type Round, type Scenario } from "../round/scenario.ts";

const WORDS = "symbol lookup error";
const DEADLINE_MS = 3_000;
const COMMANDS = ["create", "start", "exec", "pause", "resume", "update", "kill", "delete"];
const WAYS = [
  "hangs before",
  "hangs after",
  "dies before",
  "dies after",
  "does nothing",
  "names another process",
  "prints megabytes",
  "fails without a log",
  "is a text",
  "is missing",
] as const;

/** The scenario. */
export const runtimes: Scenario = {
  name: "runtimes",
  about: "a runtime that hangs, dies, lies, prints megabytes or is replaced at one command",
  async round(round: Round): Promise<void> {
    const { containerd, random, findings } = round;
    const command = random.pick(COMMANDS);
    const way = random.pick(WAYS);
    findings.doing = `runc ${command} ${way}`;

    const innocent = new Deno.Command("sleep", { args: ["1000"] }).spawn();
    const runtime = new Runtime(`${containerd.folder}/strange`, innocent.pid);
    const options = runcOptions({ binaryName: runtime.path });
    const shim = await DirectShim.start(containerd, ID, { options });
    const { tasks, bundle } = shim;
    const request = await bundle.createRequest(containerd);
    const create = { ...request, options };
    const visitor = { id: ID, execId: "visitor" };
    const resources = jsonAny("LinuxResources", {});
    const calls: Record<string, () => Promise<Error | undefined>> = {
      create: () => attempt(tasks, "Create", create, DEADLINE_MS),
      start: () => attempt(tasks, "Start", { id: ID }, DEADLINE_MS),
      exec: async () => {
        await attempt(tasks, "Exec", { ...visitor, spec: processSpec(["sleep", "1000"]) });
        return await attempt(tasks, "Start", visitor, DEADLINE_MS);
      },
      pause: () => attempt(tasks, "Pause", { id: ID }, DEADLINE_MS),
      resume: () => attempt(tasks, "Resume", { id: ID }, DEADLINE_MS),
      update: () => attempt(tasks, "Update", { id: ID, resources }, DEADLINE_MS),
      kill: () => attempt(tasks, "Kill", { id: ID, signal: 9, all: true }, DEADLINE_MS),
      delete: async () => {
        await attempt(tasks, "Wait", { id: ID }, DEADLINE_MS);
        return await attempt(tasks, "Delete", { id: ID }, DEADLINE_MS);
      },
    };
    for (const each of COMMANDS) {
      if (each === command) runtime.behave(command, way);
      const error = await calls[each]();
      if (each !== command) {
        if (error) findings.add("wrong", `${each}: ${error.message}`);
        continue;
      }
      runtime.behave("", "");
      await eventually("an end of the strange command", () => !runtime.isRunning || undefined)
        .catch((error) => findings.addError(error, "left"));
      if (error) findings.doing += `: ${error.message.slice(0, 200)}`;
      // These two have the streams of the process, which lead nowhere here.
      const isHeard = command !== "create" && command !== "exec";
      if (way === "fails without a log" && isHeard && error && !error.message.includes(WORDS)) {
        findings.add("lost", `what the runtime has said, from ${error.message}`);
      }
      break;
    }

    // Whatever has been answered, what is told has to be so, where the runtime has not lied.
    const lies = way === "does nothing" || way === "names another process";
    if (!lies) {
      await eventually("the truth", async () => {
        const state = await tasks.call("State", { id: ID }).catch(() => undefined);
        const processes = processesIn(containerd, ID);
        if (state === undefined) return processes.length === 0 || undefined;
        if (state.status === STOPPED) return processes.length === 0 || undefined;
        const hasStarted = processes.length > 0 && commandOf(state.pid) === "sleep";
        if (state.status === CREATED) return !hasStarted || undefined;
        return state.status === PAUSED || hasStarted || undefined;
      }).catch(async () => {
        const state = await tasks.call("State", { id: ID }).catch(() => undefined);
        const processes = processesIn(containerd, ID).map((pid) => `${pid} ${commandOf(pid)}`);
        findings.add(
          "wrong",
          `State: ${state?.status}, pid ${state?.pid}; processes: ${processes}`,
        );
      });
    }
    const init = await tasks.call("State", { id: ID }).catch(() => undefined);
    if (lies) thawContainer(containerd, ID);
    else if (init?.status === RUNNING) await checkFreezer(round, tasks, ID);
    const state = await tasks.call("State", visitor).catch(() => undefined);
    if (command === "exec" && state?.status !== RUNNING) {
      // What was killed takes the kernel a moment to end.
      await eventually(
        "an end of the exec's process",
        () => processesIn(containerd, ID).length <= 1 || undefined,
      ).catch(() => {
        findings.add("wrong", `an exec that is ${state?.status} and whose process lives`);
      });
    }
    await endShim(round, shim);
    if (!isAlive(innocent.pid)) findings.add("wrong", "an innocent process was killed");
    else innocent.kill("SIGKILL");
    await Deno.remove(`${containerd.folder}/strange`, { recursive: true });
  },
};

function commandOf(pid: number): string | undefined {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/comm`).trim();
  } catch {
    return undefined;
  }
}

/** A script before runc that does as it is told at one command. */
class Runtime {
  readonly path: string;

  constructor(private readonly folder: string, private readonly innocent: number) {
    Deno.mkdirSync(folder);
    this.path = `${folder}/runtime`;
    this.behave("", "");
  }

  /** Whether a command that has been told to hang is there. */
  get isRunning(): boolean {
    try {
      return isAlive(Number(Deno.readTextFileSync(`${this.folder}/hanging`)));
    } catch {
      return false;
    }
  }

  behave(command: string, way: typeof WAYS[number] | ""): void {
    // A file that is being executed can't be written.
    try {
      Deno.removeSync(this.path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    if (way === "is missing") return;
    const text = way === "is a text" ? "This is no program.\n" : this.#script(command, way);
    Deno.writeTextFileSync(this.path, text, { mode: 0o755 });
  }

  #script(command: string, way: string): string {
    const runc = expectProgram("runc");
    const hang = `echo $$ > ${this.folder}/hanging; exec sleep 1000 > /dev/null 2>&1`;
    const print = "head -c 3000000 /dev/zero | tr '\\0' x";
    const ways: Record<string, string> = {
      "hangs before": hang,
      "hangs after": `${runc} "$@"; ${hang}`,
      "dies before": "kill -9 $$",
      "dies after": `${runc} "$@"; kill -9 $$`,
      "does nothing": "exit 0",
      "names another process":
        `for word; do [ "$last" = --pid-file ] && printf ${this.innocent} > "$word"; last=$word; done; exit 0`,
      "prints megabytes": `${print}; ${print} >&2; exec ${runc} "$@"`,
      "fails without a log": `echo "${WORDS}" >&2; exit 127`,
    };
    return `#!/bin/sh
for word; do
  [ "$word" = "${command || "none"}" ] && {
    ${ways[way] ?? ":"}
  }
done
exec ${runc} "$@"
`;
  }
}
