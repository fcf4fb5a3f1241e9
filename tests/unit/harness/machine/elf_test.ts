import { assert, assertEquals } from "@std/assert";
import { basename } from "@std/path";
import { isDynamicProgram, withLoader } from "../../../harness/machine/elf.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

const CAT = "/bin/cat";

Deno.test("a program is loaded by the loader, and with the libraries, that were written into it", async () => {
  await withFolder(async (folder) => {
    const libraries = `${folder}/libraries`;
    await Deno.mkdir(libraries);
    // Lines such as `libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)`; that of the loader has no arrow.
    const paths = (await outputOf("ldd", CAT)).match(/\/\S+/g) as string[];
    for (const path of paths) await Deno.copyFile(path, `${libraries}/${basename(path)}`);
    const loader = filesIn(libraries).find((path) => basename(path).startsWith("ld-"))!;

    const content = await Deno.readFile(CAT);
    assert(isDynamicProgram(content));
    const changed = withLoader(content, loader, `/none:${libraries}`);
    await Deno.writeFile(`${folder}/cat`, changed, { mode: 0o755 });
    const maps = await outputOf(`${folder}/cat`, "/proc/self/maps");
    const loaded = new Set(maps.match(/\/\S*\/(ld-|lib)[^/\s]*$/gm));
    assertEquals([...loaded].toSorted(), filesIn(libraries));
  });
});

Deno.test("a script and a statically linked program are no dynamic programs", async () => {
  assert(!isDynamicProgram(new TextEncoder().encode("#!/bin/sh\n")));
  assert(!isDynamicProgram(await Deno.readFile("/bin/busybox")));
});

async function outputOf(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(program, { args }).output();
  return new TextDecoder().decode(stdout);
}

function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`).toSorted();
}
