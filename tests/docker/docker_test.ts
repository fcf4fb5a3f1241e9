/** docker with the runtime under test. Ignored where there is no dockerd; `deno task test:docker` fetches some. */

import { assertEquals, assertGreater, assertMatch, assertStringIncludes } from "@std/assert";
import { basename } from "@std/path";
import { pidsIn } from "../../runc/cgroup/processes.ts";
import { outputOf, runtimeUnderTest } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { cgroupFoldersOf } from "../harness/machine/cgroups.ts";
import { exists } from "../harness/machine/files.ts";
import { findProcess, isAlive } from "../harness/machine/processes.ts";
import { findRootlesskit, RootlessUser } from "../harness/machine/rootless_user.ts";
import { testsWith } from "../harness/suite/shared_daemon.ts";
import { untilHeard, untilSized } from "../harness/suite/terminal_scripts.ts";
import { dockerImage, dockerVersion, type Inspection, PrivateDocker } from "./private_docker.ts";

/** The end of a script with traps: it says that they are set, and waits. */
const READY_AND_WAIT = "sleep 1000 & echo ready; while true; do wait; done";

/** 0 where there is no docker. */
const version = dockerVersion() ?? 0;
const register = testsWith(() => PrivateDocker.start());

type Body = (docker: PrivateDocker) => Promise<void>;

function test(name: string, body: Body, ignore = false): void {
  if (version > 0) register(`docker: ${name}`, body, ignore);
}

const usualPath = Deno.env.get("PATH")!;
const noRootlesskit = version > 0 ? await findRootlesskit() : undefined;
if (noRootlesskit !== undefined) console.warn(`rootless docker can't be tested: ${noRootlesskit}`);
Deno.test.afterAll(() => Deno.env.set("PATH", usualPath));

const registerRootless = testsWith(async () =>
  PrivateDocker.start(await RootlessUser.make(runtimeUnderTest().binary))
);

/**
 * A {@linkcode test} that is also one of docker rootless: of what may differ there, as far as it works without cgroups.
 * @param better Whether our shim does it better there than the Go shim, which can't tell a container's processes without a cgroup.
 */
function testRootlessToo(name: string, body: Body, better = false): void {
  test(name, body);
  const isGo = runtimeUnderTest().name === "io.containerd.runc.v2";
  const ignore = noRootlesskit !== undefined || better && isGo;
  if (version > 0) registerRootless(`docker rootless: ${name}`, body, ignore);
}

if (version === 0) {
  const name = "docker (there is no dockerd on the PATH: `deno task test:docker` fetches some)";
  Deno.test.ignore(name, () => {});
}

testRootlessToo("run carries both outputs and the exit code", async (docker) => {
  const result = await docker.run(["--rm"], "sh", "-c", "echo out; echo err >&2; exit 3");
  assertEquals(result, { code: 3, stdout: "out\n", stderr: "err\n" });
});

testRootlessToo(
  "a container's parent is the shim under test, whose parent is process 1",
  async (docker) => {
    await docker.runDetached(["--name", "box"], "sleep", "1000");
    const { State } = await expectShim(docker, "box", docker.runtime);
    assertEquals([State.Status, State.ExitCode], ["running", 0]);
    assertEquals(findProcess(State.Pid)?.command, ["sleep", "1000"]);
    await docker.remove("box");
  },
);

testRootlessToo("a user who is not root can open the outputs again", async (docker) => {
  const script = "id -u; echo out >/dev/stdout; echo err >/dev/stderr";
  const result = await docker.run(["--rm", "--user", "1000"], "sh", "-c", script);
  assertEquals(result, { code: 0, stdout: "1000\nout\n", stderr: "err\n" });
});

test("run --interactive passes piped input on, and its end", async (docker) => {
  const lines = Array.from({ length: 2 ** 17 }, (_, index) => `${1000000 + index}\n`).join("");
  const args = docker.runArguments(["--rm", "--interactive"], "cat");
  const { code, stdout, stderr } = await docker.dockerWithInput(lines, ...args);
  assertEquals({ code, stderr, same: stdout === lines }, { code: 0, stderr: "", same: true });
});

testRootlessToo("run --interactive --tty at a terminal", async (docker) => {
  const script = `${untilSized}; tty; trap 'stty size' WINCH; ` +
    "until read line; do :; done; echo got $line; exit 7";
  const args = docker.runArguments(["--rm", "-it"], "sh", "-c", script);
  await using terminal = docker.atTerminal(args);
  await terminal.output.until(/^\/dev\/pts\/0\r$/m);
  terminal.resize(132, 43);
  await untilHeard(terminal, /43 132/);
  await terminal.type("hello\r");
  const { code, output } = await terminal.end();
  assertEquals(code, 7);
  assertStringIncludes(output, "got hello\r\n");
});

test("control and C at a terminal interrupt the command, not the shell", async (docker) => {
  await using terminal = docker.atTerminal(docker.runArguments(["--rm", "-it"], "sh"));
  await terminal.type("sh -c 'echo rea''dy; exec sleep 1000'\r");
  await terminal.output.until(/^ready\r$/m);
  await terminal.type("\x03");
  await terminal.output.until(/# /);
  await terminal.type("exit $(($? + 1))\r");
  assertEquals((await terminal.end()).code, 131);
});

test("a terminal can be left, and taken up again", async (docker) => {
  const script = "while read line; do echo got $line; done";
  await docker.runDetached(["--name", "box", "-it"], "sh", "-c", script);
  for (const word of ["one", "two"]) {
    await using terminal = docker.atTerminal(["attach", "box"]);
    await terminal.type(`${word}\r`);
    await terminal.output.until(new RegExp(`got ${word}\r`));
    await terminal.type("\x10\x11"); // docker's keys to leave
    await terminal.end();
    assertEquals((await docker.inspect("box")).State.Running, true);
  }
  await docker.remove("box");
});

test("attach passes input, both outputs and the exit code on", async (docker) => {
  const script = "read line; echo got $line; echo err >&2; exit 5";
  await docker.runDetached(["--name", "box", "--interactive"], "sh", "-c", script);
  // Its input stays open: at an end of it docker would leave the container.
  const attach = docker.spawn(["attach", "box"]);
  const input = attach.stdin.getWriter();
  await input.write(new TextEncoder().encode("hello\n"));
  assertEquals(await outputOf(attach), { code: 5, stdout: "got hello\n", stderr: "err\n" });
  await input.close();
  await docker.remove("box");
});

testRootlessToo("logs has all that was written", async (docker) => {
  await docker.runDetached(["--name", "box"], "sh", "-c", "seq 1 20000; echo err >&2; exit 2");
  assertEquals(await docker.expect("wait", "box"), "2");
  const { code, stdout, stderr } = await docker.docker("logs", "box");
  const written = Array.from({ length: 20000 }, (_, index) => `${index + 1}\n`).join("");
  const all = stdout === written;
  assertEquals({ code, stderr, all }, { code: 0, stderr: "err\n", all: true });
  await docker.remove("box");
});

test("logs --follow ends with the container", async (docker) => {
  const script = "echo one; until test -e /go; do sleep 0.01; done; echo two";
  await docker.runDetached(["--name", "box"], "sh", "-c", script);
  const following = docker.docker("logs", "--follow", "box");
  // It may be ended with the container, once it has made the file.
  await docker.docker("exec", "box", "touch", "/go");
  assertEquals(await following, { code: 0, stdout: "one\ntwo\n", stderr: "" });
  await docker.remove("box");
});

testRootlessToo("exec carries input, both outputs and the exit code", async (docker) => {
  await docker.runDetached(["--name", "box"], "sleep", "1000");
  const args = ["exec", "--interactive", "box", "sh", "-c", "cat; echo err >&2; exit 5"];
  assertEquals(await docker.dockerWithInput("hello\n", ...args), {
    code: 5,
    stdout: "hello\n",
    stderr: "err\n",
  });
  await docker.remove("box");
});

testRootlessToo("exec --interactive --tty at a terminal", async (docker) => {
  await docker.runDetached(["--name", "box"], "sleep", "1000");
  const script = `${untilSized}; read line; echo got $line; exit 6`;
  await using terminal = docker.atTerminal(["exec", "-it", "box", "sh", "-c", script]);
  await terminal.type("hello\r");
  const { code, output } = await terminal.end();
  assertEquals(code, 6);
  assertStringIncludes(output, "got hello\r\n");
  await docker.remove("box");
});

test("exec has the limits that run was given, none among them", async (docker) => {
  await docker.runDetached(["--name", "box", "--ulimit", "core=-1"], "sleep", "1000");
  const { stdout, stderr } = await docker.docker("exec", "box", "sh", "-c", "ulimit -c");
  assertEquals([stdout, stderr], ["unlimited\n", ""]);
  await docker.remove("box");
});

test("twelve execs at once", async (docker) => {
  await docker.runDetached(["--name", "box"], "sleep", "1000");
  const codes = [...Array(12).keys()];
  const results = await Promise.all(
    codes.map((code) => docker.docker("exec", "box", "sh", "-c", `echo ${code}; exit ${code}`)),
  );
  assertEquals(results, codes.map((code) => ({ code, stdout: `${code}\n`, stderr: "" })));
  await docker.remove("box");
});

test("six containers at once", async (docker) => {
  const codes = [...Array(6).keys()];
  const results = await Promise.all(
    codes.map((code) => docker.run(["--rm"], "sh", "-c", `echo ${code}; exit ${code}`)),
  );
  assertEquals(results, codes.map((code) => ({ code, stdout: `${code}\n`, stderr: "" })));
});

testRootlessToo("top lists init and what was exec'd", async (docker) => {
  await docker.runDetached(["--name", "box"], "sh", "-c", "echo ready; exec sleep 1000");
  await docker.untilWritten("box", /ready/);
  await docker.expect("exec", "--detach", "box", "sleep", "2000");
  const commands = await eventually("both processes", async () => {
    const top = await docker.expect("top", "box", "-o", "pid,args");
    const commands = top.split("\n").slice(1).map((line) => line.trim().split(/\s+/));
    const areThere = commands.length === 2 && commands.every(([, program]) => program === "sleep");
    return areThere ? commands : undefined;
  });
  const { State } = await docker.inspect("box");
  const byPid = new Map(commands.map(([pid, ...command]) => [pid, command.join(" ")]));
  assertEquals(byPid.get(`${State.Pid}`), "sleep 1000");
  assertEquals([...byPid.values()].toSorted(), ["sleep 1000", "sleep 2000"]);
  await docker.remove("box");
}, true);

test("health checks run in the container", async (docker) => {
  const flags = ["--health-cmd", "test -e /healthy", "--health-interval", "1s"];
  await docker.runDetached(["--name", "box", ...flags, "--health-retries", "1"], "sleep", "1000");
  await docker.untilActions("box", /health_status: unhealthy/);
  await docker.expect("exec", "box", "touch", "/healthy");
  await docker.untilActions("box", /health_status: healthy/);
  await docker.remove("box");
});

for (
  const { signal, flags, script, code } of [
    { signal: "KILL", flags: [], script: "echo ready; exec sleep 1000", code: 137 },
    { signal: "USR1", flags: [], script: `trap 'exit 9' USR1; ${READY_AND_WAIT}`, code: 9 },
    // The kernel keeps a SIGTERM that is not handled from process 1 of a PID namespace.
    { signal: "TERM", flags: ["--init"], script: "echo ready; exec sleep 1000", code: 143 },
  ]
) {
  testRootlessToo(`kill --signal ${signal} ends a container with ${code}`, async (docker) => {
    const run = docker.spawn(docker.runArguments(["--name", "box", ...flags], "sh", "-c", script));
    const output = run.stdout.pipeThrough(new TextDecoderStream()).getReader();
    assertEquals((await output.read()).value, "ready\n");
    const waiting = docker.expect("wait", "box");
    await docker.expect("kill", "--signal", signal, "box");
    assertEquals([(await run.status).code, await waiting], [code, `${code}`]);
    await Promise.all([run.stdin.close(), output.cancel(), run.stderr.cancel()]);

    const { State } = await docker.inspect("box");
    assertEquals([State.Status, State.ExitCode, State.OOMKilled], ["exited", code, false]);
    await docker.remove("box");
  });
}

testRootlessToo("stop lets a container end by itself", async (docker) => {
  await docker.runDetached(["--name", "box"], "sh", "-c", `trap 'exit 4' TERM; ${READY_AND_WAIT}`);
  await docker.untilWritten("box", /ready/);
  await docker.expect("stop", "box");
  const { State } = await docker.inspect("box");
  assertEquals([State.Status, State.ExitCode], ["exited", 4]);
  await docker.remove("box");
});

test("stop kills a container that ignores SIGTERM after the time-out", async (docker) => {
  await docker.runDetached(["--name", "box"], "sh", "-c", `trap '' TERM; ${READY_AND_WAIT}`);
  await docker.untilWritten("box", /ready/);
  await docker.expect("stop", "-t", "1", "box");
  const { State } = await docker.inspect("box");
  assertEquals([State.Status, State.ExitCode], ["exited", 137]);
  await docker.remove("box");
});

testRootlessToo("start and restart make new tasks of a container", async (docker) => {
  await docker.runDetached(["--name", "box"], "sh", "-c", "echo run; exec sleep 1000");
  await docker.untilWritten("box", /^(run\n){1}$/);
  const pids = [(await docker.inspect("box")).State.Pid];
  await docker.expect("restart", "-t", "0", "box");
  await docker.untilWritten("box", /^(run\n){2}$/);
  pids.push((await docker.inspect("box")).State.Pid);
  await docker.expect("kill", "box");
  await docker.expect("start", "box");
  await docker.untilWritten("box", /^(run\n){3}$/);
  pids.push((await docker.inspect("box")).State.Pid);
  assertEquals(pids.map(isAlive), [false, false, true]);
  await docker.remove("box");
});

test("a container that fails is restarted as often as its policy says", async (docker) => {
  await docker.runDetached(["--name", "box", "--restart", "on-failure:2"], "sh", "-c", "exit 3");
  await docker.untilActions("box", /(die[^]*){3}/);
  const { State, RestartCount } = await docker.inspect("box");
  assertEquals([State.Status, State.ExitCode, RestartCount], ["exited", 3, 2]);
  await docker.remove("box");
});

test("a container that is always restarted comes back, until it is stopped", async (docker) => {
  const flags = ["--name", "box", "--restart", "always"];
  await docker.runDetached(flags, "sh", "-c", "echo run; exec sleep 1000");
  const { State: first } = await docker.inspect("box");
  Deno.kill(first.Pid, "SIGKILL");
  await docker.untilActions("box", /die[^]*start/);
  const { State: second } = await docker.inspect("box");
  assertEquals([second.Status, isAlive(second.Pid)], ["running", true]);
  await docker.untilWritten("box", /run\nrun\n/);

  await docker.expect("stop", "-t", "0", "box");
  const { State, RestartCount } = await docker.inspect("box");
  assertEquals([State.Status, State.ExitCode, RestartCount], ["exited", 137, 1]);
  await docker.remove("box");
});

test("a paused container is frozen, until it is unpaused", async (docker) => {
  await docker.runDetached(["--name", "box"], "sleep", "1000");
  const { Pid } = (await docker.inspect("box")).State;
  const status = async () => [(await docker.inspect("box")).State.Status, isFrozen(Pid)];

  await docker.expect("pause", "box");
  assertEquals(await status(), ["paused", true]);
  assertStringIncludes((await docker.docker("exec", "box", "true")).stderr, "is paused");
  await docker.expect("unpause", "box");
  assertEquals(await status(), ["running", false]);
  await docker.expect("exec", "box", "true");

  await docker.expect("pause", "box");
  await docker.remove("box");
});

test("stats shows processes, memory, its limit, and the processor", async (docker) => {
  const script = "sleep 1000 & while true; do true; done";
  await docker.runDetached(["--name", "box", "--memory", "32m"], "sh", "-c", script);
  const format = "{{json .}}";
  const stats = JSON.parse(await docker.expect("stats", "--no-stream", "--format", format, "box"));
  assertEquals(stats.PIDs, "2");
  assertMatch(stats.MemUsage, /^[\d.]+[KM]iB \/ 32MiB$/);
  assertGreater(Number.parseFloat(stats.CPUPerc), 1);
  await docker.remove("box");
});

test("update changes the limits of a running container", async (docker) => {
  await docker.runDetached(["--name", "box"], "sleep", "1000");
  const limits = ["--memory", "64m", "--memory-swap", "64m", "--cpus", "0.5"];
  await docker.expect("update", ...limits, "box");
  assertEquals(readLimits((await docker.inspect("box")).State.Pid), {
    memory: 64 << 20,
    microsecondsOfProcessor: 50000,
  });
  await docker.remove("box");
});

test("a container that runs out of memory is OOMKilled", async (docker) => {
  // Not at once: the Go shim of containerd 1.7 overlooks that.
  const script = "until test -e /go; do sleep 0.01; done; exec tail /dev/zero";
  const flags = ["--name", "box", "--memory", "16m", "--memory-swap", "16m"];
  await docker.runDetached(flags, "sh", "-c", script);
  await docker.expect("exec", "box", "touch", "/go");
  assertEquals(await docker.expect("wait", "box"), "137");
  const { State } = await docker.inspect("box");
  assertEquals([State.Status, State.ExitCode, State.OOMKilled], ["exited", 137, true]);
  await docker.remove("box");
});

testRootlessToo("--init puts an init before the command", async (docker) => {
  const script = "cat /proc/1/cmdline | tr '\\0' ' '; exit 3";
  const { code, stdout } = await docker.run(["--rm", "--init"], "sh", "-c", script);
  assertEquals([code, stdout.split(" ").slice(0, 3)], [3, ["/sbin/docker-init", "--", "sh"]]);
});

test("--read-only makes the root file system read-only", async (docker) => {
  const { code, stderr } = await docker.run(["--rm", "--read-only"], "touch", "/made");
  assertEquals({ code, stderr }, { code: 1, stderr: "touch: /made: Read-only file system\n" });
});

test("all of a container with the host's PID namespace ends with its init", async (docker) => {
  const script = "echo $$; sleep 1000 & sleep 1000 & wait";
  await docker.runDetached(["--name", "box", "--pid", "host"], "sh", "-c", script);
  await docker.untilWritten("box", /\n/);
  await docker.expect("exec", "--detach", "box", "sleep", "1000");
  const { Pid } = (await docker.inspect("box")).State;
  assertEquals(await docker.expect("logs", "box"), `${Pid}`);
  const { processes } = cgroupFoldersOf(Pid);
  const pids = await eventually("four processes", () => {
    const pids = pidsIn(processes!);
    return pids.length === 4 ? pids : undefined;
  });
  await docker.expect("kill", "box");
  await eventually("an end of all", () => !pids.some(isAlive) || undefined);
  await docker.remove("box");
});

testRootlessToo("rm --force ends a running container, and what is exec'd in it", async (docker) => {
  await docker.runDetached(["--name", "box"], "sleep", "1000");
  const exec = docker.spawn(["exec", "box", "sh", "-c", "echo ready; exec sleep 1000"]);
  const output = exec.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assertEquals((await output.read()).value, "ready\n");
  await docker.remove("box");
  assertEquals((await exec.status).code, 137);
  await Promise.all([exec.stdin.close(), output.cancel(), exec.stderr.cancel()]);
});

for (
  const { what, flags = [], command, code, error } of [
    { what: "a limit that docker refuses", flags: ["--memory", "1"], command: "true", code: 125 },
    {
      what: "a setting that the runtime refuses",
      flags: ["--sysctl", "kernel.shmmax=none"],
      command: "true",
      code: 125,
      error: "OCI runtime create failed",
    },
    { what: "a file that is not executable", command: "/etc/passwd", code: 126 },
    { what: "a folder", command: "/etc", code: 126 },
    { what: "a program that is not there", command: "nothing", code: 127 },
  ]
) {
  test(`run ends with ${code} for ${what}`, async (docker) => {
    const result = await docker.run(["--name", "box", ...flags], command);
    assertEquals([result.code, result.stdout], [code, ""]);
    assertStringIncludes(result.stderr, error ?? "");
    await docker.docker("rm", "box");
  });
}

for (const [command, code] of [["/etc/passwd", 126], ["/etc", 126], ["nothing", 127]] as const) {
  test(`exec of ${command} ends with ${code}`, async (docker) => {
    await docker.runDetached(["--name", "box"], "sleep", "1000");
    const result = await docker.docker("exec", "box", command);
    // docker before 28 has one exit code for all.
    assertEquals(result.code, version < 28 ? 126 : code);
    assertStringIncludes(result.stdout + result.stderr, "OCI runtime exec failed");
    await docker.remove("box");
  });
}

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  testRootlessToo(`containers survive a restart of dockerd by ${signal}`, async (docker) => {
    const traps = "trap 'exit 4' TERM; trap 'echo away; touch /written' USR1";
    await docker.runDetached(["--name", "box"], "sh", "-c", `${traps}; ${READY_AND_WAIT}`);
    await docker.runDetached(["--name", "victim"], "sleep", "1000");
    await docker.untilWritten("box", /ready/);
    const { Pid } = (await docker.inspect("box")).State;
    const victim = (await docker.inspect("victim")).State.Pid;

    await docker.stop(signal);
    Deno.kill(Pid, "SIGUSR1");
    await eventually("a line for the log", () => exists(`/proc/${Pid}/root/written`) || undefined);
    Deno.kill(victim, "SIGKILL");
    await docker.boot();

    const { State } = await docker.inspect("box");
    assertEquals([State.Status, State.Pid], ["running", Pid]);
    await docker.untilWritten("box", /ready\naway\n/);
    const exec = await docker.docker("exec", "box", "sh", "-c", "echo here; exit 5");
    assertEquals(exec, { code: 5, stdout: "here\n", stderr: "" });
    await docker.expect("stop", "box");
    assertEquals((await docker.inspect("box")).State.ExitCode, 4);

    const { State: late } = await docker.inspect("victim");
    assertEquals([late.Status, late.ExitCode], ["exited", 137]);
    await docker.remove("box", "victim");
  });
}

testRootlessToo("containers survive a restart of containerd below dockerd", async (docker) => {
  await docker.runDetached(["--name", "box"], "sh", "-c", `trap 'exit 4' TERM; ${READY_AND_WAIT}`);
  await docker.untilWritten("box", /ready/);
  await docker.restartContainerd();
  assertEquals((await docker.docker("exec", "box", "sh", "-c", "exit 5")).code, 5);
  await docker.expect("stop", "box");
  assertEquals((await docker.inspect("box")).State.ExitCode, 4);
  await docker.remove("box");
}, true);

test("the shim can be the default runtime", async (docker) => {
  await docker.restart({ "default-runtime": docker.runtime });
  const flags = ["--network", "none", "--name", "box"];
  await docker.expect("run", "--detach", ...flags, dockerImage, "sleep", "1000");
  await expectShim(docker, "box", docker.runtime);
  await docker.remove("box");
  await docker.restart();
});

test(
  "runtimes of daemon.json: the shim by its name, its path, and with options",
  async (docker) => {
    const { name, binary } = docker.containerd.runtime;
    const root = `${docker.containerd.folder}/roots`;
    const file = `${docker.containerd.folder}/options.toml`;
    await Deno.writeTextFile(file, `Root = "${root}"\n`);
    // docker itself knows the options of runc's shim only.
    const options = name === "io.containerd.runc.v2" ? { Root: root } : { ConfigPath: file };
    await docker.restart({
      runtimes: {
        byName: { runtimeType: name },
        byPath: { runtimeType: binary },
        withOptions: { runtimeType: name, options },
      },
    });
    for (const runtime of ["byName", "byPath", "withOptions"]) {
      await docker.expect(
        ...["run", "--detach", "--network", "none", "--name", "box", "--runtime", runtime],
        ...[dockerImage, "sleep", "1000"],
      );
      const { Id } = await expectShim(docker, "box", runtime);
      const state = await Deno.stat(`${root}/${docker.containerd.namespace}/${Id}`).catch(() => {});
      assertEquals(state !== undefined, runtime === "withOptions");
      await docker.remove("box");
    }
    await Deno.remove(root, { recursive: true });
    await Deno.remove(file);
    await docker.restart();
  },
  version < 24,
);

test("images and root file systems can be containerd's", async (docker) => {
  const data = `${docker.containerd.folder}/data`;
  await docker.restart({ "data-root": data, features: { "containerd-snapshotter": true } });
  await docker.importImage();
  await docker.runDetached(["--name", "box"], "sleep", "1000");
  await docker.expect("exec", "box", "touch", "/made");
  await docker.expect("restart", "-t", "0", "box");
  assertEquals(await docker.expect("diff", "box"), "A /made");
  await docker.remove("box");
  await docker.expect("image", "rm", dockerImage);
  await docker.stop();
  await Deno.remove(data, { recursive: true });
  await docker.boot();
}, version < 24);

test("where docker leaves cgroups to systemd, so does the shim", async (docker) => {
  const slice = `${docker.containerd.namespace}.slice`;
  await docker.restart({ "exec-opts": ["native.cgroupdriver=systemd"], "cgroup-parent": slice });
  const { code, stderr } = await docker.run(["--rm"], "true");
  assertEquals(code, 125);
  assertStringIncludes(stderr, "systemd not running on this host");
  await docker.restart();
}, exists("/run/systemd/system")); // see sd_booted(3)

/** Expects a running container to have a runtime and to be a child of the shim under test. */
async function expectShim(
  docker: PrivateDocker,
  name: string,
  runtime: string,
): Promise<Inspection> {
  const inspection = await docker.inspect(name);
  assertEquals(inspection.HostConfig.Runtime, runtime);
  const shim = findProcess(findProcess(inspection.State.Pid)!.parent)!;
  assertStringIncludes(shim.command.join(" "), basename(docker.containerd.runtime.binary));
  assertEquals(shim.parent, 1);
  return inspection;
}

/** Whether a process is in a cgroup that is frozen. */
function isFrozen(pid: number): boolean {
  const cgroup = cgroupFoldersOf(pid);
  return cgroup.unified === undefined
    ? Deno.readTextFileSync(`${cgroup.controller("freezer")}/freezer.state`) === "FROZEN\n"
    : Deno.readTextFileSync(`${cgroup.unified}/cgroup.events`).includes("frozen 1");
}

/** The limits of the cgroup of a process: of memory in bytes, of the processor in microseconds of each period. */
function readLimits(pid: number): { memory: number; microsecondsOfProcessor: number } {
  const cgroup = cgroupFoldersOf(pid);
  const [memory, processor] = cgroup.unified === undefined
    ? [
      `${cgroup.controller("memory")}/memory.limit_in_bytes`,
      `${cgroup.controller("cpu")}/cpu.cfs_quota_us`,
    ]
    : [`${cgroup.unified}/memory.max`, `${cgroup.unified}/cpu.max`];
  return {
    memory: Number.parseInt(Deno.readTextFileSync(memory)),
    microsecondsOfProcessor: Number.parseInt(Deno.readTextFileSync(processor)),
  };
}
