/** What is in the packages. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parseJsonc } from "../../shim/settings/jsonc.ts";
import { parseSettings } from "../../shim/settings/file.ts";
import { DEFAULTS } from "../../shim/settings/settings.ts";
import { DebianMachine } from "../harness/machine/debian_machine.ts";
import { REPOSITORY } from "../harness/machine/repository.ts";
import { findRpmTool } from "../../tools/package/rpm.ts";
import { debian, folder, NAME, packagePath, run, test } from "./made_packages.ts";

/** What all have, below /usr, beside what distributions have at different places; in the script form Deno, too. */
const COMMON = [
  `bin/${NAME}`,
  `share/bash-completion/completions/${NAME}`,
  `share/doc/${NAME}/README.md`,
  `share/doc/${NAME}/examples/${NAME}.json`,
  `share/doc/${NAME}/examples/containerd.service.conf`,
  ...Array.from(
    Deno.readDirSync(`${REPOSITORY}docs`),
    ({ name }) => `share/doc/${NAME}/docs/${name}`,
  ),
  `share/doc/${NAME}/sbom.spdx.json`,
  `share/fish/vendor_completions.d/${NAME}.fish`,
  `share/man/man8/${NAME}.8.gz`,
];
const DEBIAN = [
  `share/doc/${NAME}/NOTICES-crates.gz`,
  `share/doc/${NAME}/changelog.gz`,
  `share/doc/${NAME}/copyright`,
  `share/lintian/overrides/${NAME}`,
  `share/zsh/vendor-completions/_${NAME}`,
];
const OTHERS = [
  `share/doc/${NAME}/CHANGELOG.md`,
  `share/licenses/${NAME}/LICENSE`,
  `share/licenses/${NAME}/NOTICES`,
  `share/licenses/${NAME}/NOTICES-crates`,
  `share/zsh/site-functions/_${NAME}`,
];
/** Crates of Rust's standard library, which is not a crate of crates.io. */
const STANDARD_LIBRARY = [
  "addr2line-0.25.1",
  "gimli-0.32.3",
  "miniz_oxide-0.8.9",
  "rustc-demangle-0.1.27",
];
const DENO = `libexec/${NAME}/deno`;

/** The files of a listing as `ls -l` and tar have it, below /usr, without folders, and without the Deno of the script form. */
function filesIn(listing: string): string[] {
  return listing.trim().split("\n").filter((line) => !line.startsWith("d"))
    .map((line) => line.replace(/^.* \.?\/?usr\//, "")).filter((path) => path !== DENO).toSorted();
}

/** Asks rpm for something of the package. */
async function query(format: string): Promise<string> {
  return await rpm("rpm", "-qp", "--queryformat", format);
}

/** Runs a program of rpm's on the package. */
async function rpm(name: "rpm" | "rpmkeys", ...args: string[]): Promise<string> {
  const { program, env } = await findRpmTool(name);
  return await run(program, [...args, packagePath(".rpm")], { env });
}

/** A file of the archive. */
async function read(path: string): Promise<string> {
  return await run("tar", ["-xzOf", packagePath(".tar.gz"), path]);
}

test("each has the program, its documentation, and what the distribution wants", async () => {
  const deb = await run("dpkg-deb", ["--contents", packagePath(".deb")]);
  assertEquals(filesIn(deb), [...COMMON, ...DEBIAN].toSorted());
  const tar = await run("tar", ["-tvzf", packagePath(".tar.gz")]);
  assertEquals(filesIn(tar), [...COMMON, ...OTHERS].toSorted());
  const names = await query("[%{FILEMODES:perms} %{FILENAMES}\\n]");
  assertEquals(filesIn(names), [...COMMON, ...OTHERS].toSorted());
});

test("the sums are right, and of all", async () => {
  const checked = await run("sha256sum", ["--check", "SHA256SUMS"], { cwd: folder });
  assertEquals(checked.match(/: OK$/gm)?.length, 3);
});

test("lintian finds nothing", async () => {
  await using machine = await DebianMachine.boot(debian);
  await Deno.copyFile(packagePath(".deb"), `${machine.root}/tmp/shim.deb`);
  assertEquals(
    await machine.run("lintian", "--allow-root", "--info", "--display-info", "/tmp/shim.deb"),
    "",
  );
});

test("rpm finds its package whole", async () => {
  const checks = (await rpm("rpmkeys", "--checksig", "--verbose")).trim().split("\n").slice(1);
  assertEquals(checks.filter((check) => !check.endsWith(" digest: OK")), []);
  assertEquals(checks.length, 4);
});

test("they name who answers for them", async () => {
  const maintainer = "Ada Example <ada@example.org>";
  assertEquals(
    await run("dpkg-deb", ["--field", packagePath(".deb"), "Maintainer"]),
    `${maintainer}\n`,
  );
  assertEquals(await query("%{PACKAGER}"), maintainer);
  const bill = JSON.parse(await read(`usr/share/doc/${NAME}/sbom.spdx.json`));
  assertEquals(bill.packages[0].supplier, "Organization: Ada Example (ada@example.org)");
});

test("the licences of all that is in it are there, and the bill of materials names them", async () => {
  const notices = await read(`usr/share/licenses/${NAME}/NOTICES`) +
    await read(`usr/share/licenses/${NAME}/NOTICES-crates`);
  const bill = JSON.parse(await read(`usr/share/doc/${NAME}/sbom.spdx.json`));
  const [own, ...dependencies] = bill.packages;
  assertEquals([bill.spdxVersion, own.name], ["SPDX-2.3", NAME]);
  const names = dependencies.map(({ name }: { name: string }) => name);
  for (const name of ["@grpc/grpc-js", "deno", "deno-std", "protobufjs", "v8"]) {
    assertEquals(names.includes(name), true, name);
  }
  for (const { name, versionInfo, licenseDeclared } of dependencies) {
    assertStringIncludes(notices, `\n${name} ${versionInfo} (${licenseDeclared})`);
  }
  // Of what the program tells by comments of its bundler that it contains.
  const program = await read(`usr/bin/${NAME}`);
  for (const [, name, version] of program.matchAll(/^\/\/ npm:((?:@\w+\/)?[\w-]+)\/([^/]+)\//gm)) {
    assertStringIncludes(notices, `\n${name} ${version} (`);
  }
  assertMatch(await read(`usr/share/licenses/${NAME}/LICENSE`), /Apache License/);
});

test("the crates that Deno tells that it contains are there, with the texts that they bring", async () => {
  const machine = await Deno.makeTempDir();
  try {
    await run("tar", ["-C", machine, "-xzf", packagePath(".tar.gz")]);
    // In either form, where its panics come from.
    const path = "index\\.crates\\.io-[0-9a-f]+/[^/]+-[0-9][^/]*/";
    const found = await run("grep", ["-raohE", path, `${machine}/usr`]);
    const named = new Set(found.trim().split("\n").map((path) => path.split("/")[1]));
    assertEquals(named.size > 300, true);
    const notices = await read(`usr/share/licenses/${NAME}/NOTICES-crates`);
    const [list, ...texts] = notices.split(/^-{78}\n/m);
    const known = [...list.matchAll(/^(\S+) (\d\S*) \(.+\)(?:: ([\d, ]+))?$/gm)];
    const names = known.map(([, name, version]) => `${name}-${version}`);
    assertEquals([...named].filter((name) => !names.includes(name)).toSorted(), STANDARD_LIBRARY);
    const numbers = new Set(known.flatMap(([, , , texts]) => texts?.split(", ") ?? []));
    assertEquals([...numbers].toSorted(), texts.map((text) => text.split(".", 1)[0]).toSorted());
  } finally {
    await Deno.remove(machine, { recursive: true });
  }
});

test("the example of settings is all defaults", async () => {
  const text = await read(`usr/share/doc/${NAME}/examples/${NAME}.json`);
  assertEquals(parseSettings(text, "example"), DEFAULTS);
  parseJsonc(text.replace('// "logLevel"', '"logLevel"'), "example");
});

test("nothing in it tells of the place where it was made", async () => {
  const program = await read(`usr/bin/${NAME}`);
  for (const place of [Deno.cwd(), `${Deno.env.get("HOME")}/.`, Deno.execPath()]) {
    assertEquals(program.includes(place), false, place);
  }
});
