/** The files of a package, below a folder as they will be below the root of a machine. */
import { dirname, fromFileUrl, join } from "@std/path";
import { completion } from "../../commands/command_line/completion.ts";
import { manualPage } from "../../commands/command_line/man.ts";
import configuration from "../../deno.json" with { type: "json" };
import { REPOSITORY } from "../../tests/harness/machine/repository.ts";
import { run } from "./command.ts";
import { NAME } from "./facts.ts";

/** The folder of the documentation. */
export const DOC = `usr/share/doc/${NAME}`;

/** Texts, by the paths of the files that they become. One whose path ends with `.gz` is compressed. */
export type Files = Readonly<Record<string, string>>;

/**
 * What is in every package beside the program.
 * @param sbom The bill of materials.
 * @param zsh The folder of zsh's completions, for which distributions have different ones.
 */
export async function commonFiles(sbom: string, zsh: string): Promise<Files> {
  const example = (name: string) =>
    Deno.readTextFile(fromFileUrl(new URL(`examples/${name}`, import.meta.url)));
  return {
    ...await documentation(),
    [`${DOC}/sbom.spdx.json`]: sbom,
    [`${DOC}/examples/${NAME}.json`]: await example(`${NAME}.json`),
    [`${DOC}/examples/containerd.service.conf`]: await example("containerd.service.conf"),
    [`usr/share/man/man8/${NAME}.8.gz`]: manualPage(configuration.version),
    [`usr/share/bash-completion/completions/${NAME}`]: completion("bash"),
    [`${zsh}/_${NAME}`]: completion("zsh"),
    [`usr/share/fish/vendor_completions.d/${NAME}.fish`]: completion("fish"),
  };
}

/** README.md, and what it leads to. */
async function documentation(): Promise<Files> {
  const guides = [...Deno.readDirSync(`${REPOSITORY}docs`)].map(({ name }) => `docs/${name}`);
  const texts = ["README.md", ...guides].map(async (path) =>
    [`${DOC}/${path}`, await Deno.readTextFile(REPOSITORY + path)] as const
  );
  return Object.fromEntries(await Promise.all(texts));
}

/**
 * Makes the folder.
 * @param program The folder with the executable, see makeProgram; its files are linked, not copied.
 */
export async function makeRoot(root: string, program: string, files: Files): Promise<void> {
  await run("cp", ["--archive", "--link", program, root]);
  for (const [path, text] of Object.entries(files)) {
    const file = join(root, path.replace(/\.gz$/, ""));
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeTextFile(file, text);
    if (path.endsWith(".gz")) await run("gzip", ["--no-name", "--best", file]);
  }
}
