/**
 * The shim's log, in the text format of logrus, in which containerd logs, too:
 * `time="2006-01-02T15:04:05.000Z" level=info msg="…" key=value`.
 */

/** Further facts of a message, which are written as `key=value`; of an Error its message is written. */
export type Fields = Readonly<Record<string, unknown>>;

/** The levels, from the one with most messages to the one with least. */
const LEVELS = ["debug", "info", "warn", "error"] as const;

/** The least level of which messages are logged. */
export type LogLevel = typeof LEVELS[number];

/** Takes messages of four levels. */
export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

const encoder = new TextEncoder();

/** Writes a value as logrus does: in quotes unless it is of plain characters. */
function quote(value: unknown): string {
  const text = value instanceof Error ? value.message : String(value);
  return /^[A-Za-z0-9\-._\/@^+]+$/.test(text) ? text : JSON.stringify(text);
}

/** A line of the log, with its newline. */
function formatLine(time: Date, level: string, message: string, fields: Fields): string {
  let line = `time=${JSON.stringify(time.toISOString())} level=${level} msg=${quote(message)}`;
  for (const [key, value] of Object.entries(fields)) line += ` ${key}=${quote(value)}`;
  return line + "\n";
}

/**
 * Makes a logger.
 * @param sink Gets the lines.
 * @param least The least level of which messages are logged.
 * @param fields Are written with each message; a message's own field of the same name takes precedence.
 */
export function createLogger(
  sink: (line: Uint8Array<ArrayBuffer>) => void,
  least: LogLevel,
  fields: Fields,
): Logger {
  const log = (level: LogLevel, word: string = level) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return () => {};
    return (message: string, more?: Fields) =>
      sink(encoder.encode(formatLine(new Date(), word, message, { ...fields, ...more })));
  };
  return {
    debug: log("debug"),
    info: log("info"),
    warn: log("warn", "warning"),
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
