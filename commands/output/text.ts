/** How things are told to people. */

const BINARY_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** A size: `13.1 MiB`. */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < BINARY_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${BINARY_UNITS[unit]}`;
}

const MINUTE = 60, HOUR = 3_600, DAY = 86_400;

/** A time, with its two largest units: `3d4h`. */
export function duration(seconds: number): string {
  const whole = Math.floor(seconds);
  if (whole < MINUTE) return `${whole}s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)}m${whole % MINUTE}s`;
  if (whole < DAY) return `${Math.floor(whole / HOUR)}h${Math.floor(whole % HOUR / MINUTE)}m`;
  return `${Math.floor(whole / DAY)}d${Math.floor(whole % DAY / HOUR)}h`;
}

const LONG_ID = /^[0-9a-f]{64}$/;
const SHORT_CHARACTERS = 12;

/** An id, the long ones of docker and Kubernetes cut as docker cuts them: a prefix names a container as well. */
export function shortId(id: string): string {
  return LONG_ID.test(id) ? id.slice(0, SHORT_CHARACTERS) : id;
}

/** A command line in one line, without what would change a terminal. */
export function commandLine(words: readonly string[]): string {
  // deno-lint-ignore no-control-regex -- those are the ones
  return words.join(" ").replaceAll(/[\x00-\x1f\x7f-\x9f]/g, "?");
}

/** A word as a shell takes it. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** What stands out at a terminal, and only there; NO_COLOR (https://no-color.org) is respected. */
export const colours = {
  bad: (text: string) => coloured(31, text),
  good: (text: string) => coloured(32, text),
  doubtful: (text: string) => coloured(33, text),
  bold: (text: string) => coloured(1, text),
  dim: (text: string) => coloured(2, text),
};

function coloured(code: number, text: string): string {
  const isWanted = Deno.stdout.isTerminal() && !Deno.env.get("NO_COLOR");
  return isWanted ? `\x1b[${code}m${text}\x1b[m` : text;
}
