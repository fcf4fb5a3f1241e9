/** What is known of one container: by its shim, its runtime, its bundle and the kernel; and where these differ. */
import { join } from "@std/path/posix";
import { type StateResponse, TaskStatus } from "../proto/mod.ts";
import { type RuntimeState, runtimeState } from "./ask/runtime_state.ts";
import { fromTimestamp } from "../shim/common/timestamp.ts";
import { isAnswered } from "../shim/bootstrap/is_answered.ts";
import type { AskedContainer, AskedServer } from "./ask/servers.ts";
import { type ContainerProcess, ShimClient } from "./ask/shim_client.ts";
import { type Usage, usageOf } from "./ask/usage.ts";
import { type Holder, OpenFiles } from "./find/holders.ts";
import { mountsBelow, mountsOf } from "./find/mounts.ts";
import {
  ageOf,
  findProcess,
  linkOf,
  orUndefined,
  privateMemory,
  type Process,
} from "./find/processes.ts";

/** What the shim says of a container; without one that answers, nothing. */
interface ShimWords {
  readonly state?: StateResponse;
  readonly processes: readonly ContainerProcess[];
  readonly usage?: Usage;
}

async function askShim({ address, condition }: AskedServer, id: string): Promise<ShimWords> {
  if (condition !== "serves") return { processes: [] };
  try {
    using client = await ShimClient.connect(address!);
    const [state, processes, stats] = await Promise.allSettled([
      client.state(id),
      client.pids(id),
      client.stats(id),
    ]);
    return {
      state: state.status === "fulfilled" ? state.value : undefined,
      processes: processes.status === "fulfilled" ? processes.value : [],
      usage: stats.status === "fulfilled" ? usageOf(stats.value) : undefined,
    };
  } catch {
    // It has gone since it was asked first.
    return { processes: [] };
  }
}

/** See {@linkcode gather}. */
export type Inspected = Awaited<ReturnType<typeof gather>>;

/**
 * All that is told, as its JSON has it: docs/operating.md.
 * @param processes Of which some hold the streams.
 */
export async function gather(
  server: AskedServer,
  container: AskedContainer,
  processes: Iterable<Process>,
) {
  const open = new OpenFiles(processes);
  const { shim, containerd } = server;
  const { id, namespace } = container;
  const words = await askShim(server, id);
  const { state, usage } = words;
  const path = state?.bundle || container.bundle || shim?.bundle || "";
  const spec = orUndefined((): Spec =>
    JSON.parse(Deno.readTextFileSync(join(path, "config.json")))
  );
  const runtime = await runtimeState(path, namespace, id);
  const ownProcesses = words.processes.map(({ pid, execId }) => {
    const process = findProcess(pid);
    return {
      pid,
      execId: execId ?? null,
      state: process?.state ?? null,
      command: process?.command ?? [],
    };
  });
  const streams = (["stdin", "stdout", "stderr"] as const).flatMap((name, descriptor) => {
    const client = state?.[name] ?? "";
    const inside = container.pid === 0
      ? undefined
      : linkOf(`/proc/${container.pid}/fd/${descriptor}`);
    return [
      { name, side: "client", target: client },
      { name, side: "container", target: inside ?? "" },
    ].filter(({ target }) => target !== "").map((stream) => ({
      ...stream,
      holders: open.holdersOf(pathOf(stream.target)).map(describeHolder),
    }));
  });
  return {
    id,
    namespace,
    status: container.status,
    pid: container.pid || null,
    exitStatus: container.exitStatus ?? null,
    exitedAt: state?.exitedAt && container.exitStatus !== undefined
      ? fromTimestamp(state.exitedAt).toISOString()
      : null,
    terminal: state?.terminal ?? null,
    uptimeSeconds: uptime(container),
    shim: {
      condition: server.condition,
      pid: shim?.process.pid ?? null,
      runtime: shim?.runtime ?? null,
      socket: server.address?.path ?? null,
      privateMemoryBytes: shim ? privateMemory(shim.process.pid) ?? null : null,
    },
    containerd: containerd
      ? { address: containerd.address, lives: isAnswered(containerd.address) }
      : null,
    bundle: {
      path: path || null,
      command: spec?.process?.args ?? null,
      cgroup: spec?.linux?.cgroupsPath ?? null,
      files: orUndefined(() => Array.from(Deno.readDirSync(path), ({ name }) => name).sort()) ?? [],
    },
    processes: ownProcesses,
    execs: container.execs.map(({ id, status, pid, exitStatus }) => ({
      ...{ id, status, pid: pid || null, exitStatus: exitStatus ?? null },
    })),
    usage: usage ?? null,
    streams,
    mounts: path === "" ? [] : mountsBelow(path, mountsOf("self")),
    mountsInside: container.pid === 0 ? [] : mountsOf(container.pid),
    runtime,
    differences: findDifferences(container, words, path, runtime),
    problem: container.problem ?? null,
  };
}

/** What is read of config.json. */
interface Spec {
  readonly process?: { readonly args?: readonly string[] };
  readonly linux?: { readonly cgroupsPath?: string };
}

/** The file of a stream's URI. */
function pathOf(target: string): string {
  return target.replace(/^(?:fifo|file):\/\//, "").replace(/\?.*$/, "");
}

function describeHolder({ process, descriptor, access }: Holder) {
  return { pid: process.pid, descriptor, access, command: process.command };
}

function uptime({ pid, status }: AskedContainer): number | null {
  const process = pid === 0 || status === "stopped" ? undefined : findProcess(pid);
  return process ? ageOf(process) : null;
}

/** The states of the shim for which the runtime has another word, or none. */
const SAME: Readonly<Record<string, string>> = { pausing: "paused" };

function findDifferences(
  container: AskedContainer,
  { state, processes }: ShimWords,
  path: string,
  runtime: RuntimeState,
): string[] {
  const { id, status, pid, execs } = container;
  if (state === undefined) return [];
  const found: string[] = [];
  if (runtime.status === null) {
    found.push(`the shim says ${status}, ${runtime.binary} does not know the container`);
  } else {
    const expected = SAME[status] ?? status;
    if (expected !== runtime.status) {
      found.push(`the shim says ${status}, ${runtime.binary} says ${runtime.status}`);
    }
    // A runtime forgets the pid of what has stopped.
    if (runtime.status !== "stopped" && runtime.pid !== pid) {
      found.push(`the shim says that init is ${pid}, ${runtime.binary} says ${runtime.pid}`);
    }
    if (runtime.bundle !== null && runtime.bundle !== path) {
      found.push(`the shim's bundle is ${path}, ${runtime.binary}'s is ${runtime.bundle}`);
    }
  }
  const written = orUndefined(() => Number(Deno.readTextFileSync(join(path, "init.pid"))));
  if (written !== undefined && written !== pid) {
    found.push(`the shim says that init is ${pid}, the file init.pid says ${written}`);
  }
  if (container.bundle !== undefined && path !== container.bundle) {
    found.push(`the shim's bundle is ${path}, containerd's is ${container.bundle}`);
  }
  const inits = TaskStatus.STOPPED === state.status ? [] : [{ id, pid, status }];
  for (const each of [...inits, ...execs]) {
    if (each.status !== "running" && each.status !== "paused") continue;
    const process = findProcess(each.pid);
    if (process === undefined) {
      found.push(`the shim says that ${each.id} runs as process ${each.pid}, which is not there`);
    } else if (process.state === "Z") {
      found.push(`the shim says that ${each.id} runs, and its process ${each.pid} has ended`);
    }
  }
  const gone = processes.filter((each) => findProcess(each.pid) === undefined);
  if (gone.length > 0 && status === "running") {
    found.push(
      `the shim lists processes that are not there: ${gone.map(({ pid }) => pid).join(", ")}`,
    );
  }
  return found;
}
