/**
 * The containers of a server besides the one that it was started for: a pod's. They are noted in that one's bundle, since containerd,
 * from 2.3 on, calls `delete` for that one alone when the shim was killed, and may have removed the others' bundles by then.
 */
import { join } from "@std/path/posix";
// Not by shim/mod.ts: see clean_up.ts.
import { isIdentifier } from "../../shim/common/identifier.ts";
import { removeIfThere } from "../../shim/common/files.ts";

/** Of empty files, which have the containers' ids behind it. */
const PREFIX = "container-";

/** @param bundle Of the container that the server was started for; it may be gone before the others. */
export function noteContainer(bundle: string, id: string): void {
  try {
    Deno.writeTextFileSync(join(bundle, PREFIX + id), "");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Takes back what {@linkcode noteContainer} has noted. */
export function forgetContainer(bundle: string, id: string): void {
  removeIfThere(join(bundle, PREFIX + id));
}

/** The ids of those noted in a bundle. */
export function notedContainers(bundle: string): string[] {
  try {
    const names = [...Deno.readDirSync(bundle)].map(({ name }) => name);
    return names.filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length))
      .filter(isIdentifier);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
