/** An archive of the files, to be unpacked over the root of any machine. */
import { join } from "@std/path";
import { run } from "./command.ts";
import { type Machine, NAME, type Source } from "./facts.ts";

/**
 * Makes it.
 * @param root The folder of its files.
 * @param folder Where it is put.
 * @returns The name of its file.
 */
export async function makeTarball(
  root: string,
  folder: string,
  { version, time }: Source,
  machine: Machine,
): Promise<string> {
  const file = `${NAME}-${version}-${machine}.tar.gz`;
  const same = [
    ...["--format=gnu", "--sort=name", `--mtime=@${time}`],
    ...["--owner=0", "--group=0", "--numeric-owner"],
  ];
  const args = ["-C", root, ...same, "-I", "gzip -n", "-cf", join(folder, file), "usr"];
  await run("tar", args);
  return file;
}
