/** The action `delete`: what a shim that was killed has left of its container. */
import { removeLostProcess } from "../../shim/host/lost_process.ts";
import type { Arguments } from "../../shim/mod.ts";

export async function removeLostContainer(args: Arguments) {
  const ended = await removeLostProcess(args);
  // Mostly there is nothing; then libc is not loaded.
  if (hasCgroup(args.bundle)) {
    const { Cgroup } = await import("./container/cgroup.ts");
    Cgroup.of(args.bundle)?.remove(args.bundle);
  }
  return ended;
}

function hasCgroup(bundle: string): boolean {
  try {
    return Deno.lstatSync(`${bundle}/cgroup`).isFile;
  } catch {
    return false;
  }
}
