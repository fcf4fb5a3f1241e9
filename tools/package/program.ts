/** The executable as it is packaged, and in the script form the Deno that it runs with. */
import { dirname, join } from "@std/path";
import { REPOSITORY } from "../../tests/harness/machine/repository.ts";
import { makeExecutable } from "../build/build.ts";
import { run } from "./command.ts";
import { type Machine, NAME, TARGETS } from "./facts.ts";

/** Where the executable is, and the Deno of the script form, on a machine where the package is installed. */
export const EXECUTABLE = `usr/bin/${NAME}`;
export const DENO = `usr/libexec/${NAME}/deno`;

/** What was made. */
export interface Program {
  /** Whether it is a script, with a Deno beside it, and why; undefined for a compiled one. */
  readonly refusal: string | undefined;
  /** What it was made of, see bundleModules. */
  readonly modules: ReadonlyMap<string, string>;
}

/**
 * Makes the executable for a machine, in the compiled form if Deno's compile runtime can be had. No distribution has a package of Deno
 * that a script could depend on, and a shim must not change its runtime when somebody upgrades a Deno of theirs: so the script form
 * brings its Deno with it, the one that it was built and tested with.
 * @param root Where it is put, as on a machine.
 */
export async function makeProgram(root: string, machine: Machine): Promise<Program> {
  const { triple } = TARGETS[machine];
  const work = await Deno.makeTempDir();
  try {
    const file = join(work, NAME);
    const target = { triple, deno: `/${DENO}` };
    const program = await makeExecutable(file, NAME, join(REPOSITORY, "main.ts"), target);
    await place(file, join(root, EXECUTABLE));
    if (program.refusal !== undefined) await place(await denoFor(machine, work), join(root, DENO));
    return program;
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

async function place(from: string, to: string): Promise<void> {
  await Deno.mkdir(dirname(to), { recursive: true });
  await Deno.copyFile(from, to);
  await Deno.chmod(to, 0o755);
}

/** The path of the Deno of this version for a machine: this one, or the one that npm has. */
async function denoFor(machine: Machine, work: string): Promise<string> {
  if (machine === Deno.build.arch) return Deno.execPath();
  const id = `${TARGETS[machine].npm}@${Deno.version.deno}`;
  const archive = (await run("npm", ["pack", "--silent", "--pack-destination", work, id])).trim();
  await run("tar", ["-C", work, "-xzf", join(work, archive), "package/deno"]);
  return join(work, "package/deno");
}
