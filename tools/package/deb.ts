/** A package for Debian and its kin, made by dpkg-deb(1). */
import { join } from "@std/path";
import { debianChangelog, type Release } from "./changelog.ts";
import { run } from "./command.ts";
import type { Dependency } from "./dependencies.ts";
import { DESCRIPTION, type Machine, NAME, type Source, SUMMARY, TARGETS } from "./facts.ts";
import { DOC, type Files } from "./files.ts";
import { debianCopyright } from "./notices.ts";
import { DENO, EXECUTABLE } from "./program.ts";
import { AT_REMOVAL } from "./removal.ts";

/** What only Debian's package has. */
export function debianFiles(
  releases: readonly Release[],
  dependencies: readonly Dependency[],
  maintainer: string,
  isScript: boolean,
): Files {
  return {
    [`${DOC}/changelog.gz`]: debianChangelog(releases, maintainer),
    [`${DOC}/copyright`]: debianCopyright(dependencies),
    [`usr/share/lintian/overrides/${NAME}`]: overrides(isScript),
  };
}

/** What lintian(1) takes for a fault and is none, with the reasons. */
function overrides(isScript: boolean): string {
  const program = isScript ? DENO : EXECUTABLE;
  const script = `# Behind its first lines, which become Deno, it is JavaScript.
${NAME}: shell-script-fails-syntax-check [${EXECUTABLE}]
${NAME}: bash-term-in-posix-shell * [${EXECUTABLE}:*]
`;
  return `# The program is Deno's, as its project has built and tested it.
${NAME}: embedded-library * [${program}]
${NAME}: hardening-no-relro [${program}]
${NAME}: binary-has-unneeded-section * [${program}]
${NAME}: spelling-error-in-binary * [${program}]
${isScript ? script : ""}`;
}

/** The scripts that dpkg runs (deb-prerm(5), deb-postrm(5)). */
const SCRIPTS = {
  prerm: `#!/bin/sh
set -e
if [ "$1" = remove ]; then
${AT_REMOVAL}fi
`,
  postrm: `#!/bin/sh
set -e
# Nobody but the administrator has written it, for this package alone.
if [ "$1" = purge ]; then
    rm -f /etc/${NAME}.json
fi
`,
};

/**
 * Makes the package.
 * @param root The folder of its files; what dpkg is to know is added to it.
 * @param folder Where it is put.
 * @returns The name of its file.
 */
export async function makeDeb(
  root: string,
  folder: string,
  { version, time, maintainer }: Source,
  machine: Machine,
): Promise<string> {
  const { deb } = TARGETS[machine];
  const control = join(root, "DEBIAN");
  await Deno.mkdir(control);
  await Deno.writeTextFile(
    join(control, "control"),
    `Package: ${NAME}
Version: ${version}
Architecture: ${deb}
Maintainer: ${maintainer}
Installed-Size: ${installedSize(join(root, "usr"))}
Depends: libc6 (>= 2.27), libgcc-s1
Recommends: containerd | containerd.io, runc | crun
Suggests: criu
Section: admin
Priority: optional
Description: ${SUMMARY}
${DESCRIPTION.replaceAll(/^/gm, " ")}
`,
  );
  for (const [name, text] of Object.entries(SCRIPTS)) {
    await Deno.writeTextFile(join(control, name), text);
    await Deno.chmod(join(control, name), 0o755);
  }
  await Deno.writeTextFile(join(control, "md5sums"), await md5sums(root));
  const file = `${NAME}_${version}_${deb}.deb`;
  const env = { SOURCE_DATE_EPOCH: String(time) };
  // lintian wants xz, of which more takes minutes.
  const options = ["--root-owner-group", "-Zxz", "-z2"];
  await run("dpkg-deb", [...options, "--build", root, join(folder, file)], { env });
  return file;
}

/** In KiB, where a folder has one (deb-substvars(5)): what du(1) says of folders depends on the file system. */
function installedSize(path: string): number {
  const { isDirectory, size } = Deno.lstatSync(path);
  if (!isDirectory) return Math.ceil(size / 1024);
  return Array.from(Deno.readDirSync(path), ({ name }) => installedSize(join(path, name)))
    .reduce((sum, each) => sum + each, 1);
}

/** See deb-md5sums(5). */
async function md5sums(root: string): Promise<string> {
  return await run("sh", ["-c", "find usr -type f | LC_ALL=C sort | xargs -d '\\n' md5sum"], {
    cwd: root,
  });
}
