/** Runtime options as TOML: the options table of a runtime in containerd's configuration, `BinaryName = "crun"` and so on. */
import { parse } from "@std/toml/parse";
import { RuncOptions } from "../../proto/mod.ts";
import type { Logger } from "../../shim/mod.ts";

const MAX_UINT32 = 0xffff_ffff;

/** Keys that are passed over: containerd's own for the table, and one from its older default configuration. */
const IGNORED = ["typeurl", "criupath"];

/**
 * Reads options. The keys are the names of {@linkcode RuncOptions}' fields, in upper or lower case, as Go's decoders take them.
 * @param toml TOML in UTF-8.
 * @param logger Gets a warning for each key that is no option.
 * @throws {Error} If it is no TOML, or a value has another type than its option.
 */
export function parseOptions(toml: Uint8Array, logger: Pick<Logger, "warn">): RuncOptions {
  const options = RuncOptions.decode(new Uint8Array());
  const names = Object.keys(options) as (keyof RuncOptions)[];
  for (const [key, value] of Object.entries(parse(decodeText(toml)))) {
    const name = names.find((name) => name.toLowerCase() === key.toLowerCase());
    if (name !== undefined) setOption(options, name, key, value);
    else if (!IGNORED.includes(key.toLowerCase())) {
      logger.warn(`passed over an unknown runtime option: ${key}`);
    }
  }
  return options;
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error("expected TOML in UTF-8");
  }
}

/**
 * Sets an option.
 * @param options Every option is set, so that its value tells its type.
 */
function setOption(
  options: RuncOptions,
  name: keyof RuncOptions,
  key: string,
  value: unknown,
): void {
  const type = typeof options[name];
  const fits = typeof value === type && (type !== "number" || isUint32(value as number));
  if (!fits) {
    const expected = type === "number" ? `a whole number from 0 to ${MAX_UINT32}` : `a ${type}`;
    throw new Error(`expected ${expected} for ${key}, not ${JSON.stringify(value)}`);
  }
  Object.assign(options, { [name]: value });
}

function isUint32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MAX_UINT32;
}
