/** What is in the executable besides the repository's own: npm packages, and Deno with V8. */
import { fromFileUrl, join } from "@std/path";
import { REPOSITORY } from "../../tests/harness/machine/repository.ts";
import { bundleLibrary } from "../build/build.ts";
import { portable } from "../build/portable.ts";

/** Something that others have written. */
export interface Dependency {
  readonly name: string;
  readonly version: string;
  /** By its identifier in SPDX's list. */
  readonly license: string;
  /** The text of the licence, and of what has to be told with it. */
  readonly text: string;
  /** As package-url has it (https://github.com/package-url). */
  readonly purl: string;
  /** What npm says of the archive: `sha512-` and the hash in base64. */
  readonly integrity?: string;
}

const LICENSE_FILE = /^(licen[cs]e|copying|notice)/i;
/** `// npm:NAME/VERSION/FILE`, see portable.ts. */
const SOURCE = /npm:((?:@[^/"]+\/)?[^/"@]+)\/(\d[^/"]*)\//g;

/**
 * The npm packages of which a bundle has something, and Deno with V8, on which it runs.
 * @param modules The bundle, see bundleModules.
 * @throws {Error} If one has no licence.
 */
export async function dependenciesOf(
  modules: ReadonlyMap<string, string>,
): Promise<Dependency[]> {
  const texts = [...modules.values(), await unminifiedLibrary()];
  const found = texts.flatMap((text) => [...text.matchAll(SOURCE)])
    .map(([, name, version]) => `${name}@${version}`);
  const cache = await npmCache();
  const packages = [...new Set(found)].sort().map((id) => readPackage(cache, id));
  return [...await Promise.all(packages), ...await runtime()];
}

async function unminifiedLibrary(): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "library.cjs");
    await bundleLibrary(file, false);
    return [...portable(new Map([["", await Deno.readTextFile(file)]])).values()].join();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Where Deno keeps npm's packages. */
async function npmCache(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return `${JSON.parse(new TextDecoder().decode(stdout)).npmCache}/registry.npmjs.org`;
}

async function readPackage(cache: string, id: string): Promise<Dependency> {
  const [, name, version] = /^(.+)@(.+)$/.exec(id)!;
  const folder = `${cache}/${name}/${version}`;
  const { license } = JSON.parse(await Deno.readTextFile(`${folder}/package.json`));
  const files = [...Deno.readDirSync(folder)].map((entry) => entry.name)
    .filter((each) => LICENSE_FILE.test(each)).sort();
  // Deno's standard library comes to npm without it.
  const paths = name === "deno-std" ? [ownText("deno")] : files.map((file) => `${folder}/${file}`);
  if (typeof license !== "string" || paths.length === 0) {
    throw new Error(`expected a licence in ${folder}`);
  }
  const texts = await Promise.all(paths.map((path) => Deno.readTextFile(path)));
  const { npm } = JSON.parse(await Deno.readTextFile(`${REPOSITORY}deno.lock`));
  return {
    name,
    version,
    license,
    text: texts.map((text) => text.trim()).join("\n\n"),
    purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    integrity: npm[id]?.integrity,
  };
}

/** What both forms have of Deno: the compiled one has its runtime, beside the script form is all of it. */
async function runtime(): Promise<Dependency[]> {
  const { deno, v8 } = Deno.version;
  return [
    {
      name: "deno",
      version: deno,
      license: "MIT",
      text: (await Deno.readTextFile(ownText("deno"))).trim(),
      purl: `pkg:github/denoland/deno@v${deno}`,
    },
    {
      name: "v8",
      version: v8,
      license: "BSD-3-Clause",
      text: (await Deno.readTextFile(ownText("v8"))).trim(),
      purl: `pkg:github/v8/v8@${v8.replace(/-.*/, "")}`,
    },
  ];
}

function ownText(name: string): string {
  return fromFileUrl(new URL(`licenses/${name}.txt`, import.meta.url));
}
