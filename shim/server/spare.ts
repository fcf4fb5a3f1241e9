/** A server that has no container any more waits for the next `start` of its containerd: the spare. */
import {
  inheritedBy,
  isAnswered,
  lockFile,
  lockPath,
  planStart,
  SOCKET_FOLDER,
  sparePath,
  type Start,
  versionsIn,
} from "../bootstrap/mod.ts";
import { after, removeIfThere } from "../common/mod.ts";
import { close, EpollEvent, openPidfd, setCommandLine, SIGTERM } from "../libc/mod.ts";
import { ownExecutable, watchSignals } from "../process/mod.ts";
import { readSettings } from "../settings/settings.ts";
import { Door, type Doorkeeper } from "./door.ts";
import { collectGarbage } from "./garbage.ts";
import type { ServerProcess } from "./server_process.ts";

/** How long a spare waits for a `start`, in ms. */
const WAIT_MS = 600_000;
/** After so long, in ms, there is time to clean up. */
const QUIET_MS = 1_000;

/**
 * Waits, as the spare of its containerd, for a `start` that would start the same server as this one.
 * @param program Its name.
 * @param last The last one that this server was for.
 * @returns Undefined if this server can be no spare, as there is one already or it is not as it was at first; or if its time is over,
 * its containerd has ended, or it was asked to end. Nothing of it is left then.
 */
export async function waitForStart(
  server: ServerProcess,
  program: string,
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
    using door = await openDoor(sparePath(last.args.address), {
      isReady: () => !isTaken && server.isAsNew,
      async plan({ args, caller }, input) {
        // Containerds whose addresses have the same end have their spares at the same door.
        if (args.address !== last.args.address) return undefined;
        const offered = inheritedBy(caller);
        const settings = await readSettings(program);
        const hasSettings = JSON.stringify(settings) === JSON.stringify(server.settings);
        const isSameVersion = versionsIn(offered) === versionsIn(server.inherited!) && hasSettings;
        if (offered !== server.inherited || !isSameVersion) {
          // In another namespace the environment is another one. In the same, what containerd itself has and passes on has changed for
          // good, such as its PATH, to which its CRI plugin adds a folder when it makes its first pod. What nobody can take would keep
          // others from becoming the spare.
          if (args.namespace === last.args.namespace || !isSameVersion) end();
          return undefined;
        }
        const plan = await planStart(args, input, settings.protocol);
        // It looks for a shared server first, and comes again, to have one begun.
        const isShared = settings.share > 1 && plan.group === undefined;
        return plan.isPlain && (!isShared || args.doors !== "") ? plan : undefined;
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

/** Opens the spare's door, unless there is one that answers. */
async function openDoor(path: string, keeper: Doorkeeper): Promise<Door | undefined> {
  Deno.mkdirSync(SOCKET_FOLDER, { recursive: true, mode: 0o700 });
  using _lock = await lockFile(lockPath(path));
  if (isAnswered(path)) return undefined;
  removeIfThere(path);
  return new Door(path, keeper);
}
