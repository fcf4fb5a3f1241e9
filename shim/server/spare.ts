/** A server that has no container any more waits for the next `start` of its containerd: the spare. */
import { spareDoor } from "../bootstrap/first_door.ts";
import type { Start } from "../bootstrap/mod.ts";
import { planStart } from "../bootstrap/plan.ts";
import { after } from "../common/mod.ts";
import { close, EpollEvent, openPidfd, setCommandLine, SIGTERM } from "../libc/mod.ts";
import { ownExecutable, watchSignals } from "../process/mod.ts";
import { openDoorAt } from "./door.ts";
import { collectGarbage } from "./garbage.ts";
import type { ServerProcess } from "./server_process.ts";

/** How long a spare waits for a `start`, in ms. */
const WAIT_MS = 600_000;
/** After so long, in ms, there is time to clean up. */
const QUIET_MS = 1_000;

/**
 * Waits, as the spare of its containerd, for a `start` that would start the same server as this one.
 * @param last The last one that this server was for.
 * @returns Undefined if this server can be no spare, as there is one already or it is not as it was at first; or if its time is over,
 * its containerd has ended, or it was asked to end. Nothing of it is left then.
 */
export async function waitForStart(
  server: ServerProcess,
  last: Start,
): Promise<Start | undefined> {
  if (!server.isAsNew) return undefined;
  // The process, and not its address: after a restart containerd's own environment is another one.
  const containerd = openPidfd(last.containerd);
  if (containerd === undefined) return undefined;
  try {
    const taken = Promise.withResolvers<Start | undefined>();
    let isTaken = false;
    const take = (start: Start | undefined) => {
      isTaken = true;
      taken.resolve(start);
    };
    const end = () => take(undefined);
    const { settings: { protocol, share } } = server;
    using door = await openDoorAt(spareDoor(server.program, last.args.address, share), {
      isReady: () => !isTaken && server.isAsNew,
      async plan({ args, caller }, input) {
        // Containerds whose addresses have the same end have the same first door.
        if (args.address !== last.args.address) return undefined;
        const settings = await server.settingsOf(caller);
        const likeness = server.compareWith(caller, settings);
        if (likeness !== "same") {
          // In another namespace the environment is another one. In the same, what containerd itself has and passes on has changed for
          // good, such as its PATH, to which its CRI plugin adds a folder when it makes its first pod. What nobody can take would keep
          // others from becoming the spare.
          const isForGood = args.namespace === last.args.namespace || likeness === "other version";
          if (settings.spare && isForGood) end();
          return undefined;
        }
        const plan = await planStart(args, input, protocol);
        return plan.isPlain ? plan : undefined;
      },
      take(start) {
        if (isTaken) return false;
        take(start);
        return true;
      },
    });
    if (door === undefined) return undefined;
    setCommandLine([ownExecutable(), "-address", last.args.address, "spare"]);
    using _signals = watchSignals(server.reactor, ({ signal }) => signal === SIGTERM && end());
    server.reactor.watch(containerd, EpollEvent.IN, end);
    const stops = [after(WAIT_MS, end), after(QUIET_MS, collectGarbage)];
    try {
      return await taken.promise;
    } finally {
      for (const stop of stops) stop();
      server.reactor.unwatch(containerd);
    }
  } finally {
    close(containerd);
  }
}
