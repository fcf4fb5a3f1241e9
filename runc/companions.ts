/**
 * The containers of a server besides the one that it was started for: a pod's. They are noted in that one's bundle, since containerd,
 * from 2.3 on, calls `delete` for that one alone when the shim was killed, and may have removed the others' bundles by then.
 */
import { join } from "@std/path/posix";
import { removeIfThere } from "../shim/mod.ts";

const FOLDER = "containers";

/** @param bundle Of the container that the server was started for; it may be gone before the others. */
export function noteCompanion(bundle: string, id: string): void {
  try {
    Deno.mkdirSync(join(bundle, FOLDER), { mode: 0o700 });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  Deno.writeTextFileSync(join(bundle, FOLDER, id), "");
}

/** Takes back what {@linkcode noteCompanion} has noted. */
export function forgetCompanion(bundle: string, id: string): void {
  removeIfThere(join(bundle, FOLDER, id));
}

/** The ids of those noted in a bundle. */
export function companionsIn(bundle: string): string[] {
  try {
    return [...Deno.readDirSync(join(bundle, FOLDER))].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
