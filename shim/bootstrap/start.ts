/**
 * The action `start`: leaves a server behind, or finds the one of the same group, and answers with its address. It is synchronous
 * where it can be, as nothing else happens meanwhile.
 */
import { dirname, isAbsolute, join } from "@std/path/posix";
import { removeIfThere } from "../common/files.ts";
import { isThere } from "../libc/kernel_files.ts";
import { readSettings, type Settings } from "../settings/settings.ts";
import {
  ADDRESS_FILE,
  checkSocketPath,
  lockPath,
  readGroupId,
  serverName,
  socketPath,
  sparePath,
  toSocketPath,
} from "./address.ts";
import { answerVersion, NEWEST_VERSION } from "./answer_version.ts";
import type { Arguments } from "./arguments.ts";
import { makeOffer, offerAt } from "./door.ts";
import { type Listening, takeInput } from "./handshake.ts";
import { isAnswered } from "./is_answered.ts";
import { lockFile } from "./lock_file.ts";
import { encodeResult, readStartParams, type StartParams } from "./start_params.ts";

/** What is started: of a program, see run.ts, what `start` needs of it. */
export interface StartedProgram {
  readonly name: string;
  /** Whether its servers can have several containers, one after the other or at a time. */
  readonly isReusable?: boolean;
}

/**
 * Does the action.
 * @param giveAnswer Writes the answer to standard output. Nothing else may be written there, nor to standard error.
 * @throws {Error} If no server listens, or the answer can't be given; nothing is left of a server that was begun.
 */
export async function start(
  args: Arguments,
  { name, isReusable = false }: StartedProgram,
  giveAnswer: (answer: Uint8Array) => void,
): Promise<void> {
  if (args.id === "") throw new Error("the flag -id is required and can't be empty");
  const settings = await readSettings(name);
  const input = takeInput();
  const params = readStartParams(input, args);
  const { protocol } = settings;
  const version = params
    ? NEWEST_VERSION
    : answerVersion(Deno.env.get("MAX_SHIM_VERSION"), args.bundle);
  if (protocol === "grpc" && version !== 2) {
    // containerd up to 1.6 calls no shim by gRPC; from 2.0 on it takes a new gRPC connection for a lost one, and cleans up.
    throw new Error("only containerd 1.7 can use a shim by gRPC; choose ttrpc as the protocol");
  }
  const group = readGroupId(args.bundle);
  const path = await findSocketPath(args, params, serverName(group ?? args.id, protocol));
  Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });

  // containerd takes an address of gRPC for a plain path.
  const address = protocol === "grpc" ? path : `unix://${path}`;
  const result = { version, address, protocol };
  const answer = params
    ? encodeResult({ ...result, version: NEWEST_VERSION })
    : new TextEncoder().encode(version === undefined ? address : JSON.stringify(result));
  // It is written before there is a server, so that `delete` can clean up after both. A restarted containerd 1.7 reads JSON, too.
  const kept = protocol === "ttrpc" ? address : JSON.stringify(result);
  Deno.writeTextFileSync(join(args.bundle, ADDRESS_FILE), kept);

  if (await isFound(path)) return giveAnswer(answer);
  const serving = { ...args, socket: path };
  const spawn = async (args: Arguments) => {
    const { startServer } = await import("./start_server.ts");
    return startServer(args, input);
  };
  const begin = async (args: Arguments) =>
    await takeSpare(args, input, settings) ?? await spawn(args);
  // A server with a core scheduling cookie has one of its own.
  const isPlain = isReusable && protocol === "ttrpc" && !Deno.env.get("SCHED_CORE");
  let server: Listening;
  try {
    if (isPlain && group === undefined && settings.share > 1) {
      const { joinOrBegin } = await import("./shared.ts");
      server = await joinOrBegin(serving, input, await optionsIn(input, params), settings, begin);
    } else {
      server = isPlain ? await begin(serving) : await spawn(serving);
    }
  } catch (error) {
    await removeLeft(path);
    throw error;
  }
  giveAnswer(answer);
  await server.sayAnswerGiven();
}

/** Whether a server listens already that containerd knows of. */
async function isFound(socket: string): Promise<boolean> {
  // As a rule there is no socket. The server that is spawned looks once more, with the lock.
  if (!isThere(socket)) return false;
  using _lock = await lockFile(lockPath(socket));
  return isAnswered(socket);
}

/** Gives the container to a spare server, if there is one that can do all that one does which is started now. */
async function takeSpare(
  args: Arguments,
  input: Uint8Array<ArrayBuffer>,
  settings: Settings,
): Promise<Listening | undefined> {
  if (!settings.spare) return undefined;
  const path = await sparePath(args);
  if (!isThere(path)) return undefined;
  try {
    return offerAt(path, makeOffer(args, input, settings));
  } catch {
    // It was killed, hangs, or another `start` has taken it before.
    return undefined;
  }
}

/** Removes the socket that a killed server has left. */
async function removeLeft(socket: string): Promise<void> {
  using _lock = await lockFile(lockPath(socket));
  if (!isAnswered(socket)) removeIfThere(socket);
}

/** What containerd has given on standard input, without the container's name. */
async function optionsIn(
  input: Uint8Array,
  params: StartParams | undefined,
): Promise<Uint8Array> {
  if (params === undefined) return input;
  const { BootstrapParams } = await import("../../proto/mod.ts");
  return BootstrapParams.encode({ ...BootstrapParams.decode(input), instanceId: "" }).finish();
}

async function findSocketPath(
  { address, namespace }: Arguments,
  params: StartParams | undefined,
  name: string,
): Promise<string> {
  const folder = params?.socketDir || undefined;
  if (folder !== undefined && !isAbsolute(folder)) {
    throw new Error(`expected an absolute path as socket_dir, not ${folder}`);
  }
  const containerd = toSocketPath(params?.containerdGrpcAddress || address);
  const path = await socketPath(containerd, namespace, name, folder);
  checkSocketPath(path);
  return path;
}
