/** The runtime options of a container, in each form in which clients send them. */
import { type Any, CreateOptions, RuncOptions, RuntimeOptions } from "../../proto/mod.ts";
import { type Logger, StatusCode, StatusError } from "../../shim/mod.ts";

/** The type that ctr sends, and containerd's CRI to the runtime io.containerd.runc.v2. */
const RUNC = "containerd.runc.v1.Options";
/** The type that containerd's CRI sends to a runtime of any other name: the same options as TOML. */
const GENERIC = "runtimeoptions.v1.Options";
/** The type that containerd's client up to 1.7 sends to a runtime of any other name: `ctr run` with `--no-pivot` or `--uidmap`. */
const CREATE = "containerd.linux.runc.CreateOptions";

/** The type in a type URL, which may begin with a host: `types.containerd.io/…`, `type.googleapis.com/…`. */
export function withoutHost(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
}

/** Whether an Any has a type that {@linkcode decodeOptions} reads. */
export function isOptions({ typeUrl = "" }: Any.Properties): boolean {
  return [RUNC, GENERIC, CREATE].includes(withoutHost(typeUrl));
}

/**
 * Reads the runtime options of a request; without any, the defaults.
 * @param logger Gets a warning for each unknown option.
 * @throws {StatusError} INVALID_ARGUMENT if they are of another type or can't be read.
 */
export async function decodeOptions(
  any: Any.Properties | null | undefined,
  logger: Pick<Logger, "warn">,
): Promise<RuncOptions> {
  if (!any?.typeUrl) return defaults();
  if (!isOptions(any)) throw unexpectedType(any.typeUrl);
  const type = withoutHost(any.typeUrl);
  const value = any.value ?? new Uint8Array();
  if (type === RUNC) return await orRefuse("", () => RuncOptions.decode(value));
  if (type === CREATE) {
    return await orRefuse("", () => ({ ...defaults(), ...CreateOptions.decode(value) }));
  }
  const generic = await orRefuse("", () => RuntimeOptions.decode(value));
  if (generic.typeUrl !== "" && withoutHost(generic.typeUrl) !== RUNC) {
    throw unexpectedType(generic.typeUrl);
  }
  const { configPath, configBody } = generic;
  return await orRefuse(configPath && ` in ${configPath}`, async () => {
    const toml = configPath === "" ? configBody : await Deno.readFile(configPath);
    // Few clients send TOML, so its parser is loaded only then.
    const { parseOptions } = await import("./toml.ts");
    return parseOptions(toml, logger);
  });
}

function defaults(): RuncOptions {
  return RuncOptions.decode(new Uint8Array());
}

/** Reads something, and turns an error of that into INVALID_ARGUMENT. */
async function orRefuse<Value>(
  where: string,
  read: () => Value | Promise<Value>,
): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    const reason = (error as Error).message;
    const message = `can't read the runtime options${where}: ${reason}`;
    throw new StatusError(StatusCode.INVALID_ARGUMENT, message);
  }
}

function unexpectedType(typeUrl: string): StatusError {
  return new StatusError(
    StatusCode.INVALID_ARGUMENT,
    `expected runtime options of the type ${RUNC}, ${GENERIC} or ${CREATE}, not ${typeUrl}`,
  );
}
