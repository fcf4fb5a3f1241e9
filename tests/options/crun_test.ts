/** The shim with crun for its runtime. */

import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { CgroupV1Metrics, CgroupV2Metrics } from "../../proto/metrics/mod.ts";
import { DeleteResponse } from "../../proto/mod.ts";
import { StatusError } from "../../shim/ttrpc/mod.ts";
import { type Crun, installCrun } from "../harness/containerd/crun.ts";
import { expectSuccess, type PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { ctrFlags, runcOptions } from "../harness/containerd/runtime_options.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { cgroupFoldersOf } from "../harness/machine/cgroups.ts";
import { isAlive } from "../harness/machine/processes.ts";
import { callShim, DirectShim } from "../harness/shim/direct_shim.ts";
import { jsonAny } from "../harness/shim/task_client.ts";
import { ctrAtTerminal } from "../harness/streams/pseudo_terminal.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

/** A test with crun, and the flags with which `ctr run` uses it. */
function testCrun(
  name: string,
  body: (containerd: PrivateContainerd, flags: string[], crun: Crun) => Promise<void>,
  register = test,
): void {
  register(`crun: ${name}`, async (containerd) => {
    await using crun = await installCrun(containerd);
    await using options = await ctrFlags(containerd, { binaryName: "crun-here" });
    await body(containerd, options.flags, crun);
  });
}

/** A {@linkcode testCrun} with a running container `box`. */
function testInBox(name: string, body: (containerd: PrivateContainerd) => Promise<void>): void {
  testCrun(name, async (containerd, flags) => {
    expectSuccess(await containerd.run([...flags, "--detach"], "box", "sleep", "1000"));
    await body(containerd);
    await containerd.remove("box");
  });
}

testCrun("it is crun that has the container", async (containerd, flags) => {
  expectSuccess(await containerd.run([...flags, "--detach"], "box", "sleep", "1000"));
  const state = `/run/containerd/runc/${containerd.namespace}/box`;
  // The file of crun's; runc's is state.json.
  const { pid } = JSON.parse(await Deno.readTextFile(`${state}/status`));
  assertEquals(pid, await containerd.taskPid("box"));
  await containerd.remove("box");
  await assertRejects(() => Deno.stat(state), Deno.errors.NotFound);
});

for (const code of [0, 7, 255]) {
  testCrun(`run passes output and exit code ${code} on`, async (containerd, flags) => {
    const script = `echo out; echo err >&2; exit ${code}`;
    const result = await containerd.run([...flags, "--rm"], "box", "sh", "-c", script);
    assertEquals(result, { code, stdout: "out\n", stderr: "err\n" });
  });
}

const lines = Array.from({ length: 2 ** 18 }, (_, line) => `${1000000 + line}\n`).join("");

testCrun("two MiB of init's output arrive whole", async (containerd, flags) => {
  const command = ["seq", "1000000", "1262143"];
  const { code, stdout } = await containerd.run([...flags, "--rm"], "box", ...command);
  assertEquals([code, stdout === lines], [0, true]);
});

testInBox("exec passes output and exit code on", async (containerd) => {
  const result = await containerd.exec("box", "sh", "-c", "echo out; echo err >&2; exit 7");
  assertEquals(result, { code: 7, stdout: "out\n", stderr: "err\n" });
  const output = await containerd.exec("box", "seq", "1000000", "1262143");
  assertEquals([output.code, output.stdout === lines], [0, true]);
});

testInBox("twenty execs at once", async (containerd) => {
  const codes = Array.from({ length: 20 }, (_, code) => code);
  const results = await Promise.all(
    codes.map((code) => containerd.exec("box", "sh", "-c", `echo ${code}; exit ${code}`)),
  );
  assertEquals(results, codes.map((code) => ({ code, stdout: `${code}\n`, stderr: "" })));
});

testCrun("terminals of init and of an exec", async (containerd, flags) => {
  const script = 'until [ "$(stty size)" = "24 80" ]; do sleep 0.01; done; ' +
    "tty; read line; echo got $line; exit 5";
  const converse = async (args: string[]) => {
    await using terminal = ctrAtTerminal(containerd, [...args, "sh", "-c", script]);
    await terminal.output.until(/\/dev\/pts\/\d+/);
    await terminal.type("typed\r");
    await terminal.output.until(/got typed/);
    assertEquals((await terminal.end()).code, 5);
  };
  await converse(containerd.runArguments([...flags, "--rm", "--tty"], "box"));
  expectSuccess(await containerd.run([...flags, "--detach"], "box", "sleep", "1000"));
  await converse(containerd.execArguments(["--tty"], "box"));
  await containerd.remove("box");
});

const mistakes: [name: string, command: string, reason: RegExp][] = [
  [
    "is not there",
    "/no/such/command",
    /executable file .?\/no\/such\/command.? not found.*: No such file or directory/,
  ],
  [
    "is not on the PATH",
    "nosuch",
    /executable file .?nosuch.? not found in \$PATH: No such file or directory/,
  ],
  ["is not executable", "/etc/passwd", /: (Permission denied|Operation not permitted)/],
];
for (const [name, command, reason] of mistakes) {
  testCrun(`a command that ${name} is told in crun's words`, async (containerd, flags) => {
    const run = await containerd.run([...flags, "--rm"], "box", command);
    assertEquals([run.code, run.stdout], [1, ""]);
    assertStringIncludes(run.stderr, "OCI runtime create failed: ");
    assertMatch(run.stderr, reason);

    expectSuccess(await containerd.run([...flags, "--detach"], "box", "sleep", "1000"));
    const exec = await containerd.exec("box", command);
    assertEquals([exec.code, exec.stdout], [1, ""]);
    assertStringIncludes(exec.stderr, "OCI runtime exec failed: ");
    assertMatch(exec.stderr, reason);
    await containerd.remove("box");
  });
}

testCrun("a mount that fails is told in crun's words", async (containerd, flags) => {
  const mount = ["--mount", "type=bind,src=/no/such/folder,dst=/mnt,options=rbind:ro"];
  const { code, stderr } = await containerd.run([...flags, ...mount, "--rm"], "box", "true");
  assertEquals(code, 1);
  assertStringIncludes(stderr, "OCI runtime create failed: ");
  assertMatch(stderr, /\/no\/such\/folder.*: No such file or directory/);
});

testInBox("kill of one process and of all", async (containerd) => {
  await using events = await containerd.recordEvents();
  for (const id of ["one", "two"]) await containerd.execDetached("box", id, "sleep", "1000");
  expectSuccess(await containerd.ctr("task", "kill", "--exec-id", "one", "box"));
  assertEquals((await events.untilExit("box", "one")).body.exit_status, 128 + 15);
  expectSuccess(await containerd.ctr("task", "kill", "--all", "--signal", "KILL", "box"));
  assertEquals((await events.untilExit("box", "two")).body.exit_status, 128 + 9);
  assertEquals((await events.untilExit("box")).body.exit_status, 128 + 9);
});

testInBox("kill of a stopped task says that it has finished", async (containerd) => {
  await using events = await containerd.recordEvents();
  expectSuccess(await containerd.ctr("task", "kill", "--signal", "KILL", "box"));
  await events.untilExit("box");
  const { code, stderr } = await containerd.ctr("task", "kill", "box");
  assertEquals(code, 1);
  assertMatch(stderr, /process already finished/);
});

testCrun("what init leaves in the host's PID namespace is killed", async (containerd, flags) => {
  await using events = await containerd.recordEvents();
  const host = ["--with-ns", "pid:/proc/self/ns/pid", "--detach"];
  const script = "sleep 1000 & wait";
  expectSuccess(await containerd.run([...flags, ...host], "box", "sh", "-c", script));
  const init = await containerd.taskPid("box");
  const pids = await eventually("two processes", () => {
    const text = Deno.readTextFileSync(`${cgroupFoldersOf(init).processes}/cgroup.procs`);
    const pids = text.trim().split("\n").map(Number);
    return pids.length === 2 ? pids : undefined;
  });
  Deno.kill(init, "SIGKILL");
  await events.untilExit("box");
  await eventually("an end of all", () => !pids.some(isAlive) || undefined);
  await containerd.remove("box");
});

testInBox("pause and resume", async (containerd) => {
  const status = async () => (await containerd.tasks()).get("box")!.status;
  expectSuccess(await containerd.ctr("task", "pause", "box"));
  assertEquals(await status(), "PAUSED");
  assertEquals((await containerd.exec("box", "true")).code, 1);
  expectSuccess(await containerd.ctr("task", "resume", "box"));
  assertEquals(await status(), "RUNNING");
  assertEquals((await containerd.exec("box", "true")).code, 0);
});

// With the Go shim a paused container of crun's outlives SIGKILL where cgroups are of version 1.
for (const kill of [["kill"], ["kill", "--all"]]) {
  testCrun(`${kill.join(" ")} -9 ends a paused container`, async (containerd, flags) => {
    await using events = await containerd.recordEvents();
    expectSuccess(await containerd.run([...flags, "--detach"], "box", "sleep", "1000"));
    expectSuccess(await containerd.ctr("task", "pause", "box"));
    expectSuccess(await containerd.ctr("task", ...kill, "--signal", "KILL", "box"));
    assertEquals((await events.untilExit("box")).body.exit_status, 128 + 9);
    await containerd.remove("box");
  }, testBetterThanGo);
}

testCrun("kill -9 while a pause is under way", async (containerd, _, crun) => {
  const [slow, paused, fifo] = ["slow", "paused", "fifo"].map((name) => `${crun.path}.${name}`);
  await new Deno.Command("mkfifo", { args: [fifo] }).output();
  const script = `#!/bin/sh
case " $* " in
  *" pause "*) ${crun.path} "$@"; touch ${paused}; read line < ${fifo};;
  *) exec ${crun.path} "$@";;
esac
`;
  await Deno.writeTextFile(slow, script, { mode: 0o755 });
  const options = runcOptions({ binaryName: slow });
  const shim = await DirectShim.run(containerd, "box", {}, { options });
  const { tasks } = shim;
  const pause = tasks.call("Pause", { id: "box" });
  await eventually("a frozen container", () => Deno.stat(paused).catch(() => undefined));
  const kill = tasks.call("Kill", { id: "box", signal: 9 });
  await Deno.writeTextFile(fifo, "go on\n");
  await Promise.allSettled([pause, kill]);
  assertEquals((await tasks.call("Wait", { id: "box" })).exitStatus, 128 + 9);
  await tasks.call("Delete", { id: "box" });
  await shim.shutDown();
  for (const path of [slow, paused, fifo]) await Deno.remove(path);
}, testBetterThanGo);

testCrun("Stats and Update", async (containerd, _, crun) => {
  const options = runcOptions({ binaryName: crun.path });
  const shim = await DirectShim.run(containerd, "box", {}, { options });
  const readLimits = async () => {
    const { typeUrl, value } = (await shim.tasks.call("Stats", { id: "box" })).stats!;
    if (typeUrl === "io.containerd.cgroups.v1.Metrics") {
      const { pids, memory } = CgroupV1Metrics.decode(value);
      return [pids!.current, pids!.limit, memory!.usage!.limit];
    }
    const { pids, memory } = CgroupV2Metrics.decode(value);
    return [pids!.current, pids!.limit, memory!.usageLimit];
  };
  const resources = { memory: { limit: 64 << 20 }, pids: { limit: 30 } };
  await shim.tasks.call("Update", { id: "box", resources: jsonAny("LinuxResources", resources) });
  assertEquals(await readLimits(), [1, 30, 64 << 20]);
  const { processes } = await shim.tasks.call("Pids", { id: "box" });
  const { pid } = await shim.tasks.call("State", { id: "box" });
  assertEquals(processes, [{ pid, info: null }]);

  const wrong = { cpu: { quota: 100 } };
  const update = { id: "box", resources: jsonAny("LinuxResources", wrong) };
  const error = await assertRejects(() => shim.tasks.call("Update", update), StatusError);
  assertMatch(error.message, /cpu/);
  await shim.end();
});

testCrun("a container that is not started can be deleted", async (containerd, _, crun) => {
  const shim = await DirectShim.start(containerd, "box");
  const options = runcOptions({ binaryName: crun.path });
  const pid = await shim.create(containerd, { options });
  await shim.tasks.call("Kill", { id: "box", signal: 9 });
  assertEquals((await shim.tasks.call("Delete", { id: "box" })).pid, pid);
  await shim.shutDown();
});

for (const paused of [false, true]) {
  const state = paused ? "paused" : "running";
  testCrun(
    `delete after a kill -9 of the shim of a ${state} container`,
    async (containerd, _, crun) => {
      const options = runcOptions({ binaryName: crun.path });
      const shim = await DirectShim.run(containerd, "box", {}, { options });
      const init = (await shim.tasks.call("State", { id: "box" })).pid;
      if (paused) await shim.tasks.call("Pause", { id: "box" });
      Deno.kill(shim.pid, "SIGKILL");
      await shim.tasks.client.closed;

      const { code, stdout } = await shim.bundle.delete(containerd);
      assertEquals([code, DeleteResponse.decode(stdout).pid], [0, init]);
      await eventually("an end of init", () => !isAlive(init) || undefined);
      await shim.bundle.remove();
      await Deno.remove(shim.address.slice("unix://".length)).catch(() => {}); // Go's
    },
  );
}

testCrun("the end of a killed shim's container is told", async (containerd, flags) => {
  await using events = await containerd.recordEvents();
  expectSuccess(await containerd.run([...flags, "--detach"], "box", "sleep", "1000"));
  const [init, shim] = [await containerd.taskPid("box"), await containerd.shimPid("box")];
  Deno.kill(shim, "SIGKILL");
  assertEquals((await events.untilExit("box")).body.pid, init);
  await eventually("an end of init", () => !isAlive(init) || undefined);
  expectSuccess(await containerd.ctr("containers", "rm", "box"));
}, testBetterThanGo); // Go's leaves its socket

testBetterThanGo(
  "crun: -info works though crun may not know what it can do",
  async (containerd) => {
    const options = runcOptions({ binaryName: "crun" });
    const { code, stderr } = await callShim(containerd, "/", ["-info"], {}, options);
    assertEquals([code, stderr], [0, ""]);
  },
);
