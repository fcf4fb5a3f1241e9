/**
 * Servers that containers share, where the operator wants it (`share` in the settings): those of one namespace of one containerd which
 * would have the same server, as they inherit the same and have the same options. Each of these servers has a door (door.ts) as long as
 * it has room, and all their doors are in one folder.
 */
import { dirname, join } from "@std/path/posix";
import { endsWithin } from "../common/ends_within.ts";
import type { Settings } from "../settings/settings.ts";
import { lockPath, socketPath } from "./address.ts";
import type { Arguments } from "./arguments.ts";
import { connectTo, knock, type Listening, PATIENCE_MS } from "./door.ts";
import { isFirstDoor, toSocketPath } from "./first_door.ts";
import { inherited } from "./inherited.ts";
import { isAnswered } from "./is_answered.ts";
import { lockFile, lockFileNow } from "./lock_file.ts";

/** How the name of a folder of doors ends. */
const SUFFIX = ".shared";

/**
 * Called by `start`: finds a shared server with room, or begins one. One is begun at a time, so that those who want one meanwhile find
 * it.
 * @param args With the socket to serve on.
 * @param input What containerd has given on standard input.
 * @param options The part of it that does not name the container.
 * @param begin Begins a server for these arguments, and waits until it listens.
 */
export async function joinOrBegin(
  args: Arguments,
  input: Uint8Array<ArrayBuffer>,
  options: Uint8Array,
  settings: Settings,
  begin: (args: Arguments) => Promise<Listening>,
): Promise<Listening> {
  const doors = await doorsOf(args, { inherited: inherited(), settings, options });
  const sharing = { ...args, doors };
  const joined = await joinAny(sharing, input);
  if (joined !== undefined) return joined;
  using lock = new DisposableStack();
  // Who holds it may hang: then there is one server more.
  const locked = lockFile(lockPath(doors)).then((held) => {
    if (lock.disposed) held[Symbol.dispose]();
    else lock.use(held);
  });
  await endsWithin(locked, PATIENCE_MS);
  return await joinAny(sharing, input) ?? await begin(sharing);
}

/** What the servers that a container may share have in common with it, beside the namespace and the containerd. */
interface Kind {
  /** See inherited.ts. */
  readonly inherited: string;
  readonly settings: Settings;
  readonly options: Uint8Array;
}

/**
 * The folder of the doors of all servers that a container may share. A door has no longer a path than a server's own socket.
 * @param args With the socket to serve on.
 */
export async function doorsOf(
  { address, namespace, socket }: Arguments,
  { inherited, settings, options }: Kind,
): Promise<string> {
  const kind = [inherited, JSON.stringify(settings), options.toBase64()].join("\n");
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(kind));
  const name = join("shared", new Uint8Array(digest).toHex());
  const path = await socketPath(toSocketPath(address), namespace, name, dirname(socket));
  return path.slice(0, -16) + SUFFIX;
}

/** A path for a new door in a folder of doors. */
export function newDoor(folder: string): string {
  return join(folder, crypto.randomUUID().slice(0, 8));
}

/** Knocks at one door after the other, in an order that is the same for all, so that those behind may get empty. */
async function joinAny(
  args: Arguments,
  input: Uint8Array<ArrayBuffer>,
): Promise<Listening | undefined> {
  for (const door of doorsIn(args.doors)) {
    try {
      const joined = await knock(await connectTo(door), args, input);
      if (joined !== undefined) return joined;
    } catch {
      // The server was killed, hangs, or has just closed it. Nobody else shall wait here.
      removeIfPossible(door);
    }
  }
  return undefined;
}

function doorsIn(folder: string): string[] {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => join(folder, name)).sort();
  } catch {
    // No server of the kind has room.
    return [];
  }
}

/** Removes the doors that killed servers have left. */
export function removeAbandonedDoors(sockets: string): void {
  for (const { name } of Deno.readDirSync(sockets)) {
    if (isFirstDoor(name)) removeUnlessAnswered(join(sockets, name));
    if (!name.endsWith(SUFFIX)) continue;
    const folder = join(sockets, name);
    for (const door of doorsIn(folder)) if (!isAnswered(door)) removeIfPossible(door);
    removeIfEmpty(folder);
  }
}

/** Removes a first door, unless there is a server, or one is just being looked for: many may have theirs there. */
function removeUnlessAnswered(path: string): void {
  if (isAnswered(path)) return;
  using lock = lockFileNow(lockPath(path));
  if (lock !== undefined && !isAnswered(path)) removeIfPossible(path);
}

/** Removes a folder of doors, unless there is a door in it. */
export function removeIfEmpty(folder: string): void {
  removeIfPossible(folder);
}

/** Whatever is left of doors does no harm. */
function removeIfPossible(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Somebody else has removed it; or it is a folder with a door in it, or on a disk that can't be written any more.
  }
}
