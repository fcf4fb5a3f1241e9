/** The end of a server that nobody uses: containerd has failed or died after `start`, or a client has given up its container. */
import { after, exists } from "../common/mod.ts";
import type { Server } from "../ttrpc/mod.ts";
import type { ServedTask, TaskUse } from "./task.ts";

/** How long an unused server goes on if its bundle is gone, in ms. */
const WITHOUT_BUNDLE_MS = 5_000;
/** How long it goes on if its bundle is there, in ms. containerd connects as soon as `start` has answered. */
const WITHOUT_CLIENT_MS = 30_000;

/**
 * Ends a server that has no container when it has had no client for a while. Two do not count their clients. One that has lost its
 * bundle before it had a container: containerd 1.6 forgets a connection where it fails after it. And one whose last container was
 * deleted: where containerd's client has given up that Delete, containerd does not tell the server to end, and nobody can use the id
 * while it is there. A timer runs only after the begin, after a client has gone, and after a container has.
 * @param bundle Of the container that the server was started for.
 */
export function endWhenForgotten(
  server: Pick<Server, "isConnected" | "onDisconnect">,
  task: Pick<ServedTask, "shutdown">,
  use: Pick<TaskUse, "hasCreated" | "hasDeleted" | "onDelete">,
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
    after(milliseconds, look);
  };
  const look = () => {
    hasTimer = false;
    const hasBundle = exists(bundle);
    if (server.isConnected && !use.hasDeleted && (hasBundle || use.hasCreated)) return;
    const limit = hasBundle ? WITHOUT_CLIENT_MS : WITHOUT_BUNDLE_MS;
    const left = aloneSince + limit - performance.now();
    if (left > 0) lookIn(left);
    else task.shutdown();
  };
  server.onDisconnect(() => {
    if (!server.isConnected) begin();
  });
  use.onDelete(begin);
  begin();
}
