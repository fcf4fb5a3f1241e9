/** The log that a command of the runtime writes: JSON objects, as a rule one a line. */
/** How much of the end of a log is looked at: a noisy runtime may have written any amount. */
const TAIL_BYTES = 1 << 18;

/**
 * To be called before a command is run: what can't be logged to, a folder perhaps, makes every command fail, and is removed.
 * @returns How many bytes others have logged.
 */
export function prepareLog(path: string): number {
  let info: Deno.FileInfo;
  try {
    info = Deno.lstatSync(path);
  } catch {
    return 0;
  }
  if (info.isFile) return info.size;
  Deno.removeSync(path, { recursive: true });
  return 0;
}

/** The end of a line that ends an object: crun, where it is built with json-c (from 1.22 on), puts one on several lines. */
const ENTRY_END = /\n(?! {2}"|\}$)/m;

/**
 * The message of the last error in a log.
 * @param logged Where the log of the command begins, in bytes.
 */
export function readLastError(path: string, logged: number): string | undefined {
  const text = readTail(path, logged);
  if (text === undefined) return undefined;
  const entries = text.trimEnd().split(ENTRY_END);
  for (const entry of entries.toReversed()) {
    try {
      const { level, msg } = JSON.parse(entry);
      if (level === "error") return String(msg).trim();
    } catch {
      // Not every runtime logs JSON alone.
    }
  }
  // One that is longer than what was read of it.
  return text.length >= TAIL_BYTES && entries.length === 1 ? text : undefined;
}

function readTail(path: string, from: number): string | undefined {
  try {
    using file = Deno.openSync(path);
    const { size } = file.statSync();
    const bytes = new Uint8Array(Math.min(TAIL_BYTES, Math.max(0, size - from)));
    file.seekSync(size - bytes.length, Deno.SeekMode.Start);
    return new TextDecoder().decode(bytes.subarray(0, file.readSync(bytes) ?? 0));
  } catch {
    return undefined;
  }
}
