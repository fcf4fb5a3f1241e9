/** Checkpoints of containers, which criu makes and restores for the runtime. */
import { join } from "@std/path/posix";
import { type Any, CheckpointOptions } from "../proto/mod.ts";
import { StatusCode, StatusError } from "../shim/mod.ts";
import { withoutHost } from "./options/mod.ts";

const TYPE = "containerd.runc.v1.CheckpointOptions";

/** The image that every checkpoint has, see criu's documentation of its images. */
const INVENTORY = "inventory.img";

/** How many of criu's errors are in a message: the last ones. */
const TOLD_ERRORS = 8;

/**
 * Decodes the options of a request; without any, the defaults.
 * @throws {StatusError} INVALID_ARGUMENT if they are of another type or can't be decoded.
 */
export function decodeCheckpointOptions(any: Any.Properties | null | undefined): CheckpointOptions {
  if (!any?.typeUrl) return CheckpointOptions.decode(new Uint8Array());
  if (withoutHost(any.typeUrl) !== TYPE) {
    throw new StatusError(
      StatusCode.INVALID_ARGUMENT,
      `expected checkpoint options of the type ${TYPE}, not ${any.typeUrl}`,
    );
  }
  try {
    return CheckpointOptions.decode(any.value ?? new Uint8Array());
  } catch (error) {
    throw new StatusError(
      StatusCode.INVALID_ARGUMENT,
      `can't decode the checkpoint options: ${(error as Error).message}`,
    );
  }
}

/**
 * Checks that a folder holds a checkpoint.
 * @throws {StatusError} INVALID_ARGUMENT if it holds none.
 */
export async function expectCheckpoint(folder: string): Promise<void> {
  try {
    await Deno.stat(join(folder, INVENTORY));
  } catch (error) {
    throw new StatusError(
      StatusCode.INVALID_ARGUMENT,
      `expected a checkpoint of criu in ${folder}: ${(error as Error).message}`,
    );
  }
}

/**
 * Runs a command of the runtime that runs criu.
 * @param log The path of criu's log.
 * @param kept The path to which the log is copied if the command fails.
 * @throws {Error} If the command fails, with the errors in criu's log: the runtime itself says no more than that criu failed.
 */
export async function runCriu(
  command: () => Promise<void>,
  log: string,
  kept: string,
): Promise<void> {
  // If the runtime fails before it runs criu, the log of an earlier failure must not be taken for this one's.
  await Deno.remove(log).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  try {
    await command();
  } catch (error) {
    throw await withReasons(error as Error, log, kept);
  }
}

async function withReasons(error: Error, log: string, kept: string): Promise<Error> {
  let text: string;
  try {
    text = await Deno.readTextFile(log);
  } catch {
    return error;
  }
  const [what] = error.message.split("\n");
  const reasons = criuErrors(text).slice(-TOLD_ERRORS).join("; ");
  const where = log === kept ? `in ${log}` : await keepLog(text, kept);
  return new Error(`${what}: ${reasons} (all that criu has logged is ${where})`, { cause: error });
}

/** @returns Where the log is, for the message. */
async function keepLog(text: string, path: string): Promise<string> {
  try {
    await Deno.writeTextFile(path, text, { mode: 0o600 });
    return `in ${path}`;
  } catch (error) {
    return `lost: ${(error as Error).message}`;
  }
}

/** The errors in a log of criu, each once: lines like `(00.160106) Error (criu/cr-dump.c:1975): Dumping FAILED.` */
function criuErrors(log: string): string[] {
  const lines = log.matchAll(/Error \([^)]*:\d+\): (.+)/g);
  return [...new Set([...lines].map(([, message]) => message.trim()))];
}
