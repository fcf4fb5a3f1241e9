/**
 * What a `start` comes to: where its server serves, and what it answers. `start` finds that out itself, or a server that it has knocked
 * at (door.ts) does so in its place; both are the same process in all that matters here (inherited.ts).
 */
import { dirname, isAbsolute, join } from "@std/path/posix";
import { isThere } from "../libc/kernel_files.ts";
import type { Protocol } from "../settings/settings.ts";
import {
  ADDRESS_FILE,
  checkSocketPath,
  lockPath,
  readGroupId,
  serverName,
  socketPath,
} from "./address.ts";
import { answerVersion, NEWEST_VERSION } from "./answer_version.ts";
import type { Arguments } from "./arguments.ts";
import { toSocketPath } from "./first_door.ts";
import { isAnswered } from "./is_answered.ts";
import { lockFile } from "./lock_file.ts";
import { encodeResult, readStartParams, type StartParams } from "./start_params.ts";

/** See above. */
export interface Plan {
  /** With the socket to serve on. */
  readonly args: Arguments;
  /** For containerd. */
  readonly answer: Uint8Array;
  /** What containerd has given, where these are BootstrapParams. */
  readonly params: StartParams | undefined;
  /** The group that the container belongs to. */
  readonly group: string | undefined;
  /** Whether a server can do that which was not started for it. One with a core scheduling cookie has one of its own. */
  readonly isPlain: boolean;
}

/**
 * Plans a `start`, and writes the address into the bundle, so that `delete` can clean up after a server that is begun from now on.
 * @param input What came on standard input.
 * @throws {Error} If there can be no server.
 */
export async function planStart(
  args: Arguments,
  input: Uint8Array<ArrayBuffer>,
  protocol: Protocol,
): Promise<Plan> {
  if (args.id === "") throw new Error("the flag -id is required and can't be empty");
  const params = readStartParams(input, args);
  const version = params
    ? NEWEST_VERSION
    : answerVersion(Deno.env.get("MAX_SHIM_VERSION"), args.bundle);
  if (protocol === "grpc" && version !== 2) {
    // containerd up to 1.6 calls no shim by gRPC; from 2.0 on it takes a new gRPC connection for a lost one, and cleans up.
    throw new Error("only containerd 1.7 can use a shim by gRPC; choose ttrpc as the protocol");
  }
  const group = readGroupId(args.bundle);
  const socket = await findSocketPath(args, params, serverName(group ?? args.id, protocol));
  Deno.mkdirSync(dirname(socket), { recursive: true, mode: 0o700 });

  // containerd takes an address of gRPC for a plain path.
  const address = protocol === "grpc" ? socket : `unix://${socket}`;
  const result = { version, address, protocol };
  const answer = params
    ? encodeResult({ ...result, version: NEWEST_VERSION })
    : new TextEncoder().encode(version === undefined ? address : JSON.stringify(result));
  // A restarted containerd 1.7 reads JSON, too.
  const kept = protocol === "ttrpc" ? address : JSON.stringify(result);
  Deno.writeTextFileSync(join(args.bundle, ADDRESS_FILE), kept);
  const isPlain = protocol === "ttrpc" && !Deno.env.get("SCHED_CORE");
  return { args: { ...args, socket }, answer, params, group, isPlain };
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

/** Whether a server listens already that containerd knows of. */
export async function isFound(socket: string): Promise<boolean> {
  // As a rule there is no socket. A server that is spawned looks once more, with the lock.
  if (!isThere(socket)) return false;
  using _lock = await lockFile(lockPath(socket));
  return isAnswered(socket);
}

/** What containerd has given on standard input, without the container's name. */
export async function optionsIn(
  input: Uint8Array,
  params: StartParams | undefined,
): Promise<Uint8Array> {
  if (params === undefined) return input;
  const { BootstrapParams } = await import("../../proto/mod.ts");
  return BootstrapParams.encode({ ...BootstrapParams.decode(input), instanceId: "" }).finish();
}
