/** What is in the packages. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parseJsonc } from "../../shim/settings/jsonc.ts";
import { parseSettings } from "../../shim/settings/file.ts";
import { DEFAULTS } from "../../shim/settings/settings.ts";
import { DebianMachine } from "../harness/machine/debian_machine.ts";
import { unpack } from "../harness/machine/packages.ts";
import { REPOSITORY } from "../harness/machine/repository.ts";
import { debian, folder, packagePath, run, test } from "./made_packages.ts";

const NAME = "containerd-shim-ts-v2";

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
  `share/doc/${NAME}/changelog.gz`,
  `share/doc/${NAME}/copyright`,
  `share/lintian/overrides/${NAME}`,
  `share/zsh/vendor-completions/_${NAME}`,
];
const OTHERS = [
  `share/doc/${NAME}/CHANGELOG.md`,
  `share/licenses/${NAME}/LICENSE`,
  `share/licenses/${NAME}/NOTICES`,
  `share/zsh/site-functions/_${NAME}`,
];
const DENO = `libexec/${NAME}/deno`;

/** The files of a listing, below /usr, without folders, and without the Deno of the script form. */
function filesIn(listing: string): string[] {
  const paths = listing.trim().split("\n").map((path) => path.replace(/^\.?\/?usr\//, ""));
  // rpm writes folders as files; the one that is named as a file of another folder is a file.
  const isFolder = (path: string) =>
    /^$|\/$/.test(path) || (path.endsWith(`/${NAME}`) && ![...COMMON, ...DEBIAN].includes(path));
  return paths.filter((path) => !isFolder(path) && path !== DENO).toSorted();
}

/** A file of the archive. */
async function read(path: string): Promise<string> {
  return await run("tar", ["-xzOf", packagePath(".tar.gz"), path]);
}

test("each has the program, its documentation, and what the distribution wants", async () => {
  const deb = await run("sh", [
    "-c",
    'dpkg-deb --fsys-tarfile "$1" | tar -t',
    "sh",
    packagePath(".deb"),
  ]);
  assertEquals(filesIn(deb), [...COMMON, ...DEBIAN].toSorted());
  const tar = await run("tar", ["-tzf", packagePath(".tar.gz")]);
  assertEquals(filesIn(tar), [...COMMON, ...OTHERS].toSorted());
  const unpacked = await unpack("bookworm", ["rpm", "rpm-common", "zlib1g"]);
  const env = { RPM_CONFIGDIR: `${unpacked}/usr/lib/rpm` };
  const rpm = await run(`${unpacked}/usr/bin/rpm`, ["-qlp", packagePath(".rpm")], { env });
  assertEquals(filesIn(rpm), [...COMMON, ...OTHERS].toSorted());
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

test("the licences of all that is in it are there, and the bill of materials names them", async () => {
  const notices = await read(`usr/share/licenses/${NAME}/NOTICES`);
  const bill = JSON.parse(await read(`usr/share/doc/${NAME}/sbom.spdx.json`));
  const [own, ...dependencies] = bill.packages;
  assertEquals([bill.spdxVersion, own.name], ["SPDX-2.3", NAME]);
  const names = dependencies.map(({ name }: { name: string }) => name);
  for (const name of ["@grpc/grpc-js", "deno", "deno-std", "long", "protobufjs", "v8"]) {
    assertEquals(names.includes(name), true, name);
  }
  for (const { name, versionInfo, licenseDeclared } of dependencies) {
    assertStringIncludes(notices, `\n${name} ${versionInfo} (${licenseDeclared})\n`);
  }
  // Of what the program tells by comments of its bundler that it contains.
  const program = await read(`usr/bin/${NAME}`);
  for (const [, name, version] of program.matchAll(/^\/\/ npm:((?:@\w+\/)?[\w-]+)\/([^/]+)\//gm)) {
    assertStringIncludes(notices, `\n${name} ${version} (`);
  }
  assertMatch(await read(`usr/share/licenses/${NAME}/LICENSE`), /Apache License/);
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
