/**
 * `deno task package [--target MACHINE] [--output FOLDER]`: makes a .deb, an .rpm and a .tar.gz of the commit that is checked out, and
 * SHA256SUMS, in dist/packages. MACHINE is x86_64 or aarch64, by default that of this one. Two runs for one commit, with the same Deno,
 * give the same bytes, wherever they are run.
 */
import { parseArgs } from "@std/cli/parse-args";
import { join, resolve } from "@std/path";
import { REPOSITORY } from "../../tests/harness/machine/repository.ts";
import { fail } from "../common/fail.ts";
import { readChangelog } from "./changelog.ts";
import { run } from "./command.ts";
import { crateNotices, readCrates } from "./crates.ts";
import { debianFiles, makeDeb } from "./deb.ts";
import { dependenciesOf } from "./dependencies.ts";
import { type Machine, readSource, TARGETS } from "./facts.ts";
import { commonFiles, DOC, type Files, makeRoot } from "./files.ts";
import { CRATES, notices } from "./notices.ts";
import { EXECUTABLE, makeProgram } from "./program.ts";
import { LICENSES, makeRpm } from "./rpm.ts";
import { sbom } from "./sbom.ts";
import { makeTarball } from "./tarball.ts";

/** Where the distributions have zsh's completions. */
const ZSH = { debian: "usr/share/zsh/vendor-completions", others: "usr/share/zsh/site-functions" };

/** What was made. */
export interface Packages {
  /** The names of the files. */
  readonly files: readonly string[];
  /** Why the executable is a script, and not compiled; undefined where it is compiled. */
  readonly refusal: string | undefined;
}

/**
 * Makes all packages for a machine, and SHA256SUMS.
 * @param folder Where they are put; it is made, if it is not there.
 */
export async function makePackages(machine: Machine, folder: string): Promise<Packages> {
  const source = await readSource();
  const releases = await readChangelog(source);
  const crates = await readCrates();
  const texts = await crateNotices(crates);
  // All files have the modes that they are to have when they are installed.
  const umask = Deno.umask(0o022);
  await Deno.mkdir(folder, { recursive: true });
  // Beside the packages, so that files can be linked.
  const work = await Deno.makeTempDir({ dir: folder, prefix: ".work-" });
  try {
    const program = join(work, "program");
    const { refusal, modules } = await makeProgram(program, machine);
    const dependencies = await dependenciesOf(modules);
    const executable = await sha256(join(program, EXECUTABLE));
    const bill = sbom(source, machine, executable, dependencies, crates);
    const root = async (name: string, zsh: string, files: Files) => {
      const path = join(work, name);
      await makeRoot(path, program, { ...await commonFiles(bill, zsh), ...files });
      return path;
    };

    const debian = await root(
      "deb",
      ZSH.debian,
      {
        ...debianFiles(releases, dependencies, source.maintainer, refusal !== undefined),
        [`${DOC}/${CRATES}.gz`]: texts,
      },
    );
    const others = await root("others", ZSH.others, {
      [`${LICENSES}/LICENSE`]: await Deno.readTextFile(`${REPOSITORY}LICENSE`),
      [`${LICENSES}/NOTICES`]: notices(dependencies),
      [`${LICENSES}/${CRATES}`]: texts,
      [`${DOC}/CHANGELOG.md`]: await Deno.readTextFile(`${REPOSITORY}CHANGELOG.md`),
    });
    const files = [
      await makeDeb(debian, folder, source, machine),
      await makeRpm(others, folder, source, machine, releases),
      await makeTarball(others, folder, source, machine),
    ];
    const sums = await Promise.all(files.map((file) => sha256(join(folder, file))));
    const lines = files.map((file, index) => `${sums[index]}  ${file}\n`).toSorted();
    await Deno.writeTextFile(join(folder, "SHA256SUMS"), lines.join(""));
    return { files, refusal };
  } finally {
    Deno.umask(umask);
    await Deno.remove(work, { recursive: true });
  }
}

async function sha256(path: string): Promise<string> {
  return (await run("sha256sum", [path])).split(" ", 1)[0];
}

if (import.meta.main) {
  const options = parseArgs(Deno.args, {
    string: ["target", "output"],
    default: { target: Deno.build.arch, output: join(REPOSITORY, "dist/packages") },
    unknown: (word: string) =>
      fail(`unknown ${word}; known are --target MACHINE and --output FOLDER`),
  });
  const { target } = options;
  if (!Object.hasOwn(TARGETS, target)) {
    fail(`expected ${Object.keys(TARGETS).join(" or ")} as the target, not ${target}`);
  }
  // deno task runs in the repository; INIT_CWD is where it was called.
  const folder = resolve(Deno.env.get("INIT_CWD") ?? ".", options.output);
  try {
    const { files, refusal } = await makePackages(target as Machine, folder);
    for (const file of [...files, "SHA256SUMS"]) console.log(`Made ${join(folder, file)}`);
    if (refusal !== undefined) {
      const { deno } = Deno.version;
      console.log(
        `The executable is a script, with Deno ${deno} in the packages, which it runs with.`,
      );
      console.log(`(Deno's compile runtime can't be had: ${refusal})`);
    }
  } catch (error) {
    fail(`can't make the packages: ${(error as Error).message}`);
  }
}
