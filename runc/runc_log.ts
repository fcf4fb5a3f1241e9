/** The log that a command of the runtime writes: JSON objects, as a rule one a line. */
/** How many bytes are read of the end of a log: a noisy runtime may have written any amount. */
const TAIL_BYTES = 1 << 18;

/**
 * Prepares a log for a command. What is no regular file, a folder perhaps, would make every command fail, and is removed.
 * @returns The size of the log, in bytes, before the command.
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

/** The newline between two objects. crun, when it is built with json-c (from 1.22 on), puts an object on several lines. */
const ENTRY_END = /\n(?! {2}"|\}$)/m;

/**
 * The message of the last error in a log; undefined if there is none.
 * @param logged What {@linkcode prepareLog} has returned: entries before that are of earlier commands.
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
      // Some runtimes log lines that are no JSON, too.
    }
  }
  // A single entry of which only the end was read can't be parsed, and is the message itself.
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
