/** The version of the Task service that `start` answers with. By it containerd decides, too, how it drives the containers of a pod. */
import { dirname, join } from "@std/path/posix";
import { exists } from "../common/files.ts";
import { SANDBOXES } from "./other_bundles.ts";

/** The newest version that we serve, and the oldest one for which the answer is JSON. */
export const NEWEST_VERSION = 3;
const OLDEST_VERSION_IN_JSON = 2;

/** A folder that containerd up to 1.7 makes in its state folder when it boots, as from 2.0 on the one of sandboxes. */
const BEFORE_2 = "io.containerd.runtime.v1.linux";

/**
 * The version to answer with, where containerd gives no BootstrapParams (it does from 2.3 on).
 *
 * containerd 1.7 refuses 3. From 2.0 on both are understood, but only with 3 the further containers of a pod cost neither a `start` nor
 * a `delete`. All of them ask for 2, so that the folders of their plugins have to tell.
 * @param newest The variable MAX_SHIM_VERSION.
 * @param bundle Lies in containerd's state folder, below a plugin's folder and the namespace's.
 * @returns Undefined for containerd 1.6, which sets no such variable and takes a bare address.
 * @throws {Error} If the variable is no number, or too small.
 */
export function answerVersion(newest: string | undefined, bundle: string): number | undefined {
  if (newest === undefined || newest === "") return undefined;
  if (!/^\d+$/.test(newest) || Number(newest) < OLDEST_VERSION_IN_JSON) {
    throw new Error(
      `expected a whole number from ${OLDEST_VERSION_IN_JSON} in MAX_SHIM_VERSION, not ${newest}`,
    );
  }
  return isSince2(bundle) ? NEWEST_VERSION : Math.min(Number(newest), NEWEST_VERSION);
}

/** Whether containerd is surely 2.0 or later. Where both folders are, it was upgraded or downgraded since the machine has booted. */
function isSince2(bundle: string): boolean {
  const state = dirname(dirname(dirname(bundle)));
  return exists(join(state, SANDBOXES)) && !exists(join(state, BEFORE_2));
}
