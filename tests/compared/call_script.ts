/** Scripts of calls that can be run against any shim: the steps, as data. */
import { DeleteResponse } from "../../proto/mod.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { isAlive } from "../harness/machine/processes.ts";
import type { BundleOptions } from "../harness/shim/direct_shim.ts";
import { callShim, shimArguments } from "../harness/shim/direct_shim.ts";
import type { MethodName, RequestOf } from "../harness/shim/task_client.ts";
import type { Stage } from "./stage.ts";

/** What a shim is taken through. */
export interface Script {
  name: string;
  /** By id; several ones are of one group. The id `box` is the default of all requests. */
  bundles: Record<string, BundleOptions>;
  /** The names of FIFOs for streams. */
  fifos?: readonly string[];
  /** In order, with names that are unique. */
  steps: readonly Step[];
}

/** The folder of the bundles and FIFOs, the same for each shim, so that no path differs. It is a private mount's. */
export const FOLDER = "/run/containerd/tmp/stage";

/** The path of a FIFO, or of what is not there. */
export function path(name: string): string {
  return `${FOLDER}/${name}`;
}

/** The answer of a call that must not be waited for, since a later step brings it about. */
export const LATER = "answered later";

/** A step's name, and what is done: a method with a request (its id is `box` if not said otherwise), or something else. */
export type Step = Call | readonly [name: string, act: Act];
type Call = {
  [Name in MethodName]: readonly [
    name: string,
    method: Name,
    request?: RequestOf<Name>,
    when?: typeof LATER,
  ];
}[MethodName];
/** Resolves to what is to be compared. */
export type Act = (stage: Stage) => Promise<object | void>;

/** Waits for the next event of a topic about a process: an exec, or init by the container's id. */
export function told(topic: string, id = "box"): Act {
  return (stage) => stage.nextEvent(topic, id);
}

/** The client writes into a FIFO and goes away. */
export function writes(fifo: string, text: string): Act {
  return async ({ fifos }) => {
    await fifos.get(fifo)!.write(text);
    fifos.get(fifo)![Symbol.dispose]();
    fifos.delete(fifo);
  };
}

/** Waits until what matches comes out of a FIFO; it is compared. */
export function says(fifo: string, pattern: RegExp): Act {
  return async ({ fifos }) => ({ output: (await fifos.get(fifo)!.output.until(pattern))[0] });
}

/** Calls what the Task service may not know, with a payload that may be none. */
export function calls(service: string, method: string, payload = new Uint8Array()): Act {
  return async ({ tasks }) => ({ payload: await tasks.client.call(service, method, payload) });
}

/** Calls the shim's program in the bundle of `box`. */
export function runs(...args: string[]): Act {
  return async (stage) => {
    const { code, stdout, stderr } = await callShim(stage.host, path("box"), args);
    return { code, stdout: new TextDecoder().decode(stdout), stderr };
  };
}

/** Calls `start` as containerd does, which takes all that comes of it for the answer. */
export const starts: Act = (stage) => runs(...shimArguments(stage.host, "box", "start"))(stage);

/**
 * Calls `delete` as containerd does, in the bundle. What it says besides is for people to read, in containerd's log.
 * @param flags That name the bundle.
 */
export function deletes(id = "box", flags = ["-bundle", path(id)]): Act {
  return async ({ host }) => {
    const args = shimArguments(host, id, ...flags, "delete");
    const { code, stdout, stderr } = await callShim(host, path(id), args);
    return code === 0 ? DeleteResponse.decode(stdout) : { code, stderr };
  };
}

/** Kills the shim, and waits until it is gone. */
export const killsShim: Act = async (stage) => {
  Deno.kill(stage.shimPid, "SIGKILL");
  await stage.tasks.client.closed;
  await eventually("an end of the shim", () => !isAlive(stage.shimPid) || undefined);
};
