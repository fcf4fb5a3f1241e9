/**
 * The limit of open files (RLIMIT_NOFILE). A server raises its own, as each process of a container takes some ten descriptors. What it
 * starts gets the limit that containerd gave, often 1024: with a high one, programs that walk all possible descriptors take minutes.
 */
import { openFilesLimit, setOpenFilesLimit, UNLIMITED } from "../libc/limits.ts";
import { takeOpenFiles } from "./executable.ts";

let given: bigint | undefined;

/** The soft limit with which this program was started. */
export function givenOpenFiles(): bigint {
  return given ??= toLimit(takeOpenFiles()) ?? openFilesLimit().soft;
}

function toLimit(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  return text === "unlimited" ? UNLIMITED : BigInt(text);
}

/** Raises the soft limit of this process to the hard one. */
export function raiseOpenFiles(): void {
  givenOpenFiles();
  const { hard } = openFilesLimit();
  setOpenFilesLimit({ soft: hard, hard });
}
