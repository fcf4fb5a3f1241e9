/** The commit that is built. */
import { REPOSITORY } from "../../tests/harness/machine/repository.ts";

/** What main.ts has for its revision, until it is built. */
const PLACEHOLDER = '"unknown revision"';

/**
 * Names the commit of the repository, as containerd's own build does: with `.m` behind it where files were changed since. Undefined where
 * that can't be told, as there is no git, or the sources were taken out of its repository.
 */
export async function revision(): Promise<string | undefined> {
  const commit = await git("rev-parse", "HEAD");
  const changes = await git("status", "--porcelain", "--untracked-files=no");
  return commit && `${commit}${changes && ".m"}`;
}

/** The time of the commit, in seconds since 1970. Undefined as {@linkcode revision}. */
export async function commitTime(): Promise<number | undefined> {
  const seconds = await git("log", "-1", "--format=%ct");
  return seconds === undefined ? undefined : Number(seconds);
}

/** The tags of the commit. */
export async function tags(): Promise<string[]> {
  return (await git("tag", "--points-at", "HEAD") ?? "").split("\n");
}

/** Puts the revision into the modules of a program that tells one. */
export function withRevision(
  modules: ReadonlyMap<string, string>,
  commit: string | undefined,
): Map<string, string> {
  const text = JSON.stringify(commit ?? "unknown");
  return new Map(
    Array.from(modules, ([name, module]) => [name, module.replace(PLACEHOLDER, text)]),
  );
}

async function git(...args: string[]): Promise<string | undefined> {
  try {
    const command = new Deno.Command("git", { args: ["-C", REPOSITORY, ...args], stderr: "null" });
    const { success, stdout } = await command.output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined;
  }
}
