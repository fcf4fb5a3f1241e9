/** The socket that a killed shim leaves behind. */
import { dirname, join } from "@std/path/posix";
import { isAnswered, isSidePath, lockPath, readAddress } from "./address.ts";
import { exists } from "./exists.ts";
import { lockFile } from "./lock_file.ts";
import { removeIfThere } from "./remove_if_there.ts";

/** Removes the socket of a bundle's shim if nobody answers on it any more. A shim of a group may live on: its socket stays. */
export async function removeDeadSocket(bundle: string): Promise<void> {
  const path = readAddress(bundle)?.path;
  if (path === undefined || !exists(path) || await isAnswered(path)) return;
  // A `start` of the same group may be about to replace it.
  using _lock = await lockFile(lockPath(path));
  if (await isAnswered(path)) return;
  removeIfThere(path);
  // A shim that died while it waited for a terminal has left the console socket, too; see Shim.newSocketPath.
  for (const { name } of Deno.readDirSync(dirname(path))) {
    const beside = join(dirname(path), name);
    if (isSidePath(path, beside)) Deno.removeSync(beside);
  }
}
