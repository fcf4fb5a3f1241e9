/**
 * A command of the runtime is killed: because the deadline of its call has passed, or by whoever else. What the shim says of the
 * container then is true, and every later call works.
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import { installCrun } from "../harness/containerd/crun.ts";
import type { EventRecorder } from "../harness/containerd/event_recorder.ts";
import type { PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { within } from "../harness/expect/within.ts";
import { isFrozen } from "../harness/machine/cgroups.ts";
import { descendantsOf, isAlive } from "../harness/machine/processes.ts";
import { expectProgram } from "../harness/machine/programs.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { SlowRunc } from "../harness/shim/slow_runc.ts";
import { jsonAny, processSpec, type TaskClient } from "../harness/shim/task_client.ts";
import { testBetterThanGo } from "../harness/suite/black_box.ts";

const id = "box";
const visitor = { id, execId: "visitor" };
const resources = jsonAny("LinuxResources", { pids: { limit: 50 } });
/** containerd.v1.types.Status */
const CREATED = 1, RUNNING = 2, STOPPED = 3, PAUSED = 4;

/** A runtime's program. */
type Runtime = { path: string } & AsyncDisposable;

/** Calls that the runtime runs a command for. */
const CALLS: Record<string, (shim: DirectShim, timeoutMs?: number) => Promise<unknown>> = {
  start: ({ tasks }, timeoutMs) => tasks.call("Start", { id }, { timeoutMs }),
  pause: ({ tasks }, timeoutMs) => tasks.call("Pause", { id }, { timeoutMs }),
  resume: ({ tasks }, timeoutMs) => tasks.call("Resume", { id }, { timeoutMs }),
  update: ({ tasks }, timeoutMs) => tasks.call("Update", { id, resources }, { timeoutMs }),
  kill: ({ tasks }, timeoutMs) => tasks.call("Kill", { id, signal: 9, all: true }, { timeoutMs }),
  delete: ({ tasks }, timeoutMs) => tasks.call("Delete", { id }, { timeoutMs }),
  exec: ({ tasks }, timeoutMs) => tasks.call("Start", visitor, { timeoutMs }),
  checkpoint: ({ tasks, bundle }, timeoutMs) =>
    tasks.call("Checkpoint", { id, path: `${bundle.path}/image` }, { timeoutMs }),
};

/** How a container comes from one state to another, and the events of that. */
const WAYS: Record<number, { to: number; events: string[]; go: (shim: DirectShim) => unknown }> = {
  [CREATED]: { to: RUNNING, events: ["start"], go: (shim) => CALLS.start(shim) },
  [RUNNING]: { to: STOPPED, events: ["exit"], go: end },
  [PAUSED]: { to: RUNNING, events: ["resumed"], go: (shim) => CALLS.resume(shim) },
};

/** A running container can be used, and ends. */
async function end(shim: DirectShim): Promise<void> {
  const { tasks } = shim;
  await shim.exec("guest", ["true"]);
  await tasks.call("Wait", { id, execId: "guest" });
  await CALLS.pause(shim);
  await CALLS.resume(shim);
  await CALLS.update(shim);
  await tasks.call("Kill", { id, signal: 9 });
  assertEquals((await within(30, "its end", tasks.call("Wait", { id }))).exitStatus, 137);
}
WAYS[RUNNING].events = ["exec-added", "exec-started", "exit", "paused", "resumed", "exit"];

/** What there is to be seen of a killed command. */
interface Case {
  /** Where it is killed. */
  point: string;
  /** The container's state before. */
  from: number;
  /** And afterwards. */
  to: number;
  /** The call's own event, where what was asked for is done and so the call answers. */
  done?: string;
  /** Another event. */
  told?: string;
}

const CASES: Case[] = [
  { point: "begin start", from: CREATED, to: CREATED },
  { point: "amid start", from: CREATED, to: RUNNING, done: "start" },
  { point: "end start", from: CREATED, to: RUNNING, done: "start" },
  { point: "begin pause", from: RUNNING, to: RUNNING },
  { point: "end pause", from: RUNNING, to: RUNNING },
  { point: "begin resume", from: PAUSED, to: PAUSED },
  { point: "end resume", from: PAUSED, to: RUNNING, done: "resumed" },
  { point: "begin update", from: RUNNING, to: RUNNING },
  { point: "amid update", from: RUNNING, to: RUNNING },
  { point: "end update", from: RUNNING, to: RUNNING },
  { point: "amid update", from: PAUSED, to: RUNNING, told: "resumed" },
  { point: "end update", from: PAUSED, to: PAUSED },
  { point: "begin checkpoint", from: RUNNING, to: RUNNING },
  { point: "amid checkpoint", from: RUNNING, to: RUNNING },
  { point: "amid checkpoint", from: PAUSED, to: RUNNING, told: "resumed" },
  { point: "begin kill", from: RUNNING, to: RUNNING },
  { point: "amid kill", from: RUNNING, to: RUNNING },
  { point: "begin kill", from: PAUSED, to: PAUSED },
  { point: "amid kill", from: PAUSED, to: RUNNING, told: "resumed" },
  { point: "begin delete", from: STOPPED, to: STOPPED },
  { point: "amid delete", from: STOPPED, to: STOPPED },
  { point: "end delete", from: STOPPED, to: STOPPED },
];

/** Both, each with what removes it. */
const RUNTIMES: Record<string, (containerd: PrivateContainerd) => Promise<Runtime>> = {
  runc: () => Promise.resolve({ path: expectProgram("runc"), async [Symbol.asyncDispose]() {} }),
  crun: installCrun,
};

/** Comes to a state, from that of a container that was just created; answers the events of that. */
async function comeTo(state: number, shim: DirectShim): Promise<string[]> {
  if (state === CREATED) return [];
  await CALLS.start(shim);
  if (state === PAUSED) await CALLS.pause(shim);
  if (state === STOPPED) {
    await shim.tasks.call("Kill", { id, signal: 9 });
    await shim.tasks.call("Wait", { id });
  }
  return ["start", ...(state === PAUSED ? ["paused"] : []), ...(state === STOPPED ? ["exit"] : [])];
}

/** Waits for a state. */
async function awaitState(tasks: TaskClient, expected: number): Promise<void> {
  let status: number | undefined;
  await eventually(`the state ${expected}`, async () => {
    ({ status } = await tasks.call("State", { id }));
    return status === expected || undefined;
  }).catch(() => assertEquals(status, expected, "the state"));
}

/** Kills the command that is held at a point, and lets others pass it; answers what the call has answered that it was run for. */
async function killAt<Answer>(
  point: string,
  runc: SlowRunc,
  answer: Promise<Answer>,
): Promise<Answer> {
  await within(30, `a ${point}`, runc.untilHeld(point));
  await runc.kill();
  const told = await answer;
  await runc.free();
  return told;
}

function topicsOf(events: EventRecorder): string[] {
  return events.tasks.map(({ topic }) => topic.replace("/tasks/", ""));
}

/** Plays a case: the command is killed by the deadline of its call, or else by somebody. */
async function play(
  containerd: PrivateContainerd,
  runtime: string,
  { point, from, to, done, told }: Case,
  timeoutMs?: number,
): Promise<void> {
  await using events = await containerd.recordEvents();
  const shim = await DirectShim.start(containerd, id);
  const { tasks, bundle } = shim;
  using runc = await SlowRunc.makeOf(runtime, bundle.path, point);
  const pid = await shim.create(containerd, { options: runc.options });
  const expected = ["create", ...await comeTo(from, shim)];

  const command = point.split(" ")[1];
  const answer = CALLS[command](shim, timeoutMs).then(() => "done", (error) => error);
  await within(30, `a ${point}`, runc.untilHeld(point));
  if (timeoutMs === undefined) await runc.kill();
  const result = await within(30, "an answer", answer);
  await runc.free();
  if (timeoutMs !== undefined) assertEquals(result.code, StatusCode.DEADLINE_EXCEEDED);
  else if (done) assertEquals(result, "done");
  else assertStringIncludes(result.message, "ended with signal ");
  await awaitState(tasks, to);
  for (const event of [done, told]) if (event) expected.push(event);

  for (let state = to; state !== STOPPED; state = WAYS[state].to) {
    const frozen = state === PAUSED;
    await eventually(`frozen: ${frozen}`, () => isFrozen(pid) === frozen || undefined);
    await WAYS[state].go(shim);
    expected.push(...WAYS[state].events);
  }
  await awaitState(tasks, STOPPED);
  const deletion = await within(30, "an end of Delete", tasks.call("Delete", { id }));
  assertEquals([deletion.pid, deletion.exitStatus], [pid, 137]);
  await shim.shutDown();
  await events.catchUp();
  assertEquals(topicsOf(events), [...expected, "delete"]);
}

const STATES: Record<number, string> = {
  [CREATED]: "created",
  [RUNNING]: "running",
  [PAUSED]: "paused",
  [STOPPED]: "stopped",
};

for (const [name, find] of Object.entries(RUNTIMES)) {
  for (const each of CASES) {
    testBetterThanGo(
      `${name}: killed at the ${each.point} of a ${STATES[each.from]} container, which is ${
        STATES[each.to]
      } then`,
      async (containerd) => {
        await using runtime = await find(containerd);
        await play(containerd, runtime.path, each);
      },
    );
  }
}

for (const [name, find] of Object.entries(RUNTIMES)) {
  for (const point of ["begin delete", "amid delete", "end delete"]) {
    // containerd asks once, and forgets the container.
    testBetterThanGo(
      `${name}: killed at the ${point} of a created container, it is run once more`,
      async (containerd) => {
        await using runtime = await find(containerd);
        await using events = await containerd.recordEvents();
        const shim = await DirectShim.start(containerd, id);
        using runc = await SlowRunc.makeOf(runtime.path, shim.bundle.path, point);
        const pid = await shim.create(containerd, { options: runc.options });
        const answer = shim.tasks.call("Delete", { id });
        await within(30, `a ${point}`, runc.untilHeld(point));
        await runc.free();
        await runc.kill();
        const deletion = await within(30, "an answer", answer);
        assertEquals([deletion.pid, deletion.exitStatus], [pid, 137]);
        await expectStatus(StatusCode.NOT_FOUND, shim.tasks.call("State", { id }));
        await shim.shutDown();
        await events.catchUp();
        assertEquals(topicsOf(events), ["create", "exit", "delete"]);
      },
    );
  }
}

for (const point of ["end start", "end pause", "end resume", "amid kill"]) {
  testBetterThanGo(`killed by the deadline of its call at the ${point}`, async (containerd) => {
    const found = CASES.find((each) => each.point === point)!;
    await play(containerd, expectProgram("runc"), found, 3000);
  });
}

for (const [name, find] of Object.entries(RUNTIMES)) {
  for (const point of ["begin exec", "amid exec", "end exec"]) {
    for (const terminal of [false, true]) {
      const how = terminal ? " at a terminal" : "";
      testBetterThanGo(`${name}: killed at the ${point}${how}`, async (containerd) => {
        await using runtime = await find(containerd);
        await using events = await containerd.recordEvents();
        const shim = await DirectShim.start(containerd, id);
        const { tasks, bundle } = shim;
        using runc = await SlowRunc.makeOf(runtime.path, bundle.path, point);
        await shim.create(containerd, { options: runc.options });
        await CALLS.start(shim);
        const args = ["sh", "-c", "sleep 1000; true"];
        await tasks.call("Exec", { ...visitor, terminal, spec: processSpec(args) });
        const answer = expectStatus(StatusCode.UNKNOWN, CALLS.exec(shim));
        const wait = tasks.call("Wait", visitor);
        assertStringIncludes(await killAt(point, runc, answer), "OCI runtime exec failed: ");

        assertEquals((await within(30, "an end", wait)).exitStatus, 255);
        assertEquals((await tasks.call("State", visitor)).status, STOPPED);
        await expectStatus(StatusCode.FAILED_PRECONDITION, CALLS.exec(shim));
        await expectAlone(shim);
        await tasks.call("Delete", visitor);
        await end(shim);
        await tasks.call("Delete", { id });
        await shim.shutDown();
        await events.catchUp();
        const topics = ["create", "start", "exec-added", ...WAYS[RUNNING].events, "delete"];
        assertEquals(topicsOf(events), topics);
      });
    }
  }
}

testBetterThanGo(
  "an exec that is being started stays when another one is killed",
  async (containerd) => {
    const shim = await DirectShim.start(containerd, id);
    const { tasks, bundle } = shim;
    using runc = await SlowRunc.make(bundle.path, "end exec");
    await shim.create(containerd, { options: runc.options });
    await CALLS.start(shim);
    const other = shim.exec("other", ["sleep", "1000"]);
    await runc.untilHeld("end exec");
    await tasks.call("Exec", { ...visitor, spec: processSpec(["sleep", "1000"]) });
    const answer = expectStatus(StatusCode.UNKNOWN, CALLS.exec(shim));
    await runc.untilHeld("end exec");
    await runc.kill();
    await answer;
    await runc.release();
    const pid = await other;
    const exec = { id, execId: "other" };
    // It is there for as long as init is.
    await CALLS.pause(shim);
    await CALLS.resume(shim);
    assertEquals([(await tasks.call("State", exec)).status, isAlive(pid)], [RUNNING, true]);
    const init = (await tasks.call("State", { id })).pid;
    const expected = [init, pid].toSorted();
    await eventually("an end of the one that was killed", async () => {
      const { processes } = await tasks.call("Pids", { id });
      return `${processes.map((each) => each.pid).toSorted()}` === `${expected}` || undefined;
    });
    await shim.end();
  },
);

/** Expects nothing but init to run in the container, soon. */
async function expectAlone({ pid, tasks }: DirectShim): Promise<void> {
  const init = (await tasks.call("State", { id })).pid;
  // Whoever was below an exec'd process is init's child then, and this one does not reap.
  const others = () => descendantsOf(pid).filter((each) => each.pid !== init && each.state !== "Z");
  await eventually("init alone", () => others().length === 0 || undefined)
    .catch(() => assertEquals(others(), []));
  assertEquals(isAlive(init), true);
}

/** In seconds; /proc tells when processes began in steps of a hundredth. */
async function uptime(): Promise<number> {
  return Number((await Deno.readTextFile("/proc/uptime")).split(" ")[0]);
}

testBetterThanGo("the processes of a container that shares the host's stay", async (containerd) => {
  const shim = await DirectShim.start(containerd, id, { hostPidNamespace: true });
  const { tasks, bundle } = shim;
  using runc = await SlowRunc.make(bundle.path, "amid exec");
  await shim.create(containerd, { options: runc.options });
  await CALLS.start(shim);
  await runc.free();
  // An orphan, which the shim gets for its own child, as it gets an exec'd process.
  await shim.exec("parent", ["sh", "-c", "sleep 1001 &"]);
  await tasks.call("Wait", { id, execId: "parent" });
  await tasks.call("Delete", { id, execId: "parent" });
  const begin = await uptime();
  // Both the time now and the age are cut to a clock tick.
  await eventually("later clock ticks", async () => await uptime() > begin + 0.02 || undefined);
  await runc.hold();
  await tasks.call("Exec", { ...visitor, spec: processSpec(["sleep", "1002"]) });
  const answer = expectStatus(StatusCode.UNKNOWN, CALLS.exec(shim));
  await killAt("amid exec", runc, answer);
  const sleepers = () =>
    descendantsOf(shim.pid).map(({ command }) => command.join(" ")).filter((command) =>
      command.startsWith("sleep 100")
    ).toSorted();
  const left = ["sleep 1000", "sleep 1001"];
  await eventually("an end of the exec'd one", () => `${sleepers()}` === `${left}` || undefined)
    .catch(() => assertEquals(sleepers(), left));
  await shim.end();
});

for (const [name, find] of Object.entries(RUNTIMES)) {
  for (const point of ["begin create", "amid create", "end create"]) {
    for (const terminal of [false, true]) {
      const how = terminal ? " at a terminal" : "";
      testBetterThanGo(`${name}: killed at the ${point}${how}`, async (containerd) => {
        await using runtime = await find(containerd);
        const shim = await DirectShim.start(containerd, id, { terminal });
        const { tasks, bundle, pid } = shim;
        using runc = await SlowRunc.makeOf(runtime.path, bundle.path, point);
        const create = shim.create(containerd, { options: runc.options, terminal });
        const answer = expectStatus(StatusCode.UNKNOWN, create);
        assertStringIncludes(await killAt(point, runc, answer), "OCI runtime create failed: ");
        await expectStatus(StatusCode.NOT_FOUND, tasks.call("State", { id }));
        await eventually("no process", () => descendantsOf(pid).length === 0 || undefined);
        await shim.create(containerd, { options: runc.options, terminal });
        await CALLS.start(shim);
        await shim.end();
      });
    }
  }
}
