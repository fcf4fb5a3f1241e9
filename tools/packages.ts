/**
 * Programs of Debian's suites, newer or older than those of this machine, for tests: fetched into `.cache/packages`, checked, and
 * unpacked there. Nothing is installed.
 *
 * `deno run -A tools/packages.ts SUITE PACKAGE...` unpacks packages by hand and prints the folder.
 *
 * A suite's programs need the suite's glibc, and runc starts itself anew by /proc/self/exe, so a wrapper script will not do: the
 * shared libraries that the packages depend on are unpacked beside them, and each program gets the paths of these libraries and of the
 * suite's own dynamic loader written into it. What else a package depends on (perl, python, services) is left out.
 */
import { dirname, fromFileUrl } from "@std/path";
import { isDynamicProgram, withLoader } from "./elf.ts";
import { fail } from "./fail.ts";

/** Debian 12, 13, 14 (testing in 2026), and unstable. */
export type Suite = "bookworm" | "trixie" | "forky" | "sid";

const MIRROR = "http://deb.debian.org/debian";
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
const DOWNLOAD_MS = 300_000;
const CACHE = fromFileUrl(new URL("../.cache/packages", import.meta.url));
/** Debian's names of an architecture: of its packages, of its folder of libraries, and the file name of its dynamic loader. */
const ARCHITECTURES = {
  x86_64: { name: "amd64", triplet: "x86_64-linux-gnu", loader: "ld-linux-x86-64.so.2" },
  aarch64: { name: "arm64", triplet: "aarch64-linux-gnu", loader: "ld-linux-aarch64.so.1" },
};
const architecture = ARCHITECTURES[Deno.build.arch];
/** Debian's policy puts a shared library into a package with the library's name and version. */
const LIBRARY_PACKAGE = /^lib.*\d(t64)?$/;
/** In a root file system: those of programs, first the ones of the administrator, as on the PATH of root. */
const PROGRAM_FOLDERS = ["usr/sbin", "usr/bin", "sbin", "bin"];
/** Tells a folder that was unpacked at its place from one that came there otherwise, whose programs would look elsewhere. */
const PLACE_FILE = "unpacked-at";

/**
 * Sees to it that packages of a suite are unpacked with the shared libraries that they need. What has been unpacked once stays as
 * it is, and nothing is fetched; to get newer versions, remove `.cache/packages`.
 *
 * ```ts
 * const folder = await unpack("forky", ["criu"]);
 * await new Deno.Command("criu", { env: { PATH: searchPath(folder) } }).spawn().status;
 * ```
 *
 * @returns The folder: a root file system with what the packages have, whose programs run from there.
 * @throws {Error} Saying what could not be had, and from where; or what a checksum was expected to be, and is.
 */
export async function unpack(suite: Suite, names: string[]): Promise<string> {
  const folder = `${CACHE}/${suite}/${names.toSorted().join("+")}`;
  if (await isUnpacked(folder)) return folder;

  const start = performance.now();
  await Deno.mkdir(CACHE, { recursive: true });
  const index = await readIndex(suite);
  const packages = withLibraries(names, index, suite);
  const fetched = await Promise.all(
    packages.map(({ path, hash }) => fetchFile(`${MIRROR}/${path}`, hash)),
  );
  await Deno.mkdir(dirname(folder), { recursive: true });
  const temporary = await Deno.makeTempDir({ dir: CACHE, prefix: ".new-" });
  try {
    // The folder's own mode is 0700.
    const root = `${temporary}/root`;
    for (const file of fetched) await run("dpkg-deb", ["--extract", file, root]);
    await adaptPrograms(root, folder);
    await Deno.writeTextFile(`${root}/${PLACE_FILE}`, folder);
    await putInPlace(root, folder, temporary);
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
  const megabytes = Math.round(packages.reduce((sum, { size }) => sum + size, 0) / 1e6);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const versions = names.map((name) => `${name} ${index.get(name)!.version}`).join(", ");
  console.error(
    `Unpacked ${versions} of Debian ${suite}: ${packages.length} packages, ${megabytes} MB, in ${seconds} s`,
  );
  return folder;
}

/** The PATH of this process with the programs of folders made by {@linkcode unpack} before those of the machine. */
export function searchPath(...folders: string[]): string {
  const unpacked = folders.flatMap((folder) => PROGRAM_FOLDERS.map((name) => `${folder}/${name}`));
  return [...unpacked, Deno.env.get("PATH") ?? ""].join(":");
}

async function isUnpacked(folder: string): Promise<boolean> {
  return await Deno.readTextFile(`${folder}/${PLACE_FILE}`).then((place) => place === folder)
    .catch((error) => {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    });
}

/** What an index says of a package. */
interface Package {
  readonly version: string;
  /** The .deb file, below the mirror's folder. */
  readonly path: string;
  /** SHA256 of the .deb file. */
  readonly hash: string;
  /** Size of the .deb file in bytes. */
  readonly size: number;
  /** The packages it depends on; of alternatives the first. */
  readonly dependencies: string[];
}

type Index = ReadonlyMap<string, Package>;

/** Reads the list of all packages of a suite: https://wiki.debian.org/DebianRepository/Format. */
async function readIndex(suite: Suite): Promise<Index> {
  const folder = `main/binary-${architecture.name}`;
  const release = `${MIRROR}/dists/${suite}/InRelease`;
  const text = await readSigned(await download(release), release);
  // The list of SHA256 sums is the only one with such long ones.
  const hash = text.match(new RegExp(`^ ([0-9a-f]{64}) +\\d+ ${folder}/Packages\\.gz$`, "m"))?.[1];
  if (hash === undefined) {
    throw new Error(`expected a SHA256 of ${folder}/Packages.gz in ${release}`);
  }
  const file = await fetchFile(`${MIRROR}/dists/${suite}/${folder}/by-hash/SHA256/${hash}`, hash);
  const stream = (await Deno.open(file)).readable.pipeThrough(new DecompressionStream("gzip"));
  const stanzas = (await new Response(stream).text()).split("\n\n").filter((text) => text !== "");
  return new Map(stanzas.map((stanza) => [field(stanza, "Package"), readStanza(stanza)]));
}

/** @returns What is signed, with the signature checked where this machine has gpgv and Debian's keys. */
async function readSigned(content: Uint8Array<ArrayBuffer>, url: string): Promise<string> {
  const text = new TextDecoder().decode(content);
  const haveBoth = await Promise.all([Deno.stat("/usr/bin/gpgv"), Deno.stat(KEYRING)])
    .then(() => true, () => false);
  if (!haveBoth) {
    console.error(`(The signature of ${url} is not checked: that needs gpgv and ${KEYRING}.)`);
    return text;
  }
  const file = await Deno.makeTempFile({ dir: CACHE, prefix: ".InRelease-" });
  try {
    await Deno.writeFile(file, content);
    return await run("/usr/bin/gpgv", ["--quiet", "--keyring", KEYRING, "--output", "-", file]);
  } catch (error) {
    throw new Error(`expected ${url} to be signed by Debian: ${(error as Error).message}`);
  } finally {
    await Deno.remove(file);
  }
}

function field(stanza: string, name: string): string {
  return stanza.match(new RegExp(`^${name}: (.*)$`, "m"))?.[1] ?? "";
}

function readStanza(stanza: string): Package {
  const dependencies = `${field(stanza, "Pre-Depends")},${field(stanza, "Depends")}`;
  return {
    version: field(stanza, "Version"),
    path: field(stanza, "Filename"),
    hash: field(stanza, "SHA256"),
    size: Number(field(stanza, "Size")),
    // As in `libc6 (>= 2.34), python3:any, one | other`.
    dependencies: dependencies.split(",").flatMap((words) => words.match(/[^\s:(|]+/)?.[0] ?? []),
  };
}

/** The packages of these names, and those of shared libraries that they depend on, however far. */
function withLibraries(names: string[], index: Index, suite: Suite): Package[] {
  const found = new Map<string, Package>();
  const add = (name: string) => {
    if (found.has(name)) return;
    const entry = index.get(name);
    if (!entry) {
      const place = `Debian ${suite} for ${architecture.name}`;
      throw new Error(`expected a package ${name} in ${place} (${MIRROR}), and there is none`);
    }
    found.set(name, entry);
    entry.dependencies.filter((name) => LIBRARY_PACKAGE.test(name)).forEach(add);
  };
  names.forEach(add);
  return [...found.values()];
}

/** @returns The path of the file in the cache, which holds only what has the SHA256 that its name says. */
async function fetchFile(url: string, hash: string): Promise<string> {
  const file = `${CACHE}/files/${hash}`;
  if (await Deno.stat(file).then(() => true, () => false)) return file;
  const content = await download(url);
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", content)).toHex();
  if (found !== hash) throw new Error(`expected SHA256 ${hash} of ${url}, and it is ${found}`);
  await Deno.mkdir(`${CACHE}/files`, { recursive: true });
  const temporary = await Deno.makeTempFile({ dir: CACHE, prefix: ".file-" });
  await Deno.writeFile(temporary, content);
  await Deno.rename(temporary, file);
  return file;
}

async function download(url: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_MS) });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`${response.status} ${response.statusText}`);
    }
    return await response.bytes();
  } catch (error) {
    const { message, cause } = error as Error;
    throw new Error(`can't get ${url}: ${cause instanceof Error ? cause.message : message}`);
  }
}

/** Makes the programs in the folder `root` run when it has got to `place`. */
async function adaptPrograms(root: string, place: string): Promise<void> {
  const { triplet, loader } = architecture;
  const folders = [`lib/${triplet}`, `usr/lib/${triplet}`]; // one may be missing
  const loaderFolder = folders.find((name) => isFile(`${root}/${name}/${loader}`));
  if (!loaderFolder) throw new Error(`expected ${loader} in ${folders.join(" or ")} of libc6`);
  const libraryPath = (folder: string) => folders.map((name) => `${folder}/${name}`).join(":");

  for (const program of PROGRAM_FOLDERS.flatMap((name) => filesIn(`${root}/${name}`))) {
    const content = await Deno.readFile(program);
    if (!isDynamicProgram(content)) continue;
    const list = ["--library-path", libraryPath(root), "--list", program];
    expectOwnLibraries(await run(`${root}/${loaderFolder}/${loader}`, list), root, program);
    const adapted = withLoader(content, `${place}/${loaderFolder}/${loader}`, libraryPath(place));
    await Deno.writeFile(program, adapted);
  }
}

/** @param list As ldd(1) prints it: names, and after an arrow where they were found, be it on the machine. */
function expectOwnLibraries(list: string, root: string, program: string): void {
  const missing = [...list.matchAll(/(\S+) => (.*)/g)]
    .filter(([, , path]) => !path.startsWith(`${root}/`)).map(([, name]) => name);
  if (missing.length === 0) return;
  throw new Error(`expected ${missing.join(", ")} for ${program} in a package it depends on`);
}

function filesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile)
      .map(({ name }) => `${folder}/${name}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Moves a folder to its place, unless another run has put one there meanwhile. */
async function putInPlace(made: string, place: string, temporary: string): Promise<void> {
  if (await isUnpacked(place)) return;
  await Deno.rename(place, `${temporary}/old`).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  try {
    await Deno.rename(made, place);
  } catch (error) {
    if (!await isUnpacked(place)) throw error;
  }
}

/** @returns Its standard output. */
async function run(program: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, stdin: "null" })
    .output().catch((error) => {
      throw new Error(`can't run ${program}: ${error.message}`);
    });
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${program} ${args.join(" ")} failed: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

if (import.meta.main) {
  const [suite, ...names] = Deno.args;
  if (names.length === 0) fail("expected a suite of Debian, and names of packages");
  console.log(await unpack(suite as Suite, names).catch((error) => fail(error.message)));
}
