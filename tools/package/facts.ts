/** What all packages tell of themselves. */
import configuration from "../../deno.json" with { type: "json" };
import { commitTime, revision, tags } from "../build/commit.ts";

export const NAME = "containerd-shim-ts-v2";
export const SUMMARY = "containerd runtime v2 shim for OCI runtimes like runc";
export const DESCRIPTION = `containerd executes it for each container, or each pod. It calls the OCI
runtime (runc, crun), is the parent of the container's processes, carries
their input and output, reports how they end, and keeps them alive while
containerd is restarted or upgraded. It does what containerd-shim-runc-v2
does, and is chosen by the name io.containerd.ts.v2.`;
export const LICENSE = "Apache-2.0";
/** Who answers for the packages. Who publishes them writes their own name here. */
export const MAINTAINER = "containerd-shim-ts-v2 maintainers <maintainers@shim-ts.invalid>";

/** The machines that packages are made for, by Deno's name, with the names that others have for them. */
export const TARGETS = {
  x86_64: {
    triple: "x86_64-unknown-linux-gnu",
    deb: "amd64",
    rpm: "x86_64",
    npm: "@deno/linux-x64-glibc",
  },
  aarch64: {
    triple: "aarch64-unknown-linux-gnu",
    deb: "arm64",
    rpm: "aarch64",
    npm: "@deno/linux-arm64-glibc",
  },
} as const;
/** A machine. */
export type Machine = keyof typeof TARGETS;

/** What is packaged. */
export interface Source {
  /**
   * Of the packages: that of deno.json. Where the commit is not tagged with it, time and commit stand behind it, by which it is newer, and
   * `.m` if files were changed since.
   */
  readonly version: string;
  /** The commit. */
  readonly revision: string;
  /** The commit's time, which all files have; in seconds since 1970. */
  readonly time: number;
}

/**
 * Finds out what is packaged.
 * @throws {Error} If that is no commit of a repository.
 */
export async function readSource(): Promise<Source> {
  const [commit, time] = [await revision(), await commitTime()];
  if (commit === undefined || time === undefined) {
    throw new Error("expected a git repository with a commit, and git");
  }
  const { version } = configuration;
  const [, hash, changed] = /^(.{7})\w*(.*)$/.exec(commit)!;
  const isRelease = !changed && (await tags()).includes(`v${version}`);
  const stamp = new Date(time * 1000).toISOString().replaceAll(/\D/g, "").slice(0, 14);
  return {
    version: isRelease ? version : `${version}+${stamp}.${hash}${changed}`,
    revision: commit,
    time,
  };
}
