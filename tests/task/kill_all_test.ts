/** Kill with `all`: a signal to every process of a container. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { RuncOptions } from "../../proto/mod.ts";
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import { expectSuccess } from "../harness/containerd/private_containerd.ts";
import { RecordingRuntime, runcOptions } from "../harness/containerd/runtime_options.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { cgroupFoldersOf, isFrozen } from "../harness/machine/cgroups.ts";
import { childrenOf, descendantsOf, isAlive } from "../harness/machine/processes.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { ClientFifo } from "../harness/streams/client_fifo.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

const id = "box";
/** signal(7) */
const SIGUSR1 = 10;
/** containerd.v1.types.Status */
const RUNNING = 2, PAUSED = 4;

/** Says its name when it is ready, and again at each SIGUSR1. */
const listener = (name: string) => [
  ...["sh", "-c"],
  `trap 'echo ${name} got it' USR1; echo ${name} is ready; while :; do sleep 0.01; done`,
];

for (const hostPidNamespace of [false, true]) {
  const kind = hostPidNamespace ? "the host's PID namespace" : "a PID namespace of its own";

  test(`all processes of a container with ${kind} get it`, async (containerd) => {
    const args = ["sh", "-c", `${quoted(listener("child"))} & exec ${quoted(listener("init"))}`];
    const shim = await DirectShim.start(containerd, id, { args, hostPidNamespace });
    using stdout = await ClientFifo.make(`${shim.bundle.path}/stdout`);
    using stderr = await ClientFifo.make(`${shim.bundle.path}/stderr`);
    const streams = { stdout: stdout.path, stderr: stderr.path };
    await shim.create(containerd, streams);
    await shim.tasks.call("Start", { id });
    const daemon = `setsid ${quoted(listener("daemon"))} & exec ${quoted(listener("exec"))}`;
    await shim.exec("visitor", ["sh", "-c", daemon], streams);

    const names = ["init", "child", "exec", "daemon"];
    for (const message of ["is ready", "got it"]) {
      if (message === "got it") await shim.tasks.call("Kill", { id, signal: SIGUSR1, all: true });
      const heard = new Set<string>();
      while (heard.size < names.length) {
        heard.add((await stdout.output.until(new RegExp(`(\\w+) ${message}\n`)))[1]);
      }
      assertEquals([...heard].toSorted(), names.toSorted());
    }
    await shim.end();
  });
}

test("with an exec id it reaches that process only", async (containerd) => {
  const shim = await DirectShim.run(containerd, id, { hostPidNamespace: true });
  const { tasks } = shim;
  const pids = [
    await shim.exec("one", ["sleep", "1000"]),
    await shim.exec("two", ["sleep", "1000"]),
  ];
  await tasks.call("Kill", { id, execId: "one", signal: SIGUSR1, all: true });
  assertEquals((await tasks.call("Wait", { id, execId: "one" })).exitStatus, 128 + SIGUSR1);
  assertEquals(pids.map(isAlive), [false, true]);
  assertEquals((await tasks.call("State", { id })).status, RUNNING);
  await shim.end();
});

test("ctr task kill --all ends everything of a container with the host's PID namespace", async (containerd) => {
  await using events = await containerd.recordEvents();
  const flags = ["--detach", "--with-ns", "pid:/proc/self/ns/pid"];
  const script = "setsid sleep 1000 & sleep 1000 & exec sleep 1000";
  expectSuccess(await containerd.run(flags, id, "sh", "-c", script));
  await containerd.execDetached(id, "visitor", "sh", "-c", script);
  const shim = await containerd.shimPid(id);
  await eventually("six processes", () => descendantsOf(shim).length === 6 || undefined);
  expectSuccess(await containerd.ctr("task", "kill", "--all", id));
  assertEquals((await events.untilExit(id, "visitor")).body.exit_status, 128 + 15);
  assertEquals((await events.untilExit(id)).body.exit_status, 128 + 15);
  await eventually("an end of all", () => childrenOf(shim).length === 0 || undefined);
  await containerd.remove(id);
});

testBetterThanGo("a container that is paused stays so, and feels it later", async (containerd) => {
  // runc freezes the processes to signal them all, and up to 1.1 lets them go on then.
  await using events = await containerd.recordEvents();
  // They catch it: of cgroup v2 a signal that is not caught ends what is frozen. Init ends last, since its end ends all.
  const catching = (trap: string) => {
    return ["sh", "-c", `trap '${trap}' USR1; echo ready; while :; do sleep 0.01; done`];
  };
  const args = catching("while kill -0 $(cat /visitor); do sleep 0.01; done; exit 3");
  const shim = await DirectShim.start(containerd, id, { args, hostPidNamespace: true });
  using stdout = await ClientFifo.make(`${shim.bundle.path}/stdout`);
  const { tasks } = shim;
  const pid = await shim.create(containerd, { stdout: stdout.path });
  await tasks.call("Start", { id });
  await stdout.output.until(/ready/);
  const visitor = catching("exit 3");
  visitor[2] = `echo $$ > /visitor; ${visitor[2]}`;
  await shim.exec("visitor", visitor, { stdout: stdout.path });
  await stdout.output.until(/ready/);
  await tasks.call("Pause", { id });
  await tasks.call("Kill", { id, signal: SIGUSR1, all: true });
  assertEquals([(await tasks.call("State", { id })).status, isFrozen(pid)], [PAUSED, true]);
  await tasks.call("Resume", { id });
  for (const execId of ["visitor", ""]) {
    assertEquals((await tasks.call("Wait", { id, execId })).exitStatus, 3);
  }
  await tasks.call("Delete", { id });
  await shim.shutDown();
  await events.catchUp();
  const changes = events.tasks.map(({ topic }) => topic.replace("/tasks/", ""))
    .filter((topic) => topic === "paused" || topic === "resumed");
  assertEquals(changes, ["paused", "resumed"]);
});

testBetterThanGo("what can't be reached after the end has finished", async (containerd) => {
  const shim = await DirectShim.start(containerd, id);
  const { tasks, bundle } = shim;
  const binaryName = `${bundle.path}/failing-runc`;
  const script = `#!/bin/sh\ncase " $* " in *" kill "*) exit 1; esac\nexec runc "$@"\n`;
  await Deno.writeTextFile(binaryName, script, { mode: 0o755 });
  const value = RuncOptions.encode({ binaryName }).finish();
  await shim.create(containerd, { options: { typeUrl: "containerd.runc.v1.Options", value } });
  const kill = () => tasks.call("Kill", { id, signal: 9, all: true });
  await expectStatus(StatusCode.UNKNOWN, kill());
  await tasks.call("Kill", { id, signal: 9 });
  await tasks.call("Wait", { id });
  assertStringIncludes(
    await expectStatus(StatusCode.NOT_FOUND, kill()),
    "process already finished",
  );
  await tasks.call("Delete", { id });
  await shim.shutDown();
});

testBetterThanGo(
  "after the end the runtime is called only if something is left",
  async (containerd) => {
    await using runtime = await RecordingRuntime.make(`${containerd.folder}/bin/recording-runc`);
    const shim = await DirectShim.start(containerd, id);
    const { tasks } = shim;
    const options = runcOptions({ binaryName: runtime.path });
    const { processes } = cgroupFoldersOf(await shim.create(containerd, { options }));
    await tasks.call("Kill", { id, signal: 9 });
    await tasks.call("Wait", { id });
    // As containerd does before each Delete.
    const kill = () => tasks.call("Kill", { id, signal: 9, all: true });
    await expectStatus(StatusCode.NOT_FOUND, kill());
    assertEquals(await runtime.callsOf("kill"), []);
    await using stranger = new Deno.Command("sleep", { args: ["1000"] }).spawn();
    Deno.writeTextFileSync(`${processes}/cgroup.procs`, `${stranger.pid}`);
    await kill();
    assertEquals((await runtime.callsOf("kill")).length, 1);
    await tasks.call("Delete", { id });
    await shim.shutDown();
  },
);

/** A command as a shell reads it. */
function quoted(command: string[]): string {
  return command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
}
