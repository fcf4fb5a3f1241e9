/** A systemd of a test's own, for what it does with services. */
import { eventually } from "../expect/eventually.ts";
import { cgroupFolders, removeCgroups, unifiedMount } from "./cgroups.ts";
import { isFile } from "./files.ts";
import { childrenOf, isAlive } from "./processes.ts";

const PROGRAM = "/lib/systemd/systemd";

/** Whether this machine can have one: it has the program, and a hierarchy of cgroup v2, be it beside those of v1. */
export const hasSystemd = isFile(PROGRAM) && unifiedMount() !== undefined;

/**
 * What becomes systemd, in namespaces of its own. It may write to /run and /etc/systemd/system, which are its own; but /run/containerd is
 * the run's. Its cgroup is the root of the only hierarchy that it sees.
 * Arguments: its cgroup.procs, a folder for its /run, a folder with units, and the unit to start.
 */
const SCRIPT = `
set -e
umount -n --recursive /sys/fs/cgroup
mount -n -t cgroup2 cgroup2 /sys/fs/cgroup
mount -n -t tmpfs tmpfs "$1"
mkdir "$1/containerd"
mount -n --bind /run/containerd "$1/containerd"
mount -n -t tmpfs tmpfs /etc/systemd/system
cp "$2"/* /etc/systemd/system
mount -n --move "$1" /run
for path in /etc /proc/sys; do
  mount -n --rbind $path $path
  mount -n -o remount,bind,ro $path
done
mount -n --bind /dev/null /dev/console
exec env -i container=other PATH="$PATH" SYSTEMD_UNIT_PATH=/etc/systemd/system \\
  setpriv --bounding-set=-sys_boot,-sys_module,-sys_time \\
  ${PROGRAM} --system --unit="$3" --log-target=null --show-status=no
`;

/** A running one. Needs the private mounts of `enterPrivateMounts`. */
export class PrivateSystemd implements AsyncDisposable {
  readonly #outer: Deno.ChildProcess;
  readonly #pid: number;
  readonly #cgroup: string;

  private constructor(outer: Deno.ChildProcess, pid: number, cgroup: string) {
    this.#outer = outer;
    this.#pid = pid;
    this.#cgroup = cgroup;
  }

  /**
   * Boots it, and waits until its first unit is active.
   * @param cgroup The name of its cgroup, which is made and removed.
   * @param folder Is made, and removed when it has booted.
   * @param units By name, as systemd.unit(5) has them; the first is started.
   */
  static async boot(
    cgroup: string,
    folder: string,
    units: Readonly<Record<string, string>>,
  ): Promise<PrivateSystemd> {
    await Deno.mkdir(`${folder}/units`, { recursive: true });
    await Deno.mkdir(`${folder}/run`);
    for (const [name, text] of Object.entries(units)) {
      await Deno.writeTextFile(`${folder}/units/${name}`, text);
    }
    const [unit] = Object.keys(units);
    const own = `${unifiedMount()}/${cgroup}`;
    await Deno.mkdir(own);
    const namespaces = ["--mount", "--propagation=private", "--uts", "--ipc", "--net", "--cgroup"];
    const process = ["--pid", "--fork", "--mount-proc", "--kill-child"];
    const inner = ["sh", "-c", SCRIPT, "sh", `${folder}/run`, `${folder}/units`, unit];
    const outer = new Deno.Command("sh", {
      args: [
        ...["-c", 'echo $$ >"$0" && exec "$@"', `${own}/cgroup.procs`],
        ...["unshare", ...namespaces, ...process, ...inner],
      ],
      stdin: "null",
      stdout: "null",
    }).spawn();
    const pid = await eventually(
      "systemd to begin",
      () => childrenOf(outer.pid).find(({ command }) => command[0] === PROGRAM)?.pid,
    );
    const systemd = new PrivateSystemd(outer, pid, cgroup);
    try {
      await eventually("an active unit", () => systemd.#isActive(unit));
    } catch (error) {
      await systemd[Symbol.asyncDispose]();
      throw error;
    }
    await Deno.remove(folder, { recursive: true });
    return systemd;
  }

  async #isActive(unit: string): Promise<true | undefined> {
    const { code } = await this.command("systemctl", "is-active", unit).output();
    return code === 0 || undefined;
  }

  /** A command in its namespaces, as who is logged in on the machine calls it. */
  command(...words: string[]): Deno.Command {
    return new Deno.Command("nsenter", {
      args: ["--target", `${this.#pid}`, "--all", ...words],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  /**
   * Runs a command for a shell.
   * @throws {Error} If it fails, with what it says.
   */
  async sh(command: string): Promise<void> {
    const { success, stderr } = await this.command("sh", "-c", command).output();
    if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
  }

  /** Ends it, with all that it has started. */
  async [Symbol.asyncDispose](): Promise<void> {
    // unshare(1) takes it along.
    this.#outer.kill("SIGKILL");
    await this.#outer.status;
    await eventually("an end of systemd", () => !isAlive(this.#pid) || undefined);
    await removeCgroups(cgroupFolders(this.#cgroup));
  }
}
