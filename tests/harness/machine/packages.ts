/**
 * Programs of Debian's suites, newer or older than those of this machine, for tests: fetched into `.cache/packages` and unpacked
 * there. Nothing is installed. What there is, what depends on what, fetching and checking are apt's; it comes from the mirror of
 * Debian that the machine's apt uses, and what that knows and has is left alone.
 *
 * `deno run -A tools/test/unpack.ts SUITE PACKAGE...` unpacks packages by hand.
 *
 * A suite's programs need the suite's glibc, and runc starts itself anew by /proc/self/exe, so a wrapper script will not do: the
 * shared libraries that the packages depend on are unpacked beside them, and each program gets the paths of these libraries and of the
 * suite's own dynamic loader written into it. What else a package depends on (perl, python, services) is left out.
 */
import { isDynamicProgram, withLoader } from "./elf.ts";
import { isFile } from "./files.ts";
import { REPOSITORY } from "./repository.ts";

/** Debian 12, 13, 14 (testing in 2026), and unstable. */
export type Suite = "bookworm" | "trixie" | "forky" | "sid";

/** The public keys of Debian's archive. */
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
const CACHE = `${REPOSITORY}.cache/packages`;
/** Debian's names of an architecture's folder of libraries, and of its dynamic loader. */
const ARCHITECTURES = {
  x86_64: { triplet: "x86_64-linux-gnu", loader: "ld-linux-x86-64.so.2" },
  aarch64: { triplet: "aarch64-linux-gnu", loader: "ld-linux-aarch64.so.1" },
};
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
 * @throws {Error} Saying what could not be had, and from where.
 */
export async function unpack(suite: Suite, names: string[]): Promise<string> {
  const folder = `${CACHE}/${suite}/${names.toSorted().join("+")}`;
  if (await isUnpacked(folder)) return folder;

  const start = performance.now();
  const work = `${CACHE}/${suite}/.apt`;
  await Deno.mkdir(work, { recursive: true });
  // Where apt is already at work, another one fails.
  using lock = await Deno.create(`${work}/in-use`);
  await lock.lock(true);
  if (await isUnpacked(folder)) return folder;

  const packages = await download(suite, names, work);
  const root = `${work}/new`;
  await removeFolder(root); // of a run that was killed
  for (const { file } of packages) await run("dpkg-deb", ["--extract", file, root], work);
  await adaptPrograms(root, folder);
  await Deno.writeTextFile(`${root}/${PLACE_FILE}`, folder);
  await removeFolder(folder);
  await Deno.rename(root, folder);

  const megabytes = Math.round(packages.reduce((sum, { size }) => sum + size, 0) / 1e6);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const versions = packages.filter(({ name }) => names.includes(name))
    .map(({ name, version }) => `${name} ${version}`).join(", ");
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

/** A package as a .deb file. */
interface Package {
  readonly name: string;
  readonly version: string;
  /** The file's name. */
  readonly file: string;
  /** In bytes. */
  readonly size: number;
}

/** Fetches the packages of these names, and those of shared libraries that they depend on, however far, into the folder `work`. */
async function download(suite: Suite, names: string[], work: string): Promise<Package[]> {
  const source = `deb [signed-by=${KEYRING} target=Packages] ${await findMirror()} ${suite} main\n`;
  await Deno.writeTextFile(`${work}/sources.list`, source);
  await Deno.writeTextFile(`${work}/apt.conf`, aptConfiguration(work));
  const apt = (...args: string[]) =>
    run("apt-get", ["--config-file", "apt.conf", "-qq", ...args], work);

  await apt("update");
  const files = await apt("install", "--print-uris", "--no-install-recommends", ...names);
  // As in `'http://mirror/pool/name_1.0_all.deb' name_1.0_all.deb 1234 SHA256:…`; a colon in a version is %3a.
  const packages = [...files.matchAll(/^'.*' (([^_]+)_([^_]+)_\S+) (\d+)/gm)]
    .map(([, file, name, version, size]) => ({
      name,
      version: decodeURIComponent(version),
      file,
      size: Number(size),
    }))
    .filter(({ name }) => names.includes(name) || LIBRARY_PACKAGE.test(name));
  await apt("download", ...packages.map(({ name }) => name));
  return packages;
}

/** For apt that works in a folder, as on a machine where nothing is installed, with the machine's proxies and passwords. */
function aptConfiguration(folder: string): string {
  return `
Dir::State "${folder}";
Dir::State::status "/dev/null";
Dir::Cache "${folder}";
// In a container's image apt is told to save the space, and reads all anew each time.
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Etc::SourceList "${folder}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
// What the machine has to run after an update is for its own.
#clear APT::Update;
APT::Update::Error-Mode "any";
// Another user may not get at the folder.
APT::Sandbox::User "root";
`;
}

/** Which of its repositories is Debian's, the machine's apt knows from the lists that it has fetched. */
async function findMirror(): Promise<string> {
  const filters = ["Created-By: Packages", "Origin: Debian", "Label: Debian"];
  const uris = await run("apt-get", ["indextargets", "--format", "$(REPO_URI)", ...filters]);
  const mirror = uris.match(/\S+/)?.[0];
  if (mirror !== undefined) return mirror;
  throw new Error(
    "expected a repository of Debian in the lists of this machine's apt, which `apt-get update` fetches",
  );
}

/** Makes the programs in the folder `root` run when it has got to `place`. */
async function adaptPrograms(root: string, place: string): Promise<void> {
  const { triplet, loader } = ARCHITECTURES[Deno.build.arch];
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

async function removeFolder(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

/** @returns Its standard output. */
async function run(program: string, args: string[], cwd?: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, cwd, stdin: "null" })
    .output();
  const decoder = new TextDecoder();
  if (!success) {
    throw new Error(`${program} ${args.join(" ")} failed: ${decoder.decode(stderr).trim()}`);
  }
  return decoder.decode(stdout);
}
