/** A package for Fedora and its kin, made by rpmbuild(8). */
import { dirname, join } from "@std/path";
import { unpack } from "../../tests/harness/machine/packages.ts";
import { findProgram } from "../../tests/harness/machine/programs.ts";
import { type Release, rpmChangelog } from "./changelog.ts";
import { run } from "./command.ts";
import {
  DESCRIPTION,
  LICENSE,
  type Machine,
  NAME,
  type Source,
  SUMMARY,
  TARGETS,
} from "./facts.ts";
import { AT_REMOVAL } from "./removal.ts";

/** The folder of licences. */
export const LICENSES = `usr/share/licenses/${NAME}`;

/** Folders that are there before any package is. Those of other shells' completions may not be, and belong to nobody. */
const EVERYWHERE = [
  "usr",
  "usr/bin",
  "usr/libexec",
  "usr/share",
  "usr/share/doc",
  "usr/share/licenses",
  "usr/share/man",
  "usr/share/man/man8",
];

/** What makes it the same wherever and whenever it is made, and leaves the files as they are. */
const MACROS = {
  _build_id_links: "none",
  _buildhost: "localhost",
  _binary_payload: "w9.zstdio",
  __os_install_post: "%{nil}",
  clamp_mtime_to_source_date_epoch: "1",
  debug_package: "%{nil}",
  use_source_date_epoch_as_buildtime: "1",
};

/**
 * Makes the package.
 * @param root The folder of its files.
 * @param folder Where it is put.
 * @returns The name of its file.
 */
export async function makeRpm(
  root: string,
  folder: string,
  source: Source,
  machine: Machine,
  releases: readonly Release[],
): Promise<string> {
  const { rpm } = TARGETS[machine];
  // Beside the files, so that they can be linked.
  const work = await Deno.makeTempDir({ dir: dirname(root) });
  try {
    const spec = join(work, `${NAME}.spec`);
    await Deno.writeTextFile(
      spec,
      specification(source, await filesIn(root), rpmChangelog(releases, source.maintainer)),
    );
    const macros = {
      ...MACROS,
      _topdir: work,
      _tmppath: work,
      _rpmdir: folder,
      _rpmfilename: "%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm",
    };
    const { program, env } = await findRpmTool("rpmbuild");
    await run(program, [
      ...Object.entries(macros).flatMap(([name, value]) => ["--define", `${name} ${value}`]),
      ...["--define", `shim_root ${root}`, "--target", `${rpm}-linux`, "-bb", spec],
    ], { env: { ...env, SOURCE_DATE_EPOCH: String(source.time) } });
    return `${NAME}-${source.version}-1.${rpm}.rpm`;
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** A program of rpm's of the machine, or else of Debian 12, which is unpacked and not installed. */
export async function findRpmTool(
  name: "rpm" | "rpmbuild" | "rpmkeys",
): Promise<{ program: string; env: Record<string, string> }> {
  const installed = findProgram(name);
  if (installed !== undefined) return { program: installed, env: {} };
  const unpacked = await unpack("bookworm", ["rpm", "rpm-common", "zlib1g"]);
  return {
    program: `${unpacked}/usr/bin/${name}`,
    env: { RPM_CONFIGDIR: `${unpacked}/usr/lib/rpm` },
  };
}

function specification(
  { version, maintainer }: Source,
  files: readonly string[],
  changelog: string,
): string {
  const lines = files.map((path) => {
    if (path.startsWith(`/${LICENSES}/`)) return `%license ${path}`;
    return path.startsWith("/usr/share/doc/") ? `%doc ${path}` : path;
  });
  return `Name: ${NAME}
Version: ${version}
Release: 1
Summary: ${SUMMARY}
License: ${LICENSE}
Packager: ${maintainer.replaceAll("%", "%%")}
AutoReqProv: no
Requires: libc.so.6(GLIBC_2.27)(64bit)
Requires: libgcc_s.so.1()(64bit)
Recommends: containerd
Recommends: runc

%description
${DESCRIPTION}

%install
cp --archive --link %{shim_root}/. %{buildroot}

%preun
if [ "$1" = 0 ]; then
${AT_REMOVAL}fi

%files
%defattr(-,root,root,-)
${lines.join("\n")}

%changelog
${changelog.replaceAll("%", "%%")}`;
}

/** The files, and the folders that are removed with them: all but those that every machine has. */
async function filesIn(root: string): Promise<string[]> {
  const list = async (type: "d" | "f") =>
    (await run("sh", ["-c", `find usr -type ${type} | LC_ALL=C sort`], { cwd: root })).trim()
      .split("\n");
  const folders = (await list("d")).filter((path) => !EVERYWHERE.includes(path));
  return [
    ...folders.map((path) => `%dir /${path}`),
    ...(await list("f")).map((path) => `/${path}`),
  ];
}
