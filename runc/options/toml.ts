/** Runtime options as TOML: the options table of a runtime in containerd's configuration, `BinaryName = "crun"` and so on. */
import { parse } from "@std/toml/parse";
import { RuncOptions } from "../../proto/mod.ts";
import type { Logger } from "../../shim/mod.ts";

const MAX_UINT32 = 0xffff_ffff;

/** Keys that mean nothing here and come all the same: containerd's own for the table, and one from its older default configuration. */
const IGNORED = ["typeurl", "criupath"];

/**
 * Reads options whose keys are the names of the fields of {@linkcode RuncOptions}, in any case, as Go's decoders take them.
 * @param toml Its bytes.
 * @param logger Is warned of keys that are the name of no option.
 * @throws {Error} for what is no TOML, and for values of another type than the option's.
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

/** @param options All are there, with values of their types. */
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
