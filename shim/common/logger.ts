/**
 * The shim's log, in the text format of logrus, which containerd's own log has too:
 * `time="2006-01-02T15:04:05.000000000Z" level=info msg="…" key=value`.
 */
/** Further facts of a message, printed as `key=value`. An Error's value is its message. */
export type Fields = Readonly<Record<string, unknown>>;

/** Where messages go. */
export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

type Level = "debug" | "info" | "warning" | "error";

const encoder = new TextEncoder();

function quote(value: unknown): string {
  const text = value instanceof Error ? value.message : String(value);
  return /^[A-Za-z0-9\-._\/@^+]+$/.test(text) ? text : JSON.stringify(text);
}

/** One line of the log, its newline included. */
function formatLine(time: Date, level: Level, message: string, fields: Fields): string {
  let line = `time=${JSON.stringify(time.toISOString())} level=${level} msg=${quote(message)}`;
  for (const [key, value] of Object.entries(fields)) line += ` ${key}=${quote(value)}`;
  return line + "\n";
}

/**
 * A logger that hands its lines to `sink`.
 * @param fields Printed with each message that does not have one of the same name.
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
 * Does what is to be done when the outcome is clear already, as after a failure whose error is the one to be told: an error of this is
 * only logged.
 * @param what For the log, behind `can't`.
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
