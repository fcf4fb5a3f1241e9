/** Garbage collection, for servers that live for months. */
import type { Method, Service } from "../ttrpc/mod.ts";

/** After so many calls there are some 2 MiB of garbage, and collecting it takes some 15 ms. */
const CALLS = 1_000;

/** How many there were so far, of all shims of this process. */
let calls = 0;

/**
 * Wraps services so that all garbage is collected after every {@linkcode CALLS} calls. Left alone, V8's heap grows by what is promoted
 * too early, and does not shrink; and V8 would abort the server at a limit of the heap.
 */
export function collectingGarbage(
  services: ReadonlyMap<string, Service>,
): ReadonlyMap<string, Service> {
  const counted = (method: Method): Method => async (payload, call) => {
    try {
      return await method(payload, call);
    } finally {
      // The answer is sent first.
      if (++calls % CALLS === 0) setTimeout(collectGarbage);
    }
  };
  return new Map(Array.from(services, ([name, service]) => {
    const methods = Object.entries(service).map(([name, method]) => [name, counted(method)]);
    return [name, Object.fromEntries(methods)];
  }));
}

/** V8's function, which --expose-gc provides. Only this flavor gives pages back to the kernel. */
declare const gc:
  | ((options: { type: "major"; execution: "sync"; flavor: "last-resort" }) => void)
  | undefined;

/** Collects all garbage there is, and gives its pages back to the kernel. It takes some 15 ms. */
export function collectGarbage(): void {
  if (typeof gc === "function") gc({ type: "major", execution: "sync", flavor: "last-resort" });
}
