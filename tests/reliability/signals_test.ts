/** Signals that somebody sends to a shim, and what else might open a way into it. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { findProcess, isAlive, networkSockets } from "../harness/machine/processes.ts";
import {
  Bundle,
  callShim,
  DirectShim,
  serverPid,
  shimArguments,
  shutDown,
} from "../harness/shim/direct_shim.ts";
import { TaskClient } from "../harness/shim/task_client.ts";
import { testBetterThanGo as test } from "../harness/suite/black_box.ts";
import { readExactly } from "../harness/unit/descriptors.ts";

/** All but SIGKILL, SIGSTOP and those two that are glibc's own; the last three are real-time signals. */
const SIGNALS = [
  ...Array.from({ length: 31 }, (_, index) => index + 1).filter((each) =>
    each !== 9 && each !== 19
  ),
  ...[34, 50, 64],
];
const [SIGUSR1, SIGTERM] = [10, 15];

function kill(pid: number, signal: number): void {
  const { success, stderr } = new Deno.Command("kill", { args: [`-${signal}`, `${pid}`] })
    .outputSync();
  assert(success, new TextDecoder().decode(stderr));
}

/** The server that a `start` spawns, as soon as it does, so nothing else is done meanwhile. */
function catchServer(start: number): number {
  const end = performance.now() + 30_000;
  while (performance.now() < end) {
    for (const pid of Deno.readTextFileSync(`/proc/${start}/task/${start}/children`).split(" ")) {
      if (pid !== "" && findProcess(Number(pid))?.command.at(-1) === "serve") return Number(pid);
    }
  }
  throw new Error("expected a server within 30 s");
}

test("no signal ends the shim, or its container, but those that can't be caught", async (containerd) => {
  const shim = await DirectShim.run(containerd, "box");
  for (const signal of SIGNALS) {
    kill(shim.pid, signal);
    const { status } = await shim.tasks.call("State", { id: "box" });
    assertEquals([signal, status, isAlive(shim.pid)], [signal, 2, true]);
  }
  await shim.exec("visitor", ["true"]);
  assertEquals((await shim.tasks.call("Wait", { id: "box", execId: "visitor" })).exitStatus, 0);
  // SIGTERM asks for an end as soon as nobody needs the shim any more, which is after this.
  const log = await shim.end();
  for (
    const signal of SIGNALS.filter((each) => ![SIGUSR1, 13, SIGTERM, 17, 18, 23, 28].includes(each))
  ) {
    assertMatch(log, new RegExp(`level=warning msg="ignored a signal" .*signal=${signal} `));
  }
});

test("a signal in a server's first moments does not end it either", async (containerd) => {
  // SIGTERM ends one that nobody has connected to yet.
  for (const signal of [1, 2, 3, SIGUSR1, 12, 14]) {
    const bundle = await Bundle.make(containerd, "box");
    // It can't give its answer, and so does not end, before there is room for it.
    const output = `${bundle.path}/output`;
    await new Deno.Command("mkfifo", { args: [output] }).output();
    using fifo = await Deno.open(output, { read: true, write: true });
    await fifo.write(new Uint8Array(65536));
    const { binary } = containerd.runtime;
    const args = shimArguments(containerd, "box", "start");
    const caller = new Deno.Command("sh", {
      args: ["-c", `exec "$0" "$@" > ${output}`, binary, ...args],
      cwd: bundle.path,
      env: { TTRPC_ADDRESS: "" },
      stdin: "null",
    }).spawn();
    // As soon as there is one, and again while it boots.
    const server = catchServer(caller.pid);
    const until = performance.now() + 60;
    while (performance.now() < until) kill(server, signal);
    await readExactly(fifo, 65536);
    const { code } = await caller.status;
    const answer = new Uint8Array(1024);
    const address = new TextDecoder().decode(answer.subarray(0, (await fifo.read(answer))!));
    assertEquals([signal, code, serverPid(address)], [signal, 0, server]);
    await shutDown(await TaskClient.connect(address), "box");
    await eventually("an end of the shim", () => !isAlive(server) || undefined);
    await bundle.remove();
  }
});

test("SIGUSR1 opens nothing, and has the shim tell its state in its log", async (containerd) => {
  const shim = await DirectShim.run(containerd, "box");
  await shim.exec("visitor", ["sleep", "1000"]);
  const waiting = shim.tasks.call("Wait", { id: "box" });
  await shim.tasks.call("State", { id: "box" });
  kill(shim.pid, SIGUSR1);
  kill(shim.pid, SIGUSR1);
  await shim.tasks.call("State", { id: "box" });
  assertEquals(networkSockets(shim.pid), []);
  const { pid } = await shim.tasks.call("State", { id: "box" });
  const log = await shim.end();
  await waiting;
  assertMatch(
    log,
    /level=info msg="state of the shim" .*rss=\d+ .*descriptors=\d+ queuedEvents=\d+/,
  );
  assertMatch(
    log,
    new RegExp(`msg="state of a process" .*container=box status=running processPid=${pid} `),
  );
  assertMatch(
    log,
    /msg="state of a process" .*container=box exec=visitor status=running processPid=\d+ /,
  );
  assertMatch(log, /msg="state of a call under way" .*method=containerd.task.v2.Task\/Wait since=/);
});

test("nothing in containerd's environment opens a way into the shim", async (containerd) => {
  for (const env of await hostileEnvironments(containerd)) {
    const bundle = await Bundle.make(containerd, "box");
    const args = shimArguments(containerd, "box", "start");
    const { code, stdout, stderr } = await callShim(containerd, bundle.path, args, env);
    assertEquals([code, stderr], [0, ""], JSON.stringify(env));
    const address = new TextDecoder().decode(stdout);
    const tasks = await TaskClient.connect(address);
    assertEquals(networkSockets(serverPid(address)), []);
    await shutDown(tasks, "box");
    await bundle.remove();
    const deleted = await callShim(
      containerd,
      containerd.folder,
      shimArguments(containerd, "box", "-v"),
      env,
    );
    assertEquals(deleted.stderr, "");
  }
  assertEquals([...Deno.readDirSync(`${containerd.folder}/hostile`)], []);
  await Deno.remove(`${containerd.folder}/hostile`);
});

/** Environments by which a Deno of its own accord listens, writes files or says more than it should. */
async function hostileEnvironments(
  { folder }: PrivateContainerd,
): Promise<Record<string, string>[]> {
  const hostile = `${folder}/hostile`;
  await Deno.mkdir(hostile);
  return [
    { NODE_OPTIONS: "--inspect=127.0.0.1:0" },
    { DENO_V8_FLAGS: `--prof,--logfile=${hostile}/v8.log` },
    { DENO_UNSTABLE_CONTROL_SOCK: `unix:${hostile}/control` },
    { DENO_COVERAGE_DIR: `${hostile}/coverage` },
    { DENO_AUDIT_PERMISSIONS: `${hostile}/audit` },
    { DENO_PERMISSION_BROKER_PATH: `${hostile}/broker` },
    { DENO_LOG: "debug", DENO_STARTUP_PHASES: "1", DENO_TOKIO_METRICS: "1", DENO_CONNECTED: "1" },
    { OTEL_DENO: "1" },
    { OTEL_DENO: "true", OTEL_EXPORTER_OTLP_PROTOCOL: "foo" },
    { NODE_CHANNEL_FD: "0", DENO_SERVE_ADDRESS: "tcp:127.0.0.1:0", DENO_AUTO_SERVE: "1" },
  ];
}
