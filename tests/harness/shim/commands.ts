/** The commands that our shim's program has for people. */
import { assertEquals } from "@std/assert";
import {
  type CommandResult,
  outputOf,
  runtimeUnderTest,
} from "../containerd/private_containerd.ts";

/** What a command prints with `--json`: each has its own fields. */
// deno-lint-ignore no-explicit-any -- they are docs/operating.md's
export type Json = any;

/** Runs a command, and waits for its end. */
export async function runCommand(...args: string[]): Promise<CommandResult> {
  const { binary } = runtimeUnderTest();
  const streams = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
  return await outputOf(new Deno.Command(binary, { args, ...streams }).spawn());
}

/**
 * What a command prints with `--json`.
 * @throws {Error} If it fails.
 */
export async function jsonOf(...args: string[]): Promise<Json> {
  const { code, stdout, stderr } = await runCommand(...args, "--json");
  if (code !== 0) throw new Error(`${args.join(" ")}: exit code ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

/** What `doctor` finds that has one of these words in it: other things may be wrong on the machine. */
export async function findings(words: readonly string[], ...args: string[]): Promise<Json[]> {
  const { stdout, stderr } = await runCommand("doctor", "--json", ...args);
  assertEquals(stderr, "");
  return JSON.parse(stdout).findings.filter(({ what }: Json) =>
    words.some((word) => what.includes(word))
  );
}

/** How a command ends that a user calls who is not root, and may only read what root may. */
export async function runAsNobody(...args: string[]): Promise<CommandResult> {
  // The Deno of a script may be in root's own folder.
  const capabilities = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"];
  const user = ["--reuid=65534", ...capabilities, "--"];
  const command = new Deno.Command("setpriv", {
    args: [...user, runtimeUnderTest().binary, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  return await outputOf(command.spawn());
}

/** The cells of a table that a command has printed: a record for each row, by the columns' titles. */
export function rowsOf(text: string): Record<string, string>[] {
  const [head, ...lines] = text.trimEnd().split("\n");
  const columns = [...head.matchAll(/\S+/g)].map((match) => ({
    title: match[0],
    start: match.index,
    end: match.index + match[0].length,
  }));
  return lines.map((line) => {
    const cells = [...line.matchAll(/\S(?:.*?\S)??(?=\s{2,}|$)/g)];
    const row: Record<string, string> = {};
    for (const cell of cells) {
      const end = cell.index + cell[0].length;
      const column = columns.find((each) =>
        each.start === cell.index || each.end === end || each.start < end && cell.index < each.end
      );
      if (column !== undefined) row[column.title] = cell[0];
    }
    return row;
  });
}
