import { assertEquals } from "@std/assert";
import { basename, dirname, relative } from "@std/path";
import { REPOSITORY } from "../harness/machine/repository.ts";
import { withFolder } from "../harness/unit/temporary_folder.ts";

/** The folders of sources; the last one may not be there. */
const SOURCES = [
  "shim",
  "runc",
  "commands",
  "proto",
  "tests",
  "tools",
  "bench",
  "soak",
  "examples",
];

/** For each of some files or folders those that it imports. */
type Imports = ReadonlyMap<string, ReadonlySet<string>>;

/** The paths of all sources, seen from the repository. */
function sources(): string[] {
  const paths = ["main.ts"];
  const visit = (folder: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(REPOSITORY + folder)) {
      const path = `${folder}/${name}`;
      if (isDirectory) visit(path);
      else if (name.endsWith(".ts")) paths.push(path);
    }
  };
  const there = new Set(Array.from(Deno.readDirSync(REPOSITORY), ({ name }) => name));
  SOURCES.filter((folder) => there.has(folder)).forEach(visit);
  return paths;
}

/** What each source imports of others, as `deno info` has it. */
async function readImports(): Promise<Imports> {
  const imports = new Map<string, ReadonlySet<string>>();
  await withFolder(async (folder) => {
    const all = `${folder}/all.ts`;
    const lines = sources().map((path) => `import "${REPOSITORY}${path}";`);
    await Deno.writeTextFile(all, lines.join("\n"));
    const args = ["info", "--json", "--config", `${REPOSITORY}deno.json`, all];
    const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
    const pathOf = (url: string) => relative(REPOSITORY, new URL(url).pathname);
    for (
      const { specifier, dependencies = [] } of JSON.parse(new TextDecoder().decode(stdout)).modules
    ) {
      if (!specifier.startsWith(`file://${REPOSITORY}`) || !specifier.endsWith(".ts")) continue;
      const urls: string[] = dependencies.map(
        ({ code, type }: Record<string, { specifier: string }>) => (code ?? type).specifier,
      );
      const imported = urls.filter((url) => url?.endsWith(".ts")).map(pathOf);
      imports.set(pathOf(specifier), new Set(imported));
    }
  });
  return imports;
}

const files = await readImports();

/** The imports between what the files belong to; a file that belongs to nothing is left out. */
function group(imports: Imports, groupOf: (path: string) => string | undefined): Imports {
  const groups = new Map<string, Set<string>>();
  for (const [path, imported] of imports) {
    const from = groupOf(path);
    if (from === undefined) continue;
    const of = groups.get(from) ?? new Set();
    groups.set(from, of);
    for (const to of Array.from(imported, groupOf)) if (to && to !== from) of.add(to);
  }
  return groups;
}

function folderOf(path: string): string {
  return path === "main.ts" ? path : dirname(path);
}

/** The harness and the unit tests are rooms of their own in tests/. */
function roomOf(path: string): string {
  return path.match(/^tests\/(harness|unit)\b/)?.[0] ?? path.split("/")[0];
}

function isTest(path: string): boolean {
  return path.endsWith("_test.ts");
}

/** A way back to where it began, through what imports each other; none where imports go one way only. */
function findCircle(imports: Imports): string[] | undefined {
  const cleared = new Set<string>();
  const follow = (from: string, way: string[]): string[] | undefined => {
    if (way.includes(from)) return [...way.slice(way.indexOf(from)), from];
    if (cleared.has(from)) return undefined;
    for (const next of imports.get(from) ?? []) {
      const circle = follow(next, [...way, from]);
      if (circle) return circle;
    }
    cleared.add(from);
    return undefined;
  };
  for (const from of imports.keys()) {
    const circle = follow(from, []);
    if (circle) return circle;
  }
  return undefined;
}

Deno.test("imports: all sources are seen", () => {
  assertEquals([...files.keys()].toSorted(), sources().toSorted());
});

Deno.test("imports: they go one way, from folder to folder", () => {
  assertEquals(findCircle(group(files, folderOf)), undefined);
});

Deno.test("imports: they go one way between the product, the harness, tests, tools, bench and soak", () => {
  const rooms = group(files, roomOf);
  assertEquals(findCircle(rooms), undefined);
  const product = new Set(["main.ts", "commands", "runc", "shim", "proto", "examples"]);
  const others = (room: string) => [...rooms.get(room)!].filter((name) => !product.has(name));
  assertEquals([...product].flatMap((room) => rooms.has(room) ? others(room) : []), []);
  assertEquals(others("tests/harness"), []);
  assertEquals(others("tests").toSorted(), ["tests/harness", "tools"]);
  assertEquals(others("tools"), ["tests/harness"]);
});

Deno.test("imports: nothing in shim knows of runc", () => {
  const known = [...group(files, roomOf).get("shim")!];
  assertEquals(known, ["proto"]);
});

Deno.test("imports: no test is imported, and none has the name of another", () => {
  const imported = [...files.values()].flatMap((paths) => [...paths]);
  assertEquals(imported.filter(isTest), []);
  const names = [...files.keys()].filter((path) => path.startsWith("tests/")).map((path) =>
    basename(path)
  );
  assertEquals(names.filter((name, index) => names.indexOf(name) < index), []);
});
