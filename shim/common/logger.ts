/**
 * The shim's log, in the text format of logrus, in which containerd logs, too:
 * `time="2006-01-02T15:04:05.000Z" level=info msg="…" key=value`.
 */

/** Further facts of a message, which are written as `key=value`; of an Error its message is written. */
export type Fields = Readonly<Record<string, unknown>>;

/** Takes messages of four levels. */
export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

type Level = "debug" | "info" | "warning" | "error";

const encoder = new TextEncoder();

/** Writes a value as logrus does: in quotes unless it is of plain characters. */
function quote(value: unknown): string {
  const text = value instanceof Error ? value.message : String(value);
  return /^[A-Za-z0-9\-._\/@^+]+$/.test(text) ? text : JSON.stringify(text);
}

/** A line of the log, with its newline. */
function formatLine(time: Date, level: Level, message: string, fields: Fields): string {
  let line = `time=${JSON.stringify(time.toISOString())} level=${level} msg=${quote(message)}`;
  for (const [key, value] of Object.entries(fields)) line += ` ${key}=${quote(value)}`;
  return line + "\n";
}

/**
 * Makes a logger.
 * @param sink Gets the lines.
 * @param debug Whether messages of the level debug are logged.
 * @param fields Are written with each message; a message's own field of the same name takes precedence.
 */
export function createLogger(
  sink: (line: Uint8Array<ArrayBuffer>) => void,
  debug: boolean,
  fields: Fields,
): Logger {
  const log = (level: Level) => (message: string, more?: Fields) =>
    sink(encoder.encode(formatLine(new Date(), level, message, { ...fields, ...more })));
  return {
    debug: debug ? log("debug") : () => {},
    info: log("info"),
    warn: log("warning"),
    error: log("error"),
  };
}

/**
 * Does some work whose failure changes nothing for the caller, as a clean-up after another error: its own error is only logged.
 * @param what What the log says behind `can't`.
 */
export async function orWarn(
  logger: Pick<Logger, "warn">,
  what: string,
  work: () => void | Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    logger.warn(`can't ${what}`, { error });
  }
}
