/** What the build, the tests and the demonstration need of the machine, and in which packages it is. */

import { isFile } from "../../tests/harness/machine/files.ts";
import { findCniPlugin, findProgram } from "../../tests/harness/machine/programs.ts";

/** One thing that has to be there. */
export interface Requirement {
  /** What it is, for a person. */
  readonly name: string;
  /** Debian's and Ubuntu's package. */
  readonly debianPackage: string;
  /** The package of other distributions. */
  readonly otherPackage: string;
  isThere(): boolean;
}

/** All of them. */
export const requirements: readonly Requirement[] = [
  program("containerd", "containerd"),
  program("ctr", "containerd"),
  program("runc", "runc"),
  program("crun", "crun"),
  program("nsenter", "util-linux"),
  program("unshare", "util-linux"),
  program("mount", "mount", "util-linux"),
  program("tar", "tar"),
  {
    name: "a statically linked /bin/busybox",
    debianPackage: "busybox-static",
    otherPackage: "busybox",
    isThere: () => isStaticallyLinked("/bin/busybox"),
  },
  {
    name: "CNI's plugins",
    debianPackage: "containernetworking-plugins",
    otherPackage: "containernetworking-plugins",
    isThere: () => findCniPlugin("bridge") !== undefined,
  },
];

function program(name: string, debianPackage: string, otherPackage = debianPackage): Requirement {
  return { name, debianPackage, otherPackage, isThere: () => findProgram(name) !== undefined };
}

/** A dynamically linked program names its loader near its beginning, in the segment PT_INTERP (elf(5)). */
function isStaticallyLinked(path: string): boolean {
  if (!isFile(path)) return false;
  using file = Deno.openSync(path);
  const beginning = new Uint8Array(4096);
  file.readSync(beginning);
  return !new TextDecoder("latin1").decode(beginning).includes("/ld-");
}
