/**
 * What an operator chooses for all shims of a host: by a file, and by variables of containerd's environment, which win. This is the one
 * place where either is read; docs/operating.md has the table of the keys.
 *
 * `start` and the server read it once, when they begin. So a file that is changed, or spoilt, touches no server that runs: the next
 * `start` finds what is wrong. `delete` reads nothing of it, for it must clean up in any case.
 */

import type { LogLevel } from "../common/logger.ts";
import { isThere } from "../libc/kernel_files.ts";

/** What a variable of an environment says; undefined where it is not there. */
type Environment = (name: string) => string | undefined;

/** The protocols by which containerd can call a server, by containerd's names for them. */
export type Protocol = "ttrpc" | "grpc";

/** How long, in seconds, is waited for who reads or writes the streams of a process that has ended. */
export interface Drain {
  /** For the client to read the last output before it is told of the exit. */
  readonly exitSeconds: number;
  /** In a Delete, for a client, or a file system, that takes nothing. */
  readonly readerSeconds: number;
  /** In a Delete, for another process, a grandchild perhaps, that holds an output open and writes nothing. */
  readonly writerSeconds: number;
  /**
   * In a Delete, for all output to be carried. containerd's CRI gives up a Delete after 10 seconds, and handles no other exit
   * meanwhile.
   */
  readonly totalSeconds: number;
}

/** All settings, as they are in the file. */
export interface Settings {
  /** The least level of what is logged; without it, the one that containerd asks for. */
  readonly logLevel?: LogLevel;
  /** The protocol of a server that is started. */
  readonly protocol: Protocol;
  /** Whether a server whose containers are gone waits for the next `start`, see bootstrap/door.ts. */
  readonly spare: boolean;
  /** How many containers may share a server, see bootstrap/shared.ts. */
  readonly share: number;
  /** Whether a shim may do itself what it knows that a command of its runtime does. */
  readonly direct: boolean;
  readonly drain: Drain;
}

/** What `share` may be, in words. */
export const SHARE_EXPECTED = "a whole number from 1 to 1000";

/** Whether a value can be `share`. */
export function isShare(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 1000;
}

/** What holds where nobody has chosen anything. */
export const DEFAULTS: Settings = {
  protocol: "ttrpc",
  spare: true,
  share: 1,
  direct: true,
  drain: { exitSeconds: 2, readerSeconds: 5, writerSeconds: 2, totalSeconds: 8 },
};

/**
 * Reads the settings.
 * @param program The name of the shim's program: its file is `/etc/NAME.json`, unless the variable `SHIM_CONFIG` names another.
 * @param environment By default this process's.
 * @throws {Error} If the file, or a variable, says what can't be; with the file, the line and the key. A file that `SHIM_CONFIG` names
 * must be there.
 */
export async function readSettings(
  program: string,
  environment: Environment = (name) => Deno.env.get(name),
): Promise<Settings> {
  const chosen = environment("SHIM_CONFIG");
  if (chosen && !chosen.startsWith("/")) {
    throw new Error(`expected an absolute path in SHIM_CONFIG, not ${chosen}`);
  }
  const path = chosen || `/etc/${program}.json`;
  const text = readText(path, !chosen);
  const fromFile = text === undefined
    ? undefined
    : (await import("./file.ts")).parseSettings(text, path);
  return {
    ...DEFAULTS,
    ...fromFile,
    ...fromEnvironment(environment),
    drain: { ...DEFAULTS.drain, ...fromFile?.drain },
  };
}

/** @param orNone Whether the file need not be there. */
function readText(path: string, orNone: boolean): string | undefined {
  try {
    // As a rule there is none: that is told without an exception, the first of which takes 0.4 ms.
    return orNone && !isThere(path) ? undefined : Deno.readTextFileSync(path);
  } catch (error) {
    throw new Error(`can't read the settings in ${path}: ${(error as Error).message}`);
  }
}

/** What the variables `SHIM_PROTOCOL`, `SHIM_SPARE`, `SHIM_SHARE` and `SHIM_DIRECT` say; an empty one says nothing. */
function fromEnvironment(environment: Environment): Partial<Settings> {
  const variable = <Word extends string>(name: string, words: readonly Word[]) =>
    oneOf(words, name, environment(name));
  const protocol = variable("SHIM_PROTOCOL", ["ttrpc", "grpc"]);
  const spare = variable("SHIM_SPARE", ["on", "off"]);
  const direct = variable("SHIM_DIRECT", ["on", "off"]);
  const share = toShare(environment("SHIM_SHARE"));
  return {
    ...protocol && { protocol },
    ...spare && { spare: spare === "on" },
    ...share && { share },
    ...direct && { direct: direct === "on" },
  };
}

function toShare(value: string | undefined): number | undefined {
  if (!value) return undefined;
  if (/^\d+$/.test(value) && isShare(Number(value))) return Number(value);
  throw new Error(`expected ${SHARE_EXPECTED} in SHIM_SHARE, not ${value}`);
}

function oneOf<Word extends string>(
  words: readonly Word[],
  name: string,
  value: string | undefined,
): Word | undefined {
  if (!value) return undefined;
  const word = words.find((each) => each === value);
  if (word === undefined) {
    throw new Error(`expected ${words.join(" or ")} in ${name}, not ${value}`);
  }
  return word;
}
