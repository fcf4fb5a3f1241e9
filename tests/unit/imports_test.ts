import { assertEquals } from "@std/assert";
import { dirname, relative } from "@std/path";
import { REPOSITORY } from "../harness/unit/script.ts";

/** What each folder of the program imports of others, as `deno info` has it: for each the folders of the imported files. */
async function importedFolders(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "main.ts"],
    cwd: REPOSITORY,
  });
  const { modules } = JSON.parse(new TextDecoder().decode((await command.output()).stdout));
  const folders = new Map<string, Set<string>>();
  const folderOf = (url: string) =>
    relative(REPOSITORY, dirname(new URL(url).pathname)) || "main.ts";
  for (const { specifier, dependencies = [] } of modules) {
    if (!specifier.startsWith("file:")) continue;
    const folder = folderOf(specifier);
    const imported = folders.get(folder) ?? new Set();
    folders.set(folder, imported);
    for (const { code, type } of dependencies) {
      const url = (code ?? type).specifier;
      if (url?.endsWith(".ts") && folderOf(url) !== folder) imported.add(folderOf(url));
    }
  }
  return folders;
}

/** A way back to where it began, through folders that import each other; none where imports go one way only. */
function findCircle(folders: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const cleared = new Set<string>();
  const follow = (folder: string, way: string[]): string[] | undefined => {
    if (way.includes(folder)) return [...way.slice(way.indexOf(folder)), folder];
    if (cleared.has(folder)) return undefined;
    for (const next of folders.get(folder) ?? []) {
      const circle = follow(next, [...way, folder]);
      if (circle) return circle;
    }
    cleared.add(folder);
    return undefined;
  };
  for (const folder of folders.keys()) {
    const circle = follow(folder, []);
    if (circle) return circle;
  }
  return undefined;
}

Deno.test("imports: they go one way, from folder to folder", async () => {
  assertEquals(findCircle(await importedFolders()), undefined);
});

Deno.test("imports: nothing in shim knows of runc", async () => {
  const folders = await importedFolders();
  const known = [...folders].filter(([folder]) => /^shim\b/.test(folder))
    .flatMap(([, imported]) => [...imported])
    .filter((folder) => !/^(shim|proto)\b/.test(folder));
  assertEquals(known, []);
});
