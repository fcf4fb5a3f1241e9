/** The socket that a killed shim leaves behind. */
import { basename, dirname, join } from "@std/path/posix";
import { ADDRESS_FILE, isAnswered, lockPath, removeSocket } from "./address.ts";
import { lockFile } from "./lock_file.ts";

/** Removes the socket of a bundle's shim if nobody answers on it any more. A shim of a group may live on: its socket stays. */
export async function removeDeadSocket(bundle: string): Promise<void> {
  const path = addressIn(bundle)?.replace(/^unix:\/\//, "");
  if (path === undefined || !exists(path) || await isAnswered(path)) return;
  // A `start` of the same group may be about to replace it.
  using _lock = await lockFile(lockPath(path));
  if (await isAnswered(path)) return;
  removeSocket(path);
  // A shim that died while it waited for a terminal has left the console socket, too; see Shim.newSocketPath.
  for (const { name } of Deno.readDirSync(dirname(path))) {
    if (new RegExp(`^${basename(path)}\\.\\d+$`).test(name)) {
      Deno.removeSync(join(dirname(path), name));
    }
  }
}

function addressIn(bundle: string): string | undefined {
  try {
    return Deno.readTextFileSync(join(bundle, ADDRESS_FILE));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
