/**
 * The shim's log, in the text format of logrus, which containerd's own log has too:
 * `time="2006-01-02T15:04:05.000000000Z" level=info msg="…" key=value`.
 */
import { open, OpenFlag, write } from "./libc/mod.ts";

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
export function formatLine(time: Date, level: Level, message: string, fields: Fields): string {
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
 * A sink that writes to a FIFO and never waits: opened for both directions it opens without a reader and a write to it can't end
 * in EPIPE, and what does not fit while nobody reads is dropped. Where there is no FIFO all is dropped.
 */
export function fifoSink(path: string): (line: Uint8Array<ArrayBuffer>) => void {
  let descriptor: number;
  try {
    descriptor = open(path, OpenFlag.RDWR | OpenFlag.NONBLOCK);
  } catch {
    return () => {};
  }
  return (line) => {
    try {
      write(descriptor, line);
    } catch {
      // There is nowhere left to say it.
    }
  };
}
