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
/** Who answers for the packages where nobody says who it is. */
const MAINTAINER = { name: `${NAME} maintainers`, address: "maintainers@shim-ts.invalid" };

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

/** What is packaged, and who does it. */
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
  /** See {@linkcode maintainerOf}. */
  readonly maintainer: string;
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
    maintainer: maintainerOf(Deno.env.toObject()),
  };
}

/**
 * Who answers for the packages, as `NAME <ADDRESS>`. Those say it who publish them, as to Debian's tools (dch(1)): DEBFULLNAME is the name,
 * DEBEMAIL the address, or both.
 * @param env The environment. What is empty in it is not set.
 * @throws {Error} If that is a name without an address, or neither.
 */
export function maintainerOf(env: Readonly<Record<string, string>>): string {
  const { DEBFULLNAME, DEBEMAIL } = env;
  if (!DEBFULLNAME && !DEBEMAIL) return `${MAINTAINER.name} <${MAINTAINER.address}>`;
  const [, both, address = DEBEMAIL] = /^(.*?)\s*<(.*)>$/.exec(DEBEMAIL ?? "") ?? [];
  const maintainer = `${DEBFULLNAME || both || MAINTAINER.name} <${address ?? ""}>`;
  if (/^[^<>\p{Cc}]+ <[^<>@\s]+@[^<>@\s]+>$/u.test(maintainer)) return maintainer;
  throw new Error(
    `expected a name in DEBFULLNAME and an address in DEBEMAIL, not ${JSON.stringify(maintainer)}`,
  );
}
