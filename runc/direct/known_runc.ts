/**
 * Whether a runtime is a runc of a version whose commands are known, see docs/direct.md. It is found out once for each file, by what Go
 * has written into it, and by what it answers to `--version`.
 */
import { dirname } from "@std/path/posix";
import { killIfThere, SIGKILL, type Spawner } from "../../shim/mod.ts";
import { identify } from "../../shim/libc/mod.ts";
import { endsWithin } from "../../shim/common/ends_within.ts";
import { StandardError } from "../../shim/process/standard_error.ts";
import { mainPackage } from "./build_info.ts";

const RUNC = "github.com/opencontainers/runc";
/** Releases, also as a distribution names them (1.1.5+ds1). What is between two releases may do anything. */
const KNOWN_VERSION = /^runc version 1\.[1-5]\.\d+(?![\d.])(?!.*(?:rc|dev|-g[0-9a-f]))/;
/** How long runc may take to tell its version, in ms. */
const PATIENCE_MS = 5_000;
/** What the last answer to `--version` was: a server that is new then needs not ask. It is in a folder of root's, in memory. */
const NOTE = "/run/containerd/runc-version.json";

/** A program's file. */
interface Program {
  readonly path: string;
  /** Differs for each file that was ever there: see inode(7). */
  readonly identity: string;
}

/** What {@linkcode NOTE} tells. */
interface Answer {
  readonly identity: string;
  readonly said: string;
}

/** The identities of files, and whether each is a known runc. */
const found = new Map<string, boolean>();

/**
 * Finds out, for {@linkcode isKnownRunc}, what runtime this is. Only root's are: what one without root's rights does differs.
 * @param binary As in `Runtime`.
 */
export async function recognize(binary: string, spawner: Spawner): Promise<void> {
  const program = Deno.uid() === 0 ? find(binary) : undefined;
  if (program === undefined || found.has(program.identity)) return;
  found.set(program.identity, false);
  found.set(program.identity, await hasKnownVersion(program, spawner));
}

/** Whether a command of the runtime would be one of a known runc now. */
export function isKnownRunc(binary: string): boolean {
  const program = find(binary);
  return program !== undefined && found.get(program.identity) === true;
}

/** Whether it is known what the runc does that has printed this as its version. */
export function isKnownVersion(said: string): boolean {
  return KNOWN_VERSION.test(said);
}

/** The file that is executed for a name (posix_spawnp(3)), or for an absolute path. */
function find(binary: string): Program | undefined {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  const paths = binary.includes("/") ? [binary] : folders.map((folder) => `${folder}/${binary}`);
  for (const path of paths) {
    // In most folders there is none: that is told without an exception.
    const file = identify(path) && stat(path);
    if (file === undefined || !file.isFile || (file.mode! & 0o111) === 0) continue;
    // In another folder than here, a relative path is another file.
    if (!path.startsWith("/")) return undefined;
    const { dev, ino, size, mtime, ctime } = file;
    return { path, identity: [path, dev, ino, size, mtime?.getTime(), ctime?.getTime()].join(" ") };
  }
  return undefined;
}

function stat(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}

async function hasKnownVersion(program: Program, spawner: Spawner): Promise<boolean> {
  const { identity, path } = program;
  const noted = readNote();
  if (noted?.identity === identity) return isKnownVersion(noted.said);
  if (mainPackage(path) !== RUNC) return false;
  const said = await askVersion(path, spawner);
  // Who has answered may have been replaced meanwhile.
  if (said === undefined || find(path)?.identity !== identity) return false;
  writeNote({ identity, said });
  return isKnownVersion(said);
}

/** What a program prints as its version; undefined if it fails. */
async function askVersion(path: string, spawner: Spawner): Promise<string | undefined> {
  using output = new StandardError();
  const { pid, status } = spawner.spawnExactly(path, {
    args: ["--version"],
    stdout: output.descriptor,
  });
  if (!await endsWithin(status, PATIENCE_MS)) killIfThere(pid, SIGKILL);
  return (await status).success ? output.text : undefined;
}

function readNote(): Answer | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(NOTE));
  } catch {
    return undefined;
  }
}

/** Where it can't be written, or was written in part, each server asks. */
function writeNote(answer: Answer): void {
  try {
    Deno.mkdirSync(dirname(NOTE), { recursive: true, mode: 0o711 });
    Deno.writeTextFileSync(NOTE, JSON.stringify(answer), { mode: 0o600 });
  } catch {
    // See above.
  }
}
