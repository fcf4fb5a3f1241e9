/** How a server ends by SIGTERM. */
import { endsWithin } from "../common/mod.ts";
import { hasChildren } from "../libc/mod.ts";
import type { Reaper } from "../process/mod.ts";
import type { Server } from "../ttrpc/mod.ts";

/**
 * How long a server that nobody needs waits, after SIGTERM, for containerd to take what it has not been told yet, in ms: containerd may
 * just be restarted, and waiting events are tried again every two seconds.
 */
const LAST_EVENTS_MS = 3_000;
/** For how long a SIGTERM is heeded, in ms: a machine that goes down is down by then (systemd allows a minute and a half). */
const SIGTERM_MS = 120_000;

/**
 * Whoever takes a machine down sends SIGTERM to all that is left, and systemd waits a minute and a half for who does not end. The server
 * ends when it has neither a child nor a client any more, and has told what there was to tell or tried to for a while; how a container
 * ended, which nobody has been told then, is in its bundle. Before that a stray signal must cost no container.
 * @param told Resolves when containerd has been told everything.
 * @returns What is to be called when SIGTERM came.
 */
export function endAfterSigterm(
  reaper: Pick<Reaper, "onReaped">,
  server: Pick<Server, "isConnected" | "onDisconnect">,
  told: () => Promise<unknown>,
  end: () => void,
): () => void {
  let askedAt = -Infinity;
  let isWaiting = false;
  const isUnneeded = () =>
    performance.now() - askedAt < SIGTERM_MS && !server.isConnected && !hasChildren();
  const endIfUnneeded = async () => {
    if (isWaiting || !isUnneeded()) return;
    isWaiting = true;
    await endsWithin(told(), LAST_EVENTS_MS);
    isWaiting = false;
    if (isUnneeded()) end();
  };
  reaper.onReaped(endIfUnneeded);
  server.onDisconnect(endIfUnneeded);
  return () => {
    askedAt = performance.now();
    endIfUnneeded();
  };
}
