/** The server that nobody uses: containerd has failed or died after `start` had answered, or a client has given its container up. */
import { exists } from "../common/mod.ts";
import type { Server } from "../ttrpc/mod.ts";
import type { ServedTask } from "./task.ts";

/** How long it goes on without its bundle, in ms. */
const WITHOUT_BUNDLE_MS = 5_000;
/** How long it goes on with it, in ms. containerd connects as soon as `start` has answered. */
const WITHOUT_CLIENT_MS = 30_000;

/**
 * Ends a server that has no container when it has had no client for a while. One that has never had a container, and has lost its
 * bundle, does not count its clients: containerd 1.6 forgets a connection where it fails after it. A timer runs only after the begin,
 * and after a client has gone.
 * @param bundle Of the container that the server was started for.
 */
export function endWhenForgotten(
  server: Pick<Server, "isConnected" | "onDisconnect">,
  task: Pick<ServedTask, "shutdown" | "wasUsed">,
  bundle: string,
): void {
  let aloneSince = 0;
  let hasTimer = false;
  const begin = () => {
    aloneSince = performance.now();
    if (!hasTimer) lookIn(WITHOUT_BUNDLE_MS);
  };
  const lookIn = (milliseconds: number) => {
    hasTimer = true;
    // The first setTimeout of a program takes 5 ms, the first of these 0.4.
    AbortSignal.timeout(milliseconds).addEventListener("abort", look);
  };
  const look = () => {
    hasTimer = false;
    const hasBundle = exists(bundle);
    if (server.isConnected && (hasBundle || task.wasUsed)) return;
    const limit = hasBundle ? WITHOUT_CLIENT_MS : WITHOUT_BUNDLE_MS;
    const left = aloneSince + limit - performance.now();
    if (left > 0) lookIn(left);
    else task.shutdown();
  };
  server.onDisconnect(() => {
    if (!server.isConnected) begin();
  });
  begin();
}
