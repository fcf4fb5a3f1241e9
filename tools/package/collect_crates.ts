/**
 * `deno task crates`: writes down which of Rust's crates are in the Deno that runs this, with their licences, in
 * tools/package/licenses/crates.json and crates.txt. It is for who raises the version of Deno; it needs cargo, and crates.io, from which
 * cargo gets some 150 MB.
 *
 * Deno's crate `deno` has the Cargo.lock of its release. What cargo tells for that is what is linked, and not what only builds it. It is
 * all of Deno; the compile runtime, whose crate is not published, is made of some seven eighths of the same crates.
 */
import { parse } from "@std/toml/parse";
import { dirname, join } from "@std/path";
import { fail } from "../common/fail.ts";
import { run } from "./command.ts";
import { type Crate, LIST, NO_LICENSE, writeTexts } from "./crates.ts";
import { TARGETS } from "./facts.ts";

/** What cargo tells of a package, as far as it is needed; see cargo-metadata(1). */
interface Metadata {
  readonly name: string;
  readonly version: string;
  readonly license: string | null;
  readonly authors: readonly string[];
  readonly manifest_path: string;
}

const LICENSE_FILE = /^(un)?(licen[cs]e|copying|notice|copyright)/i;
/** Code, and what is under it only when libffi is built. */
const NOT_A_LICENSE = /\.(c|cc|cpp|go|h|html|js|py|rs|sh|toml)$|-BUILDTOOLS$/;
/** Folders of crates, and of the libraries in C that some contain, with what is not linked. */
const NOT_LINKED = /^(build-aux|cmake|contrib|debian|doc|examples|sqlcipher|tests?|tools?)$/;
/** Of what may be used under another licence, as well: no crate is under these alone. */
const GNU = /^\s*GNU (LESSER )?GENERAL PUBLIC LICENSE/;
/** How to use the Apache License, which is behind it, or is not. */
const APPENDIX =
  /^ *APPENDIX: How to apply the Apache License[^]*?limitations under the License\.$/m;
/** Who holds a copyright, as a line. */
const COPYRIGHT = /^\W*(copyright|\(c\)|©).*(\d{4}|\(c\)|©)/i;

const version = Deno.version.deno;

/** Gets Deno's own crate; returns its folder. */
async function download(work: string): Promise<string> {
  const response = await fetch(`https://static.crates.io/crates/deno/deno-${version}.crate`);
  if (!response.ok) throw new Error(`${response.url}: ${response.statusText}`);
  await Deno.writeFile(join(work, "deno.crate"), response.body!);
  await run("tar", ["-C", work, "-xzf", join(work, "deno.crate")]);
  return join(work, `deno-${version}`);
}

/** The crates that are linked for any of the machines, by name; writes their texts. */
async function collect(cwd: string): Promise<Crate[]> {
  const linked = new Map<string, Metadata>();
  for (const { triple } of Object.values(TARGETS)) {
    const lock = ["--locked", "--quiet"];
    const edges = ["--target", triple, "--edges", "normal,no-proc-macro"];
    const tree = await run("cargo", ["tree", ...lock, ...edges, "--prefix", "none"], { cwd });
    const filter = ["--format-version", "1", "--filter-platform", triple];
    const metadata = await run("cargo", ["metadata", ...lock, ...filter], { cwd });
    const packages: Metadata[] = JSON.parse(metadata).packages;
    const names = new Set(tree.split("\n").map((line) => line.split(" ", 2).join(" ")));
    for (const each of packages) {
      const id = `${each.name} v${each.version}`;
      if (names.has(id)) linked.set(id, each);
    }
  }
  const lock = parse(await Deno.readTextFile(join(cwd, "Cargo.lock"))) as {
    package: { name: string; version: string; checksum?: string }[];
  };
  const texts = new Texts();
  const crates: Crate[] = [];
  for (const id of [...linked.keys()].toSorted()) {
    const { name, version, license, authors, manifest_path } = linked.get(id)!;
    const found = (await licenseFiles(dirname(manifest_path))).map((text) => texts.add(text));
    const copyrights = found.flatMap((text) => text.copyrights);
    crates.push({
      name,
      version,
      license: license === null ? NO_LICENSE : inSpdx(license),
      checksum: lock.package.find((each) => each.name === name && each.version === version)
        ?.checksum,
      // Who has no such line has written nevertheless.
      copyrights: [...new Set(copyrights.length > 0 ? copyrights : authors)],
      texts: [...new Set(found.map(({ index }) => index))],
    });
  }
  await writeTexts(texts.all);
  return crates;
}

/** An expression in SPDX's form, of what crates have in older ones. */
function inSpdx(license: string): string {
  // The Mozilla Public License 2.0 says itself that a later one may be taken.
  return license.replaceAll(/ ?\/ ?/g, " OR ").replaceAll("MPL-2.0+", "MPL-2.0");
}

/** The texts of the files with licences in a folder, and in folders of it. */
async function licenseFiles(folder: string): Promise<string[]> {
  const entries = [...Deno.readDirSync(folder)].toSorted((a, b) => a.name < b.name ? -1 : 1);
  const texts = await Promise.all(entries.map(async ({ name, isDirectory, isFile }) => {
    const path = join(folder, name);
    if (isDirectory) return NOT_LINKED.test(name) ? [] : await licenseFiles(path);
    return isFile && LICENSE_FILE.test(name) && !NOT_A_LICENSE.test(name)
      ? [await Deno.readTextFile(path)]
      : [];
  }));
  return texts.flat().filter((text) => !GNU.test(text));
}

/** Texts that differ in more than who holds the copyright, and in how they are broken into lines. */
class Texts {
  readonly all: string[] = [];
  readonly #indices = new Map<string, number>();

  /** Splits a text into who holds the copyright, and the number of the rest. */
  add(text: string): { copyrights: string[]; index: number } {
    const lines = text.replaceAll("\r", "").replace(APPENDIX, "").split("\n").map((line) =>
      line.trimEnd()
    );
    const copyrights = lines.filter((line) => COPYRIGHT.test(line));
    const rest = lines.filter((line) => !COPYRIGHT.test(line)).join("\n")
      .replaceAll(/\n{3,}/g, "\n\n").replace(/^\n+/, "").trimEnd();
    const key = rest.toLowerCase().replaceAll(/\W+/g, " ").trim();
    const index = this.#indices.get(key) ?? this.all.push(rest) - 1;
    this.#indices.set(key, index);
    return { copyrights: copyrights.map((line) => line.replace(/^[\s/*#-]+/, "")), index };
  }
}

const work = await Deno.makeTempDir();
const result = await download(work).then(collect).catch((error: Error) => error);
await Deno.remove(work, { recursive: true });
if (result instanceof Error) fail(`can't collect the crates of Deno ${version}: ${result.message}`);
const lines = result.map((crate) => JSON.stringify(crate)).join(",\n");
await Deno.writeTextFile(LIST, `{"deno":"${version}","crates":[\n${lines}\n]}\n`);
console.log(`Wrote ${result.length} crates of Deno ${version}`);
