/** The one place that knows in which form this program runs: compiled, or as a script of an installed Deno. */
import { fromFileUrl } from "@std/path/posix";

/** The path that starts this program again. */
export function ownExecutable(): string {
  return Deno.build.standalone ? Deno.execPath() : fromFileUrl(Deno.mainModule);
}
