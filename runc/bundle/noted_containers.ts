/**
 * The further containers of a server: those of a pod, beside the one that the server was started for. They are noted in that one's
 * bundle: when a shim was killed, containerd, from 2.3 on, calls `delete` for that one alone, and may have removed the other bundles
 * by then.
 */
import { join } from "@std/path/posix";
// The action `delete` loads this: so it imports file by file, and not shim/mod.ts; see ../delete/clean_up.ts.
import { isIdentifier } from "../../shim/common/identifier.ts";
import { removeIfThere } from "../../shim/common/files.ts";
import { namesIn } from "./names.ts";

/** A note is an empty file with this and the container's id for its name. */
const PREFIX = "container-";

/**
 * Notes a container.
 * @param bundle The bundle of the container that the server was started for; it may be gone already.
 */
export function noteContainer(bundle: string, id: string): void {
  try {
    Deno.writeTextFileSync(join(bundle, PREFIX + id), "");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Removes the note of {@linkcode noteContainer}. */
export function forgetContainer(bundle: string, id: string): void {
  removeIfThere(join(bundle, PREFIX + id));
}

/**
 * The ids of the containers that are noted in a bundle.
 * @param names What is in it.
 */
export function notedContainers(
  bundle: string,
  names: readonly string[] = namesIn(bundle),
): string[] {
  return names.filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length))
    .filter(isIdentifier);
}
