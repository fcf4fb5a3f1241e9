/** Paths, which have several names where folders are symbolic links, as /var/run is. */
import { basename, dirname, join } from "@std/path/posix";
import { orUndefined } from "./processes.ts";

/** A path without symbolic links, if it leads anywhere; a folder's links are followed also where the file is not there. */
export function realPath(path: string): string {
  const real = orUndefined(() => Deno.realPathSync(path));
  if (real !== undefined) return real;
  const folder = dirname(path);
  return folder === path || folder === "." ? path : join(realPath(folder), basename(path));
}
