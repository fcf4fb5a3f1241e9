/** Asks shims what they know of their containers: all side by side, each within a bounded time. */
import { join } from "@std/path/posix";
import { TaskStatus } from "../../proto/mod.ts";
import { isSandboxBundle } from "../../shim/bootstrap/other_bundles.ts";
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import type { Bundle } from "../find/bundles.ts";
import { findProcess, orUndefined } from "../find/processes.ts";
import type { ShimProcess } from "../find/shims.ts";
import { containerIds, type Server } from "../find/survey.ts";
import { isCode, isSilence, ShimClient } from "./shim_client.ts";

/** How a process of a container is, as its shim says; `unknown` where it says nothing, `gone` where it has no such process. */
export type Status = "created" | "running" | "stopped" | "paused" | "pausing" | "unknown" | "gone";

/** The init of a container, or an exec'd process. */
export interface AskedProcess {
  readonly id: string;
  readonly status: Status;
  /** 0 where it has none, or the shim does not say it. */
  readonly pid: number;
  /** Of a process that has stopped. */
  readonly exitStatus: number | undefined;
}

/** A container as its shim tells of it. */
export interface AskedContainer extends AskedProcess {
  readonly namespace: string;
  /** Undefined where it is gone, or nothing tells where it was. */
  readonly bundle: string | undefined;
  readonly execs: readonly AskedProcess[];
  /** Why all this may be less than there is. */
  readonly problem: string | undefined;
}

/**
 * How a shim is: it `serves`; it is a `spare`; it is `silent`: its process or its socket is there, and it does not answer in time;
 * it is `dead`: nobody listens; or it is `elsewhere`, and can't be reached from here.
 */
export type Condition = "serves" | "spare" | "silent" | "dead" | "elsewhere";

/** A shim that was asked. */
export interface AskedServer extends Server {
  readonly condition: Condition;
  readonly containers: readonly AskedContainer[];
}

/** Asks all. One that has ended meanwhile, and has left no bundle, is not among the answers. */
export async function askServers(servers: readonly Server[]): Promise<AskedServer[]> {
  const asked = await Promise.all(servers.map(askServer));
  return asked.filter(({ condition, containers }) => condition !== "dead" || containers.length > 0);
}

/** Asks one. */
export async function askServer(server: Server): Promise<AskedServer> {
  const { shim } = server;
  if (shim?.isElsewhere) return { ...server, condition: "elsewhere", containers: [] };
  if (shim?.isSpare) return { ...server, condition: "spare", containers: [] };
  const ids = containersOf(server);
  try {
    if (server.address === undefined) throw new Deno.errors.NotFound("it names no socket");
    using client = await ShimClient.connect(server.address);
    // A shim answers nothing else of a container that is being created; so for itself it is asked by another call.
    const asked = ids.map(({ id, bundle }) => askContainer(client, server, id, bundle));
    const [answer, ...answers] = await Promise.allSettled([isAlive(client, server.id), ...asked]);
    if ([answer, ...answers].every(({ status }) => status === "rejected")) {
      throw (answer as PromiseRejectedResult).reason;
    }
    const containers = answers.map((answer, index) =>
      answer.status === "fulfilled"
        ? answer.value as AskedContainer
        : unknown(server, ids[index].id, ids[index].bundle, NO_ANSWER)
    );
    return { ...server, condition: "serves", containers: containers.filter(isThere) };
  } catch (error) {
    // Where as many connections wait as may (WouldBlock), somebody listens. Whatever else is wrong with a socket, it is this shim's
    // trouble and no other's.
    const listens = isCode(error, StatusCode.DEADLINE_EXCEEDED) ||
      error instanceof Deno.errors.WouldBlock;
    const isDead = !runs(shim) && !listens;
    const containers = ids.filter(({ bundle }) => bundle !== undefined)
      .map(({ id, bundle }) => unknown(server, id, bundle));
    return { ...server, condition: isDead ? "dead" : "silent", containers };
  }
}

const NO_ANSWER =
  "the shim answers, but not for this container: it may be creating it, or wait for its runtime";

/** @throws {Error} If the shim does not answer at all. */
async function isAlive(client: ShimClient, id: string): Promise<void> {
  try {
    await client.connect(id);
  } catch (error) {
    if (isSilence(error)) throw error;
  }
}

function runs(shim: ShimProcess | undefined): boolean {
  const now = shim && findProcess(shim.process.pid);
  return now !== undefined && now.startTicks === shim!.process.startTicks && now.state !== "Z";
}

/** The containers that a shim may have, with their bundles if they are there. */
function containersOf(server: Server): { id: string; bundle: Bundle | undefined }[] {
  // A sandbox that has a container of the same id has two bundles: the container's is the one that matters.
  const bundles = server.bundles.toSorted((a, b) => Number(a.isSandbox) - Number(b.isSandbox));
  return containerIds(server).map((each) => ({
    id: each,
    bundle: bundles.find(({ id }) => id === each),
  }));
}

/** A shim need not have had a container for its own id, nor a sandbox one, and a container that was noted may be gone. */
function isThere({ status, bundle }: AskedContainer): boolean {
  return status !== "gone" || bundle !== undefined && !isSandboxBundle(bundle);
}

/** @throws {Error} If the shim does not answer for it. */
async function askContainer(
  client: ShimClient,
  server: Server,
  id: string,
  bundle: Bundle | undefined,
): Promise<AskedContainer> {
  const init = await askProcess(client, id);
  if (init.status === "gone") return { ...unknown(server, id, bundle), status: "gone" };
  const path = bundle?.path;
  const rest = { namespace: server.namespace, bundle: path };
  try {
    // Go's keep a file of each exec, and would run a command of the runtime: with hundreds of them that takes the machine for seconds.
    const isTold = server.shim?.isGos && path !== undefined;
    const started = isTold ? [] : await startedExecs(client, id);
    const execIds = new Set([...started, ...writtenExecs(path)]);
    const execs = await Promise.all([...execIds].map((execId) => askProcess(client, id, execId)));
    const there = execs.filter(({ status }) => status !== "gone");
    return { ...init, ...rest, execs: there, problem: undefined };
  } catch (error) {
    return { ...init, ...rest, execs: [], problem: (error as Error).message };
  }
}

async function startedExecs(client: ShimClient, id: string): Promise<string[]> {
  const pids = await client.pids(id).catch((error) => {
    // Nobody has processes that has stopped: some shims take that for a failure.
    if (isSilence(error)) throw error;
    return [];
  });
  return pids.map(({ execId }) => execId).filter((execId) => execId !== undefined);
}

async function askProcess(client: ShimClient, id: string, execId = ""): Promise<AskedProcess> {
  const own = execId || id;
  try {
    const { status, pid, exitStatus } = await client.state(id, execId);
    const isStopped = status === TaskStatus.STOPPED;
    return { id: own, status: nameOf(status), pid, exitStatus: isStopped ? exitStatus : undefined };
  } catch (error) {
    if (isSilence(error)) throw error;
    const status = isCode(error, StatusCode.NOT_FOUND) ? "gone" : "unknown";
    return { id: own, status, pid: 0, exitStatus: undefined };
  }
}

/** The execs for which a shim has let a runtime write a pid to the bundle, as `ID.exec.pid` or, Go's, `ID.pid`. */
function writtenExecs(bundle: string | undefined): string[] {
  if (bundle === undefined) return [];
  const names = orUndefined(() => Array.from(Deno.readDirSync(bundle), ({ name }) => name)) ?? [];
  return names.map((name) => /^(?!init\.pid$)(.+?)(?:\.exec)?\.pid$/.exec(name)?.[1])
    .filter((id) => id !== undefined);
}

function unknown(
  server: Server,
  id: string,
  bundle: Bundle | undefined,
  problem?: string,
): AskedContainer {
  return {
    id,
    namespace: server.namespace,
    bundle: bundle?.path,
    status: "unknown",
    pid: orUndefined(() => Number(Deno.readTextFileSync(join(bundle!.path, "init.pid")))) ?? 0,
    exitStatus: undefined,
    execs: [],
    problem,
  };
}

function nameOf(status: TaskStatus): Status {
  return (TaskStatus[status]?.toLowerCase() ?? "unknown") as Status;
}
