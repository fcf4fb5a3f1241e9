import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import {
  type ContainerContext,
  Process,
  runtimeFailure,
  type State,
  type Step,
} from "../../../runc/process.ts";
import type { Exit, Expectation } from "../../../shim/process/reaper.ts";
import { StatusCode, StatusError } from "../../../shim/ttrpc/mod.ts";
import { withFolder } from "../../harness/unit/temporary_folder.ts";

const PATHS = { stdin: "/in", stdout: "", stderr: "", terminal: false };

/** A process whose protected methods can be called. */
class TestProcess extends Process {
  constructor(state: "created" | "checkpointed" = "created") {
    super({} as ContainerContext, "p", PATHS, state);
  }

  /** Adopts the process of this pid; what is returned ends it. */
  async adoptPid(pid: number): Promise<(exit: Exit) => void> {
    const { promise, resolve } = Promise.withResolvers<Exit>();
    await withFolder((folder) => {
      const file = join(folder, "pid");
      Deno.writeTextFileSync(file, `${pid}`);
      this.adopt(file, { claim: () => promise, [Symbol.dispose]() {} });
    });
    return resolve;
  }

  override fail(): void {
    super.fail();
  }

  override adopt(pidFile: string, expectation: Expectation): void {
    super.adopt(pidFile, expectation);
  }
}

/** Every step, and the states it leads from and to. */
const STEPS: Record<Step, Partial<Record<State, State>>> = {
  start: { created: "running", checkpointed: "running" },
  pause: { running: "pausing" },
  freeze: { pausing: "paused" },
  resume: { pausing: "running", paused: "running" },
  checkpoint: { running: "running", paused: "paused" },
  exit: {
    created: "stopped",
    checkpointed: "stopped",
    running: "stopped",
    pausing: "stopped",
    paused: "stopped",
  },
  delete: { created: "deleted", checkpointed: "deleted", stopped: "deleted" },
};

/** How to come to each state. */
const WAYS: Record<State, Step[]> = {
  created: [],
  checkpointed: [],
  running: ["start"],
  pausing: ["start", "pause"],
  paused: ["start", "pause", "freeze"],
  stopped: ["start", "exit"],
  deleted: ["start", "exit", "delete"],
};

/** A process in a state. */
function processIn(state: State): TestProcess {
  const process = new TestProcess(state === "checkpointed" ? state : "created");
  for (const step of WAYS[state]) process.enter(step);
  assertEquals(process.state, state);
  return process;
}

for (const state of Object.keys(WAYS) as State[]) {
  for (const step of Object.keys(STEPS) as Step[]) {
    const next = STEPS[step][state];
    const outcome = next === undefined ? "is refused" : `leads to ${next}`;
    Deno.test(`process: ${step} in the state ${state} ${outcome}`, () => {
      const process = processIn(state);
      if (next !== undefined) {
        process.check(step);
        assertEquals(process.state, state);
        process.enter(step);
        return assertEquals(process.state, next);
      }
      for (const change of [() => process.check(step), () => process.enter(step)]) {
        const error = assertThrows(change, StatusError, `cannot ${step} a ${state} process`);
        const { NOT_FOUND, FAILED_PRECONDITION } = StatusCode;
        assertEquals(error.code, state === "deleted" ? NOT_FOUND : FAILED_PRECONDITION);
      }
      assertEquals(process.state, state);
    });
  }
}

const EXIT: Exit = { pid: 0, status: 137, signal: 9, exitedAt: new Date(1000) };

/** Whether a promise has been resolved by now. */
async function isResolved(promise: Promise<unknown>): Promise<boolean> {
  let resolved = false;
  promise.then(() => resolved = true);
  await new Promise((resolve) => setTimeout(resolve));
  return resolved;
}

Deno.test("process: its exit is known when it was reaped, and it has exited when it is stopped", async () => {
  const process = new TestProcess();
  const end = await process.adoptPid(Deno.pid);
  process.enter("start");
  assertEquals([process.pid, process.exit], [Deno.pid, undefined]);
  end(EXIT);
  await process.reaped;
  assertEquals([process.exit, process.state], [EXIT, "running"]);
  assertEquals(await isResolved(process.exited), false);
  process.enter("exit");
  assertEquals([await process.exited, process.state], [EXIT, "stopped"]);
});

Deno.test("process: one that ends before it was started has exited with its own status", async () => {
  const process = new TestProcess();
  const end = await process.adoptPid(Deno.pid);
  end(EXIT);
  await process.reaped;
  process.enter("exit");
  assertEquals((await process.exited).status, 137);
});

Deno.test("process: who waits for one that never ran gets the unknown status", async () => {
  const failed = new TestProcess();
  const waiting = failed.exited;
  failed.fail();
  assertEquals([failed.state, failed.exit?.status], ["stopped", 255]);
  assertEquals((await waiting).status, 255);

  const deleted = new TestProcess();
  const before = Date.now();
  deleted.enter("delete");
  const { pid, status, exitedAt } = await deleted.exited;
  assertEquals([pid, status], [0, 255]);
  assert(exitedAt.getTime() >= before);
});

Deno.test("process: none has exited before it is stopped", async () => {
  for (const state of ["created", "running", "pausing", "paused"] as const) {
    const process = processIn(state);
    if (state === "paused") process.enter("resume");
    assertEquals(await isResolved(process.exited), false);
    assertEquals(await isResolved(process.reaped), false);
  }
});

/** That a signal is refused with a code and a message. */
function assertKillRefused(process: Process, signal: number, code: number, message: string): void {
  const error = assertThrows(() => process.kill(signal), StatusError, message);
  assertEquals(error.code, code);
}

Deno.test("process: a signal reaches it", async () => {
  const child = new Deno.Command("sleep", { args: ["100"] }).spawn();
  const process = new TestProcess();
  await process.adoptPid(child.pid);
  process.kill(15);
  assertEquals((await child.status).signal, "SIGTERM");
  // Reaped, but not yet known to be.
  assertKillRefused(process, 9, StatusCode.NOT_FOUND, "process already finished");
});

Deno.test("process: a signal to one that was not made is refused", () => {
  assertKillRefused(
    new TestProcess(),
    9,
    StatusCode.FAILED_PRECONDITION,
    "process not created",
  );
});

Deno.test("process: a signal to one that was reaped goes to nobody", async () => {
  // Whoever has its pid now.
  const child = new Deno.Command("sleep", { args: ["100"] }).spawn();
  const process = new TestProcess();
  const end = await process.adoptPid(child.pid);
  end(EXIT);
  await process.reaped;
  assertKillRefused(process, 9, StatusCode.NOT_FOUND, "process already finished");
  child.kill("SIGTERM");
  assertEquals((await child.status).signal, "SIGTERM");
});

Deno.test("process: a pid file without a pid can't be adopted", async () => {
  await assertRejects(() => new TestProcess().adoptPid(0), Error, "expected a pid in ");
});

Deno.test("process: one that can't be claimed is not adopted, and gets no signal", async () => {
  const process = new TestProcess();
  await withFolder((folder) => {
    const file = join(folder, "pid");
    Deno.writeTextFileSync(file, `${Deno.pid}`);
    const claim = () => {
      throw new Error("it is mine");
    };
    assertThrows(
      () => process.adopt(file, { claim, [Symbol.dispose]() {} }),
      Error,
      `expected the pid of a process that the runtime has made in ${file}: it is mine`,
    );
  });
  assertEquals(process.pid, 0);
  assertKillRefused(process, 9, StatusCode.FAILED_PRECONDITION, "process not created");
});

Deno.test("process: a runtime's failure is told in the words that docker looks for", () => {
  const cause = new Error("no such file");
  const error = runtimeFailure("create", cause);
  assertEquals([error.message, error.cause], ["OCI runtime create failed: no such file", cause]);
});
