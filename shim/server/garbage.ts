/** Keeps a server that serves for months as small as it was at first. */
import type { Method, Service } from "../ttrpc/mod.ts";

/** After so many calls there may be some 2 MiB of garbage; to collect it takes some 15 ms. */
const CALLS = 1_000;

/**
 * Collects garbage after each so many calls of the services, all that there is: V8 by itself lets its heap grow by what is promoted too
 * early, never gives it back, and a limit of its own would end the server.
 */
export function collectingGarbage(
  services: ReadonlyMap<string, Service>,
): ReadonlyMap<string, Service> {
  let calls = 0;
  const counted = (method: Method): Method => async (payload, call) => {
    try {
      return await method(payload, call);
    } finally {
      // Not before the answer is out.
      if (++calls % CALLS === 0) setTimeout(collectGarbage);
    }
  };
  return new Map(Array.from(services, ([name, service]) => {
    const methods = Object.entries(service).map(([name, method]) => [name, counted(method)]);
    return [name, Object.fromEntries(methods)];
  }));
}

/** V8's function, with --expose-gc; of its flavors only this one gives pages back to the kernel. */
declare const gc:
  | ((options: { type: "major"; execution: "sync"; flavor: "last-resort" }) => void)
  | undefined;

function collectGarbage(): void {
  if (typeof gc === "function") gc({ type: "major", execution: "sync", flavor: "last-resort" });
}
