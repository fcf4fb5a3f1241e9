/** The action `start`: leaves a server behind, or finds the one of the same group, and answers with its address. */
import { join } from "@std/path/posix";
import {
  ADDRESS_FILE,
  checkSocketPath,
  isAnswered,
  lockPath,
  readGroupId,
  removeSocket,
  SOCKET_FOLDER,
  socketPath,
} from "./address.ts";
import type { Arguments } from "./arguments.ts";
import { ownExecutable } from "./executable.ts";
import { giveStartOptions, takeStartOptions, waitUntilListening } from "./handshake.ts";
import {
  close,
  createCoreSchedulingCookie,
  open,
  OpenFlag,
  pipe,
  readText,
  SystemError,
  writeText,
} from "./libc/mod.ts";
import { lockFile } from "./lock_file.ts";

const OUR_VERSION = 3;
const OLDEST_VERSION_IN_JSON = 2;
const MAX_OOM_SCORE_ADJ = 1000;

/**
 * Does the action.
 * @returns The answer for standard output, on which, as on standard error, nothing else may be written.
 * @throws {Error} where there is no server to tell of; nothing of it is left then.
 */
export async function start(args: Arguments): Promise<string> {
  if (args.id === "") throw new Error("the flag -id is required and can't be empty");
  const options = takeStartOptions();
  const version = answerVersion(Deno.env.get("MAX_SHIM_VERSION"));
  const groupId = await readGroupId(args.bundle, args.id);
  const path = await socketPath(args.address, args.namespace, groupId);
  checkSocketPath(path);
  await Deno.mkdir(SOCKET_FOLDER, { recursive: true, mode: 0o700 });

  using _lock = await lockFile(lockPath(path));
  if (!await isAnswered(path)) {
    removeSocket(path);
    startServer(args, path, options);
  }
  const address = `unix://${path}`;
  await Deno.writeTextFile(join(args.bundle, ADDRESS_FILE), address);
  return version === undefined ? address : JSON.stringify({ version, address, protocol: "ttrpc" });
}

/** containerd 1.6 asks for no version and takes the address alone; later ones say the newest that they take. */
function answerVersion(newest: string | undefined): number | undefined {
  if (newest === undefined || newest === "") return undefined;
  const version = Number(newest);
  if (!Number.isInteger(version) || version < OLDEST_VERSION_IN_JSON) {
    throw new Error(
      `expected a whole number from ${OLDEST_VERSION_IN_JSON} in MAX_SHIM_VERSION, not ${newest}`,
    );
  }
  return Math.min(version, OUR_VERSION);
}

function startServer(
  args: Arguments,
  socket: string,
  options: Uint8Array<ArrayBuffer>,
): void {
  if (Deno.env.get("SCHED_CORE")) createCoreSchedulingCookie();
  const input = pipe();
  const output = pipe();
  const errors = openLog(args.bundle);
  const server = new Deno.Command(ownExecutable(), {
    args: [
      ...["-namespace", args.namespace, "-id", args.id, "-address", args.address],
      ...["-socket", socket, "-bundle", args.bundle],
      ...(args.debug ? ["-debug"] : []),
      "serve",
    ],
    // A bundle goes away with its container, and a server for a group stays.
    cwd: "/",
    // Deno takes descriptors here, though its types do not say so.
    stdin: input.read as unknown as "null",
    stdout: output.write as unknown as "null",
    stderr: errors as unknown as "null",
    // A session of its own: no terminal and no process group of containerd's reaches it.
    detached: true,
  }).spawn();
  close(errors);
  adjustOomScore(server.pid);
  giveStartOptions(input, options);
  waitUntilListening(output);
}

/** The log FIFO of the bundle, opened for both directions so that it opens without a reader. */
function openLog(bundle: string): number {
  try {
    return open(join(bundle, "log"), OpenFlag.RDWR);
  } catch {
    return open("/dev/null", OpenFlag.WRONLY);
  }
}

/** Under memory pressure the kernel shall end the shim before containerd, which is our parent. */
function adjustOomScore(pid: number): void {
  try {
    const score = Number(readText(`/proc/${Deno.ppid}/oom_score_adj`));
    writeText(`/proc/${pid}/oom_score_adj`, `${Math.min(score + 1, MAX_OOM_SCORE_ADJ)}`);
  } catch (error) {
    // Without CAP_SYS_RESOURCE it can't be lowered, and a server that has died is told of by the handshake.
    if (!(error instanceof SystemError)) throw error;
  }
}
