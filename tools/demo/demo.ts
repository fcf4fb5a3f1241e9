/**
 * `deno task demo`: shows the life of a container through the shim, under a containerd of its own. Each step verifies what it
 * shows; the exit code is 0 only where all of it held. SHIM_RUNTIME=io.containerd.runc.v2 shows the Go shim instead.
 */
import type {
  EventRecorder,
  RecordedEvent,
} from "../../tests/harness/containerd/event_recorder.ts";
import {
  type CommandResult,
  expectSuccess,
  PrivateContainerd,
  runtimeUnderTest,
} from "../../tests/harness/containerd/private_containerd.ts";
import { eventually } from "../../tests/harness/expect/eventually.ts";
import { enterPrivateMounts, inPrivateMounts } from "../../tests/harness/machine/private_mounts.ts";
import {
  findProcess,
  isAlive,
  type Process,
  processesOfThisRun,
} from "../../tests/harness/machine/processes.ts";
import { readVersion } from "../../tests/harness/machine/programs.ts";
import { expectNoLeaks, takeTraces } from "../../tests/harness/suite/leaks.ts";
import { runPrivately } from "../common/private_run.ts";
import { bold, dim, green } from "../common/terminal.ts";
import { prepare } from "../test/prepare.ts";
import { type Account, printFailedStep, step } from "./steps.ts";

const ID = "box";
/** Counts on, so that one sees that it was not held up. */
const COUNT = 'i=0; while sleep 0.1; do i=$((i+1)); echo "$i" > /tmp/count; done';

/** The events of the demonstration's container, in their order. */
const EVENTS = [
  "create box",
  "start box",
  "exec-added hello",
  "exec-started hello",
  "exit hello 7",
  "exec-added sleeper",
  "exec-started sleeper",
  "exec-added again",
  "exec-started again",
  "exit again 0",
  "exit sleeper 137",
  "exit box 137",
  "delete box 137",
];

if (!inPrivateMounts()) await prepare();
await enterPrivateMounts();

await runPrivately(show, printFailedStep);

async function show(): Promise<void> {
  const start = performance.now();
  const before = takeTraces();
  const runtime = runtimeUnderTest();
  console.log(`\n${bold("The life of a container")} through ${runtime.name}`);

  const containerd = await step("A containerd of its own", async (account) => {
    const containerd = await PrivateContainerd.start();
    account.say(`containerd ${readVersion("containerd")}, runc ${readVersion("runc")}`);
    account.say(`shim        ${runtime.binary}`);
    account.say(`everything  ${containerd.folder} ${dim("(gone in the end)")}`);
    return containerd;
  });
  const events: RecordedEvent[] = [];
  const beforeRestart = await containerd.recordEvents();

  await step("Run a container that ends by itself", async (account) => {
    const script = 'echo "hello from process $$ on $(uname -s)"; exit 3';
    const result = await containerd.run(["--rm"], "short", "sh", "-c", script);
    tell(account, containerd.runArguments(["--rm"], "short", "sh", "-c", script), result);
    expectOutput(result, "hello from process 1 on Linux\n");
    account.verify("its exit status is ctr's: 3", result.code === 3, result.code);
  });

  const init = await step("Start one that stays", async (account) => {
    const args = containerd.runArguments(["-d"], ID, "sh", "-c", COUNT);
    tell(account, args, expectSuccess(await containerd.ctr(...args)));
    const { pid, status } = (await containerd.tasks()).get(ID)!;
    await eventually("the container counts", () => readCount(pid));
    account.verify(`its init is process ${pid} of the host and RUNNING`, status === "RUNNING");
    return pid;
  });

  await step("Execute in it", async (account) => {
    const args = execArguments("hello", "sh", "-c", "cat /proc/1/comm; exit 7");
    const result = await containerd.ctr(...args);
    tell(account, args, result);
    expectOutput(result, "sh\n");
    account.verify("its exit status is ctr's: 7", result.code === 7, result.code);
    // ctr leaves the FIFOs of detached ones behind: in a folder that goes in the end.
    const detached = execArguments("sleeper", "sleep", "1000");
    detached.splice(2, 0, "--detach", "--fifo-dir", `${containerd.folder}/fifo`);
    tell(account, detached, expectSuccess(await containerd.ctr(...detached)));
  });

  const shim = await step("Who started whom", (account) => {
    const shim = findProcess(findProcess(init)!.parent)!;
    const parent = findProcess(shim.parent)!;
    const children = processesOfThisRun().filter(({ parent }) => parent === shim.pid);
    const sleeper = children.find(({ command }) => command[0] === "sleep");
    account.say(`${line(parent)}`);
    account.say(`└─ ${line(shim)}  ${dim("the shim")}`);
    children.forEach((child, index) => {
      const branch = index === children.length - 1 ? "└─" : "├─";
      const role = child.pid === init ? "init of the container" : "executed in it";
      account.say(`   ${branch} ${line(child)}  ${dim(role)}`);
    });
    account.verify("the shim is no child of containerd", isOurAncestor(parent.pid), line(parent));
    account.verify("init and the executed process are the shim's children", sleeper !== undefined);
    return Promise.resolve(shim);
  });

  await step("Kill containerd, and start it again", async (account) => {
    events.push(...await eventsOf(beforeRestart));
    const old = containerd.pid;
    await containerd.stop("SIGKILL");
    const count = await eventually("the container counts", () => readCount(init));
    const later = await eventually("the container counts on", () => {
      const later = readCount(init);
      return later !== undefined && later >= count + 3 ? later : undefined;
    });
    account.verify(`without containerd it counted on, from ${count} to ${later}`, later > count);
    await containerd.boot();
    account.say(`containerd was process ${old} and is process ${containerd.pid}`);
    const task = (await containerd.tasks()).get(ID);
    account.verify(
      `the task is the same, process ${init}, and RUNNING`,
      task?.pid === init && task.status === "RUNNING",
      JSON.stringify(task),
    );
  });

  const afterRestart = await containerd.recordEvents();
  await step("Execute in it again", async (account) => {
    const args = execArguments("again", "echo", "still here");
    const result = expectSuccess(await containerd.ctr(...args));
    tell(account, args, result);
    expectOutput(result, "still here\n");
  });

  await step("kill -9 its init, from the host", async (account) => {
    const start = performance.now();
    Deno.kill(init, "SIGKILL");
    const { body } = await afterRestart.untilExit(ID);
    const milliseconds = Math.round(performance.now() - start);
    account.verify(
      `containerd had the event after ${milliseconds} ms: exit status 137 (128 + SIGKILL)`,
      body.exit_status === 137,
      body.exit_status,
    );
    const result = expectSuccess(await containerd.ctr("task", "ls"));
    tell(account, ["task", "ls"], result);
    const status = (await containerd.tasks()).get(ID)?.status;
    account.verify("the task is STOPPED", status === "STOPPED", status);
    const left = processesOfThisRun().filter(({ parent }) => parent === shim.pid);
    account.verify("the executed process is gone, too", left.length === 0, left.map(line));
  });

  await step("Remove it", async (account) => {
    const removed = expectSuccess(await containerd.ctr("task", "rm", ID));
    tell(account, ["task", "rm", ID], removed);
    account.verify("ctr was told its exit status", removed.stderr.includes("exit code 137"));
    const args = ["container", "rm", ID];
    tell(account, args, expectSuccess(await containerd.ctr(...args)));
    await eventually(`the end of the shim`, () => isAlive(shim.pid) ? undefined : true);
    account.verify("the shim has exited", true);
  });

  await step("What containerd was told meanwhile", async (account) => {
    events.push(...await eventsOf(afterRestart));
    const found = events.filter(({ body }) => body.container_id === ID).map(describe);
    for (const event of found) account.say(event);
    account.verify("all of it, and in this order", `${found}` === `${EVENTS}`, `\n${found}`);
  });

  await step("End containerd, and look for what is left", async (account) => {
    await containerd[Symbol.asyncDispose]();
    await expectNoLeaks(before);
    account.verify("no process, mount, cgroup, socket or file", true);
  });

  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`\n${green(bold("All of it held"))}, in ${seconds} s.`);
}

function execArguments(execId: string, ...command: string[]): string[] {
  return ["task", "exec", "--exec-id", execId, ID, ...command];
}

function tell(account: Account, args: string[], { stdout, stderr }: CommandResult): void {
  account.command(["ctr", ...args], stdout + stderr);
}

function expectOutput({ stdout, stderr }: CommandResult, expected: string): void {
  if (stdout !== expected || stderr !== "") {
    throw new Error(`expected the output ${JSON.stringify(expected)}; found: ${stdout}${stderr}`);
  }
}

/** What a container's init has counted to; undefined where it is just writing that, or has not begun. */
function readCount(init: number): number | undefined {
  try {
    return Number(Deno.readTextFileSync(`/proc/${init}/root/tmp/count`)) || undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** All events until now; ends the recording. */
async function eventsOf(recorder: EventRecorder): Promise<RecordedEvent[]> {
  await recorder.catchUp();
  const events = recorder.tasks;
  await recorder[Symbol.asyncDispose]();
  return events;
}

/** `exit hello 7`: topic, process, exit status. */
function describe({ topic, body }: RecordedEvent): string {
  const process = body.exec_id ?? body.id ?? body.container_id;
  const words = [topic.replace("/tasks/", ""), process];
  // JSON leaves a status of 0 out.
  if (topic === "/tasks/exit" || topic === "/tasks/delete") words.push(body.exit_status ?? 0);
  return words.join(" ");
}

/** A process in a line. The command line of a script's Deno begins with much that is the same each time. */
function line({ pid, command }: Process): string {
  const text = command.join(" ").replace(/^(\S*deno) run .*#(?=\/)/, "deno … ");
  return `${pid} ${text.length > 60 ? `${text.slice(0, 59)}…` : text}`;
}

/** Orphans go to process 1, or to a child subreaper above it, as that of a desktop's session. */
function isOurAncestor(pid: number): boolean {
  let ancestor = Deno.pid;
  while (ancestor > 1 && ancestor !== pid) ancestor = findProcess(ancestor)?.parent ?? 0;
  return ancestor === pid;
}
