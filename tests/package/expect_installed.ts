/** How a machine is with a package, and without it. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { DebianMachine } from "../harness/machine/debian_machine.ts";
import { NAME } from "./made_packages.ts";
import type { PackageManager } from "./package_managers.ts";

/** What libraries are in glibc and in libgcc, on which the packages depend. */
const LIBRARIES = /^(ld-linux-.*|lib(c|dl|m|pthread|rt)\.so\.\d|libgcc_s\.so\.1)$/;

/** All files and folders where packages put theirs. */
export async function filesOn(machine: DebianMachine): Promise<string[]> {
  // rpm's distributions have it, as they have /usr/share.
  await Deno.mkdir(`${machine.root}/usr/share/licenses`, { recursive: true });
  return (await machine.run("find", "/etc", "/opt", "/usr")).trim().split("\n");
}

/** Expects that a package is gone, and all that it has brought. */
export async function expectNothingLeft(
  machine: DebianMachine,
  manager: PackageManager,
  before: readonly string[],
): Promise<void> {
  assertEquals(await manager.isInstalled(machine), false);
  const after = await filesOn(machine);
  assertEquals(after.filter((path) => !before.includes(path)), []);
  assertEquals(before.filter((path) => !after.includes(path)), []);
}

/**
 * Expects that everything is as it is in the package, is root's, may be changed by root alone, is found by who looks for it, and that the
 * package depends on what its program needs.
 * @returns What readelf(1) says of the program.
 */
export async function expectInstalled(
  machine: DebianMachine,
  manager: PackageManager,
): Promise<string> {
  assertEquals(await manager.isInstalled(machine), true);
  assertEquals(await manager.verify(machine), "");
  const files = await manager.files(machine);
  const kinds = await machine.run("find", ...files, "-maxdepth", "0", "-printf", "%u %g %M %p\n");
  const [executable, ...others] = kinds.trim().split("\n")
    .filter((kind) => !/^root root (-rw-r--r--|drwxr-xr-x) /.test(kind));
  assertEquals(executable, `root root -rwxr-xr-x /usr/bin/${NAME}`);
  const deno = `/usr/libexec/${NAME}/deno`;
  assertEquals(others, files.includes(deno) ? [`root root -rwxr-xr-x ${deno}`] : []);

  assertMatch(await machine.run("man", "8", NAME), new RegExp(`^NAME\\n +${NAME} `, "m"));
  const completion = `. /usr/share/bash-completion/completions/${NAME} && complete -p ${NAME}`;
  assertMatch(await machine.run("bash", "-c", completion), /^complete /);

  const program = files.includes(deno) ? deno : `/usr/bin/${NAME}`;
  const elf = await machine.run("readelf", "--wide", "-h", "-d", "-V", program);
  const libraries = [...elf.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name]) => name);
  assertEquals(libraries.filter((name) => !LIBRARIES.test(name)), []);
  const versions = [...elf.matchAll(/\bGLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
  const dependencies = (await manager.dependencies(machine)).join("\n");
  assertStringIncludes(dependencies, `2.${Math.max(...versions)})`);
  assertMatch(dependencies, /^libgcc/m);
  return elf;
}
