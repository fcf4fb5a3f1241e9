/** The socket that a killed shim leaves behind. */
import { dirname, join } from "@std/path/posix";
import {
  ADDRESS_FILE,
  isAnswered,
  isSidePath,
  lockPath,
  removeSocket,
  toSocketPath,
} from "./address.ts";
import { lockFile } from "./lock_file.ts";

/** Removes the socket of a bundle's shim if nobody answers on it any more. A shim of a group may live on: its socket stays. */
export async function removeDeadSocket(bundle: string): Promise<void> {
  const address = addressIn(bundle);
  if (address === undefined) return;
  const path = toSocketPath(address);
  if (!exists(path) || await isAnswered(path)) return;
  // A `start` of the same group may be about to replace it.
  using _lock = await lockFile(lockPath(path));
  if (await isAnswered(path)) return;
  removeSocket(path);
  // A shim that died while it waited for a terminal has left the console socket, too; see Shim.newSocketPath.
  for (const { name } of Deno.readDirSync(dirname(path))) {
    const beside = join(dirname(path), name);
    if (isSidePath(path, beside)) Deno.removeSync(beside);
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
