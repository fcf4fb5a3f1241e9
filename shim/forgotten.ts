/** The server that nobody uses: containerd has failed or died after `start` had answered, or a client has given its container up. */
import { exists } from "./exists.ts";
import type { Server } from "./ttrpc/mod.ts";

/** How long it goes on without a client and without its bundle, in ms. */
const WITHOUT_BUNDLE_MS = 5_000;
/** How long it goes on without a client, in ms. containerd connects as soon as `start` has answered. */
const WITHOUT_CLIENT_MS = 30_000;

/**
 * Calls back when there has been no client for a while. A timer runs only after the begin and after a client has gone.
 * @param bundle Of the container that the server was started for.
 * @param end Ends the server unless it has a container.
 */
export function endWhenForgotten(
  server: Pick<Server, "isConnected" | "onDisconnect">,
  bundle: string,
  end: () => void,
): void {
  let aloneSince = 0;
  let hasTimer = false;
  const lookIn = (milliseconds: number) => {
    hasTimer = true;
    // The first setTimeout of a program takes 5 ms, the first of these 0.4.
    AbortSignal.timeout(milliseconds).addEventListener("abort", look);
  };
  const look = () => {
    hasTimer = false;
    if (server.isConnected) return;
    const limit = exists(bundle) ? WITHOUT_CLIENT_MS : WITHOUT_BUNDLE_MS;
    const left = aloneSince + limit - performance.now();
    if (left > 0) lookIn(left);
    else end();
  };
  const begin = () => {
    if (server.isConnected) return;
    aloneSince = performance.now();
    if (!hasTimer) lookIn(WITHOUT_BUNDLE_MS);
  };
  const before = server.onDisconnect;
  server.onDisconnect = () => {
    before();
    begin();
  };
  begin();
}
