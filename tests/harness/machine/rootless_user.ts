/** A user without power over the machine, and the namespaces in which such a one is root, made by rootlesskit. */

import { basename, dirname } from "@std/path";
import { cgroupMounts, removeCgroups, unifiedMount } from "./cgroups.ts";
import { searchPath, unpack } from "./packages.ts";
import { runName } from "./private_mounts.ts";
import { findProgram } from "./programs.ts";

/** rootlesskit, the setuid programs that it calls, and a library of theirs whose package has another name than libraries' have. */
const PACKAGES = ["libpam0g", "rootlesskit", "uidmap"];

const NAME = "rootless";
/** A user id that nobody has, and the first of those that this user may give to others. */
const UID = 54321;
const FIRST_SUB_ID = 2_000_000_000;

/**
 * Run by root in a mount namespace of its own; $0 is the user's folder, $UID its id, and the arguments the folders that it has to go
 * through, outer before inner: a repository may be below /root. Nobody else knows the user, or sees these folders open to it.
 */
const BECOME_USER = `
set -e
cd "$0"
mount --bind passwd /etc/passwd
mount --bind subid /etc/subuid
mount --bind subid /etc/subgid
mkdir closed
mount -t tmpfs tmpfs closed
for folder; do
  if ! setpriv --reuid $UID --regid $UID --clear-groups test -x "$folder"; then
    layer=$(mktemp -d closed/XXXXXX)
    mkdir $layer/upper $layer/work
    mount -t overlay -o "lowerdir=$folder,upperdir=$layer/upper,workdir=$layer/work" overlay "$folder"
    chmod o+x "$folder"
  fi
done
exec setpriv --reuid $UID --regid $UID --clear-groups rootlesskit --net=host --copy-up=/etc --copy-up=/run \\
  --state-dir="$0/rootlesskit" sh -c "$BECOME_ROOT" "$0"
`;

/**
 * Run by the user as root of the namespaces, as docker's dockerd-rootless.sh and nerdctl's containerd-rootless.sh do it: the /run of
 * its own has links to what was there, which are no folders to make anything in. Temporary files are the same as outside. It says who
 * it is, and stays what it is, for its environment is to be read, until its standard input ends.
 */
const BECOME_ROOT = `
set -e
cd /run/containerd/tmp
rm -f /run/docker /run/containerd
mkdir -p /run/containerd/tmp
mount --rbind . /run/containerd/tmp
echo $$
read end || true
`;

/** Why there are no rootless users here; undefined where there are. rootlesskit is fetched where it is not installed. */
export async function findRootlesskit(): Promise<string | undefined> {
  if (["rootlesskit", "newuidmap"].every((name) => findProgram(name) !== undefined)) return;
  try {
    Deno.env.set("PATH", searchPath(await unpack("bookworm", PACKAGES)));
  } catch (error) {
    return `rootlesskit is not installed, and ${(error as Error).message}`;
  }
}

/** The user, who is gone when it is disposed of, with all namespaces. */
export class RootlessUser implements AsyncDisposable {
  /** The words before a command that is to run in the namespaces, as their root. */
  readonly enter: readonly string[];
  /** A process in the namespaces. */
  readonly pid: number;
  readonly #folder: string;
  /** With the name of this run, so that what stays in it is found. The user has no power over it. */
  readonly #cgroup: string;
  readonly #rootlesskit: Deno.ChildProcess;

  private constructor(
    folder: string,
    cgroup: string,
    rootlesskit: Deno.ChildProcess,
    pid: number,
  ) {
    this.pid = pid;
    this.#folder = folder;
    this.#cgroup = cgroup;
    this.#rootlesskit = rootlesskit;
    const environment = Deno.readTextFileSync(`/proc/${pid}/environ`).split("\0")
      .filter((variable) => /^(HOME|USER|TMPDIR|XDG_RUNTIME_DIR|ROOTLESSKIT_\w+)=/.test(variable));
    this.enter = [
      ...joining(cgroup),
      ...["nsenter", "--target", `${pid}`, "--user", "--mount", "env", ...environment],
    ];
  }

  /**
   * Makes the user.
   * @param programs Those that it is to run, besides those of the PATH.
   */
  static async make(...programs: string[]): Promise<RootlessUser> {
    const folder = await Deno.makeTempDir({ prefix: "rootless-" });
    await Deno.chown(folder, UID, UID);
    const home = `${NAME}:x:${UID}:${UID}::${folder}:/bin/sh`;
    await Deno.writeTextFile(`${folder}/passwd`, `root:x:0:0::/root:/bin/sh\n${home}\n`);
    await Deno.writeTextFile(`${folder}/subid`, `${NAME}:${FIRST_SUB_ID}:65536\n`);
    const cgroup = `${unifiedMount() ?? cgroupMounts()[0]}/${runName()}-${basename(folder)}`;
    await Deno.mkdir(cgroup);
    const path = Deno.env.get("PATH")!.split(":");
    const places = [...programs, Deno.execPath()].map((program) => Deno.realPathSync(program));
    const folders = new Set([...path, ...places].flatMap(withOuter).filter(isFolder));
    const [program, ...args] = joining(cgroup);
    const rootlesskit = new Deno.Command(program, {
      args: [
        ...[...args, "unshare", "--mount", "--propagation", "private"],
        ...["sh", "-c", BECOME_USER, folder],
        ...[folder, ...[...folders].toSorted((one, other) => one.length - other.length)],
      ],
      env: {
        BECOME_ROOT,
        UID: `${UID}`,
        USER: NAME,
        HOME: folder,
        TMPDIR: folder,
        XDG_RUNTIME_DIR: folder,
      },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const { value } = await rootlesskit.stdout.pipeThrough(new TextDecoderStream()).getReader()
      .read();
    if (value === undefined) throw new Error("expected a pid of rootlesskit's child, and it ended");
    return new RootlessUser(folder, cgroup, rootlesskit, Number(value));
  }

  /** Gives a file or folder to the user. */
  async own(path: string): Promise<void> {
    await Deno.chown(path, UID, UID);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#rootlesskit.stdin.close();
    await this.#rootlesskit.status;
    await removeCgroups([this.#cgroup]);
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** The words before a command that is to run in a cgroup. */
function joining(cgroup: string): string[] {
  return ["sh", "-c", `echo $$ > ${cgroup}/cgroup.procs && exec "$@"`, "sh"];
}

/** A path, that of the folder around it, and so on. */
function withOuter(path: string): string[] {
  return path === dirname(path) ? [path] : [path, ...withOuter(dirname(path))];
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
