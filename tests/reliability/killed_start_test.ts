/** `start` is killed, or given up by who called it: no server stays that nobody knows of, and the same id can be used at once. */

import { assertEquals, assertNotEquals } from "@std/assert";
import { lockPath, socketPath } from "../../shim/bootstrap/address.ts";
import { lockFile } from "../../shim/bootstrap/lock_file.ts";
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import type { PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { killIfRunning } from "../harness/machine/kill_child.ts";
import { isAlive, type Process, processesOfThisRun } from "../harness/machine/processes.ts";
import { spawnStart } from "../harness/shim/bootstrap_caller.ts";
import {
  Bundle,
  DirectShim,
  serverPid,
  shimArguments,
  shutDown,
  startShim,
} from "../harness/shim/direct_shim.ts";
import { TaskClient } from "../harness/shim/task_client.ts";
import { environment } from "./sharing.ts";
import { testBetterThanGo } from "../harness/suite/black_box.ts";

const id = "box";
const SOCKETS = "/run/containerd/s";
const ROUNDS = 60;
const LONGEST_LIFE_MS = 250;

/** Numbers from 0 to 1, the same in each run (mulberry32). */
function* randomNumbers(seed: number): Generator<number, never> {
  for (;;) {
    seed = (seed + 0x6d2b79f5) | 0;
    let value = Math.imul(seed ^ (seed >>> 15), seed | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    yield ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  }
}

/** The servers of this run. */
function servers(): Process[] {
  return processesOfThisRun().filter(({ command, state }) =>
    state !== "Z" && command.at(-1) === "serve"
  );
}

/** What is in the folder of the sockets. */
function filesOfServers(): string[] {
  return [...Deno.readDirSync(SOCKETS)].map(({ name }) => name);
}

/** Runs `start`, as containerd does, which kills it when its client has gone. It begins when its standard input is closed. */
function prepareStart(containerd: PrivateContainerd, bundle: Bundle): Deno.ChildProcess {
  return spawnStart(containerd, bundle, { MAX_SHIM_VERSION: "" });
}

/** Runs a `start` whose answer nobody can read any more, and expects it to fail. */
async function expectUnheard(containerd: PrivateContainerd, bundle: Bundle): Promise<void> {
  const child = prepareStart(containerd, bundle);
  await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
  await child.stdin.close();
  assertEquals((await child.status).code, 1);
}

/** An address where there is a server to be used: what it has answered, or why not. */
async function tryServer(address: string): Promise<void> {
  const tasks = await TaskClient.connect(address);
  await expectStatus(StatusCode.NOT_FOUND, tasks.call("State", { id }));
  await shutDown(tasks, id);
}

testBetterThanGo("start is killed at any moment, and begun again", async (containerd) => {
  const bundle = await Bundle.make(containerd, id);
  const random = randomNumbers(17);
  const faults: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // More of them early: most of what start does is done within 60 ms.
    const life = random.next().value ** 2 * LONGEST_LIFE_MS;
    const child = prepareStart(containerd, bundle);
    child.stdin.close();
    const timer = setTimeout(() => killIfRunning(child), life);
    const { success, stdout } = await child.output();
    clearTimeout(timer);
    try {
      if (round % 3 > 0) await tryServer(await startShim(containerd, bundle));
      else if (success) await tryServer(new TextDecoder().decode(stdout));
      await eventually("an end of all servers", () => servers().length === 0 || undefined);
      if (round % 3 > 0) assertEquals(filesOfServers(), []);
    } catch (error) {
      faults.push(`killed after ${life.toFixed()} ms: ${(error as Error).message}`);
      for (const { pid } of servers()) Deno.kill(pid, "SIGKILL");
      for (const name of filesOfServers()) Deno.removeSync(`${SOCKETS}/${name}`);
    }
  }
  assertEquals(faults, []);
  assertEquals(filesOfServers(), []);
  await bundle.remove();
});

testBetterThanGo("a start waits for what becomes of another one's server", async (containerd) => {
  const bundle = await Bundle.make(containerd, id);
  // Its answer does not fit any more, so it is not given.
  const output = `${bundle.path}/output`;
  await new Deno.Command("mkfifo", { args: [output] }).output();
  using fifo = await Deno.open(output, { read: true, write: true });
  await fifo.write(new Uint8Array(65536));
  const first = new Deno.Command("sh", {
    args: [
      ...["-c", `exec "$0" "$@" > ${output}`, containerd.runtime.binary],
      ...shimArguments(containerd, id, "start"),
    ],
    cwd: bundle.path,
    env: { TTRPC_ADDRESS: `${containerd.address}.ttrpc`, SHIM_PROTOCOL: "" },
    stdin: "null",
  }).spawn();
  const server = await eventually("a server", () => servers()[0]);
  await eventually(
    "a socket",
    () => filesOfServers().some((name) => name.length === 64) || undefined,
  );
  const second = startShim(containerd, bundle);
  await eventually(
    "a start that waits",
    () =>
      processesOfThisRun().some(({ pid, command }) =>
        command.at(-1) === "start" && waitsForLock(pid)
      ) || undefined,
  );
  first.kill("SIGKILL");
  await first.status;
  const address = await second;
  assertNotEquals(serverPid(address), server.pid);
  await eventually("an end of the first server", () => !isAlive(server.pid) || undefined);
  await tryServer(address);
  await bundle.remove();
});

testBetterThanGo("of two servers for one socket, one stays", async (containerd) => {
  const bundle = await Bundle.make(containerd, id);
  const path = await socketPath(containerd.address, containerd.namespace, id);
  await Deno.mkdir(SOCKETS, { recursive: true });
  const lock = await lockFile(lockPath(path));
  const starts = [1, 2].map(() => startShim(containerd, bundle));
  await eventually(
    "two servers that wait",
    () => servers().filter(({ pid }) => waitsForLock(pid)).length === 2 || undefined,
  );
  lock[Symbol.dispose]();
  const addresses = await Promise.all(starts);
  assertEquals(addresses, [1, 2].map(() => `unix://${path}`));
  await eventually("an end of the other one", () => servers().length === 1 || undefined);
  await tryServer(addresses[0]);
  await bundle.remove();
});

/** Whether a thread of a process waits for a lock on a file. */
function waitsForLock(pid: number): boolean {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/task`)].some(({ name }) =>
      /lock/.test(Deno.readTextFileSync(`/proc/${pid}/task/${name}/wchan`).replace("__do_sys", ""))
    );
  } catch {
    return false; // It has ended.
  }
}

testBetterThanGo("a start that can't give its answer leaves no server", async (containerd) => {
  const bundle = await Bundle.make(containerd, id);
  await expectUnheard(containerd, bundle);
  await eventually("an end of the server", () => servers().length === 0 || undefined);
  assertEquals(filesOfServers(), []);
  await bundle.remove();
});

testBetterThanGo("it leaves the server that was there before", async (containerd) => {
  const options = { annotations: { "io.containerd.runc.v2.group": "pod" } };
  const shim = await DirectShim.run(containerd, "one", options);
  const bundle = await Bundle.make(containerd, "two", options);
  await expectUnheard(containerd, bundle);
  assertEquals((await shim.tasks.call("State", { id: "one" })).status, 2);
  await bundle.remove();
  await shim.end();
});

testBetterThanGo("a server that nobody uses ends by itself", async (containerd) => {
  using _alone = environment({ SHIM_SHARE: "1" });
  const [gone, given, used] = await Promise.all(
    ["gone", "given-up", "used"].map((name) => DirectShim.start(containerd, name)),
  );
  const [busy, emptied] = await Promise.all(
    ["busy", "emptied"].map((name) => DirectShim.run(containerd, name)),
  );
  await emptied.tasks.call("Kill", { id: "emptied", signal: 9 });
  await emptied.tasks.call("Wait", { id: "emptied" });
  await emptied.tasks.call("Delete", { id: "emptied" });
  await emptied.bundle.remove();
  for (const { tasks } of [gone, given, busy]) tasks.client.close();
  await gone.bundle.remove();
  await eventually("an end of the one without a bundle", () => !isAlive(gone.pid) || undefined, 15);
  assertEquals(isAlive(given.pid), true);
  await eventually("an end of the other one", () => !isAlive(given.pid) || undefined, 45);
  await given.bundle.remove();
  // containerd is its client, and would tell it to end, unless its own client has given the Delete up.
  await eventually("an end of the emptied one", () => !isAlive(emptied.pid) || undefined, 45);
  emptied.tasks.client.close();
  assertEquals(filesOfServers().length, 2);

  // These have a client and a bundle, or a container.
  await used.shutDown();
  const tasks = await TaskClient.connect(busy.address);
  assertEquals((await tasks.call("State", { id: "busy" })).status, 2);
  await tasks.call("Kill", { id: "busy", signal: 9 });
  await tasks.call("Wait", { id: "busy" });
  await tasks.call("Delete", { id: "busy" });
  await shutDown(tasks, "busy");
  await busy.bundle.remove();
});
