/** Garbage collection, for servers that live for months. */
import { after } from "../common/mod.ts";
import { trimMemory, trimStack } from "../libc/mod.ts";
import { mapMethods, type Method, type Service } from "../ttrpc/mod.ts";

/** After so many calls there are some 2 MiB of garbage, and collecting it takes some 15 ms. */
const CALLS = 1_000;
/** A server that no call has come to for so long, in ms, or a few, has time to clean up. */
const QUIET_MS = 1_000;
/** How many are few: CRI asks each second for the statistics of all containers of a pod. */
const FEW_CALLS = 20;
/** By how many bytes the heap must have grown for that to be worth it: a client may ask for something every few seconds. */
const WORTH_BYTES = 512 << 10;
/** The same, where a few calls have come, whose own garbage V8 collects in so much of it. */
const WORTH_BYTES_AMID_CALLS = 1536 << 10;

/** How many calls there were so far, of all shims of this process. */
let calls = 0;
/** Whether it is looked whether calls still come. */
let isWatched = false;
/** The size of the heap after the last collection, in bytes. */
let collectedBytes = 0;

/**
 * Wraps services so that all garbage is collected after every {@linkcode CALLS} calls, and when there are few for a while. Left alone,
 * V8's heap grows by what is promoted too early, and does not shrink; and V8 would abort the server at a limit of the heap.
 */
export function collectingGarbage(
  services: ReadonlyMap<string, Service>,
): ReadonlyMap<string, Service> {
  const counted = (method: Method): Method => async (payload, call) => {
    try {
      return await method(payload, call);
    } finally {
      // The answer is sent first.
      if (++calls % CALLS === 0) after(0, collectGarbage);
      if (!isWatched) watchCalls();
    }
  };
  return mapMethods(services, counted);
}

/** Waits until few calls come, and collects garbage then if that is worth it. */
function watchCalls(): void {
  isWatched = true;
  const before = calls;
  after(QUIET_MS, () => {
    const came = calls - before;
    if (came > FEW_CALLS) return watchCalls();
    isWatched = false;
    const worth = came === 0 ? WORTH_BYTES : WORTH_BYTES_AMID_CALLS;
    if (Deno.memoryUsage().heapTotal >= collectedBytes + worth) collectGarbage();
  });
}

/** V8's function, which --expose-gc provides. Only this flavor gives pages back to the kernel. */
declare const gc:
  | ((options: { type: "major"; execution: "sync"; flavor: "last-resort" }) => void)
  | undefined;

/** Collects all garbage there is, and gives its pages back to the kernel, with those of malloc and of the stack. It takes some 15 ms. */
export function collectGarbage(): void {
  // First, as what is read for it is garbage, too.
  trimStack();
  if (typeof gc === "function") gc({ type: "major", execution: "sync", flavor: "last-resort" });
  trimMemory();
  collectedBytes = Deno.memoryUsage().heapTotal;
}
