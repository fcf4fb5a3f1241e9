import { searchPath, type Suite, unpack } from "../../tests/harness/machine/packages.ts";
import { fail } from "../common/fail.ts";

/** The suites of Debian whose containerd and runc can be had beside those of the machine. */
const SUITES: Record<string, Suite> = { "1.6": "bookworm", "1.7": "trixie", "2.1": "forky" };

/** Puts a containerd, and the runc of its time, before the machine's; the version is the argument of --containerd. */
export async function chooseContainerd(version: string): Promise<void> {
  const suite = SUITES[version] ??
    fail(`expected one of ${Object.keys(SUITES).join(", ")} as --containerd, not ${version}`);
  const folders = [await unpack(suite, ["containerd"]), await unpack(suite, ["runc"])];
  Deno.env.set("PATH", searchPath(...folders));
}
