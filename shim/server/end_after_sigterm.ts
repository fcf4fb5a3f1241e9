/** The end of a server by SIGTERM. */
import { endsWithin } from "../common/mod.ts";
import { hasChildren } from "../libc/mod.ts";
import type { Reaper } from "../process/mod.ts";
import type { Server } from "../ttrpc/mod.ts";

/**
 * How long a server that nobody needs waits for containerd to take the last events, in ms: containerd may just be restarting, and an
 * event is sent again every two seconds.
 */
const LAST_EVENTS_MS = 3_000;
/** The first process, which asks all others to end when the machine shuts down. */
const FIRST_PID = 1;
/** How long a SIGTERM is heeded, in ms. By then a machine that shuts down is down: systemd allows a minute and a half. */
const SIGTERM_MS = 120_000;

/**
 * Lets a server end by SIGTERM. A machine that shuts down sends it to all processes that are left, and systemd waits a minute and a
 * half for one that does not end. But a stray signal must cost no container: the server ends only when it has neither a child nor a
 * client any more. A pod may have neither, while containerd is away: that one is ended by the machine's shutdown alone, in which the first
 * process asks. The server first sends its last events, with a bound; if containerd takes none, `delete` finds in the bundle how init ended.
 * @param told Resolves when all events so far have been sent.
 * @param end Ends the server.
 * @returns An object whose `ask` is to be called with the pid of who has sent it when SIGTERM comes, until it is disposed of.
 */
export function endAfterSigterm(
  reaper: Pick<Reaper, "onReaped" | "offReaped">,
  server: Pick<Server, "isConnected" | "onDisconnect"> & { readonly holdsPod: boolean },
  told: () => Promise<unknown>,
  end: () => void,
): Disposable & { ask(sender: number): void } {
  let askedAt = -Infinity;
  let isShutdown = false;
  let isWaiting = false;
  const isUnneeded = () =>
    performance.now() - askedAt < SIGTERM_MS && !server.isConnected && !hasChildren() &&
    (isShutdown || !server.holdsPod);
  const endIfUnneeded = async () => {
    if (isWaiting || !isUnneeded()) return;
    isWaiting = true;
    await endsWithin(told(), LAST_EVENTS_MS);
    isWaiting = false;
    if (isUnneeded()) end();
  };
  reaper.onReaped(endIfUnneeded);
  server.onDisconnect(endIfUnneeded);
  return {
    ask(sender) {
      askedAt = performance.now();
      isShutdown ||= sender === FIRST_PID;
      endIfUnneeded();
    },
    [Symbol.dispose]() {
      askedAt = -Infinity;
      reaper.offReaped(endIfUnneeded);
    },
  };
}
