/**
 * The limit of open files (RLIMIT_NOFILE). containerd gives a usual one, often 1024, and what the shim starts shall have that: programs
 * that walk all their descriptors hang by a high one. A server needs a high one for itself: each exec'd process takes some ten.
 */
import { openFilesLimit, setOpenFilesLimit } from "../libc/mod.ts";
import { takeOpenFiles } from "./executable.ts";

let given: bigint | undefined;

/** The soft limit that this program was started with. */
export function givenOpenFiles(): bigint {
  return given ??= takeOpenFiles() ?? openFilesLimit().soft;
}

/** Raises the soft limit of this process as far as it can be raised. */
export function raiseOpenFiles(): void {
  givenOpenFiles();
  const { hard } = openFilesLimit();
  setOpenFilesLimit({ soft: hard, hard });
}
