/** Finds a criu that works on this machine: an older one fails on a newer kernel. */

import { searchPath, unpack } from "../harness/machine/packages.ts";

/**
 * Sees to it that programs started from now on find a criu that works: that of this machine, or else one of Debian's, which is
 * fetched.
 *
 * @returns why there is none; undefined where there is one.
 */
export async function findCriu(): Promise<string | undefined> {
  const installed = await checkCriu();
  if (installed === undefined) return undefined;
  try {
    Deno.env.set("PATH", searchPath(await unpack("forky", ["criu"])));
  } catch (error) {
    return `${installed}, and ${(error as Error).message}`;
  }
  return await checkCriu();
}

/** Why the criu on the PATH does not work; undefined where it does. */
async function checkCriu(): Promise<string | undefined> {
  try {
    const { success, stderr } = await new Deno.Command("criu", { args: ["check"] }).output();
    if (success) return undefined;
    return `criu does not work here: ${new TextDecoder().decode(stderr).trim().split("\n").at(-1)}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "criu is not installed";
    throw error;
  }
}
