/**
 * What containerd tells a shim at its start: from 2.3 on by BootstrapParams on standard input; before that by flags, by the
 * environment, and by the runtime options on standard input.
 */
import { Any, BootstrapLogLevel, BootstrapParams } from "../../proto/mod.ts";
import type { Protocol } from "../settings/settings.ts";
import type { Arguments } from "./arguments.ts";
import { toSocketPath } from "./first_door.ts";
import { areParams } from "./start_params.ts";

/** Where containerd serves its Events service. */
export interface EventsAddress {
  readonly protocol: Protocol;
  /** The path of containerd's socket. */
  readonly path: string;
}

/** What the server needs of that. */
export interface Bootstrap {
  /** Whether to log at debug level. */
  readonly debug: boolean;
  readonly eventsAddress: EventsAddress | undefined;
  /** The runtime options that a containerd before 2.3 gave; an Any without a type stands for none. */
  readonly options: Any | undefined;
  /** The extensions that a later containerd gave: each has a type of its own. Runtime options are one; a shim may not know others. */
  readonly extensions: readonly Any[];
}

/**
 * Reads what containerd tells, in either way.
 * @param input What came on standard input.
 * @throws {Error} If that is neither BootstrapParams of this container, nor runtime options, nor empty.
 */
export function readBootstrap(input: Uint8Array, args: Arguments): Bootstrap {
  const params = decodeBootstrapParams(input, args);
  return {
    debug: params ? params.logLevel <= BootstrapLogLevel.LOG_LEVEL_DEBUG : args.debug,
    eventsAddress: findEventsAddress(params, args),
    options: params ? undefined : decodeOptions(input),
    extensions: params?.extensions.flatMap(({ value }) => value ?? []) ?? [],
  };
}

/** The ttrpc address, which every containerd from 1.6 on gives; without one, the gRPC address. */
function findEventsAddress(
  params: BootstrapParams | undefined,
  args: Arguments,
): EventsAddress | undefined {
  const ttrpc = params?.containerdTtrpcAddress || Deno.env.get("TTRPC_ADDRESS");
  if (ttrpc) return { protocol: "ttrpc", path: toSocketPath(ttrpc) };
  const grpc = params?.containerdGrpcAddress || Deno.env.get("GRPC_ADDRESS") || args.address;
  return grpc ? { protocol: "grpc", path: toSocketPath(grpc) } : undefined;
}

/**
 * Decodes BootstrapParams.
 * @param input What came on standard input.
 * @returns Undefined if it is something else.
 * @throws {Error} If they are another container's.
 */
export function decodeBootstrapParams(
  input: Uint8Array,
  identity: Pick<Arguments, "id" | "namespace">,
): BootstrapParams | undefined {
  let params: BootstrapParams;
  try {
    params = BootstrapParams.decode(input);
  } catch {
    return undefined;
  }
  return areParams(params, identity) ? params : undefined;
}

function decodeOptions(input: Uint8Array): Any {
  try {
    return Any.decode(input);
  } catch (error) {
    const got = `${input.length} bytes that can't be decoded: ${(error as Error).message}`;
    throw new Error(`expected BootstrapParams or runtime options on standard input, not ${got}`);
  }
}
