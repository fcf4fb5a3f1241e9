/** What a run of `deno test` came to. */
export interface Result {
  passed: number;
  /** What failed: its name and place, and below it what was thrown. */
  failures: string[];
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  apos: "'",
  gt: ">",
  lt: "<",
  quot: '"',
};

/** Reads a report in JUnit's format, as `deno test --junit-path` writes it; it is empty where none ran. */
export async function readReport(path: string): Promise<Result> {
  const report = await Deno.readTextFile(path);
  const result: Result = { passed: 0, failures: [] };
  for (const [, attributes, inner] of report.matchAll(/<testcase ([^>]*)>([^]*?)<\/testcase>/g)) {
    const failure = inner.match(/<failure [^>]*>([^]*?)<\/failure>/);
    if (failure) {
      const { name, classname, line } = readAttributes(attributes);
      result.failures.push(`${name} (${classname}:${line})\n${unescape(failure[1])}`);
    } else if (!inner.includes("<skipped")) result.passed++;
  }
  return result;
}

function readAttributes(text: string): Record<string, string> {
  const attributes = text.matchAll(/([a-z]+)="([^"]*)"/g);
  return Object.fromEntries(attributes.map(([, name, value]) => [name, unescape(value)]));
}

function unescape(text: string): string {
  return text.replace(/&([a-z]+);/g, (whole, name) => ENTITIES[name] ?? whole);
}
