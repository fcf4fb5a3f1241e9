/**
 * Runs a command in a machine that has cgroup v2 alone, whatever the host has.
 *
 * User-mode Linux is a Linux kernel that runs as an ordinary process: https://docs.kernel.org/virt/uml/user_mode_linux_howto_v2.html.
 * It is taken from Debian's package, boots in two seconds, and needs no KVM and no image: its root file system is the host's, read
 * only, with a tmpfs laid over it that takes what is written. It needs x86-64, a host that allows ptrace(2), some 1 GiB of
 * memory, and here root, for namespaces of its own: a PID namespace, so that all its processes end with the first, and a mount
 * namespace, where its memory is a file in a tmpfs. So nothing is written to the host's files, and nothing stays.
 *
 * The machine has one processor and no network but the loopback. Its kernel has the cgroup controllers cpu, io, memory and pids,
 * all namespaces but that of time, seccomp, and BPF for devices. It has neither cgroup v1's memory, cpuset, hugetlb, rdma, pressure
 * stall information (PSI), core scheduling, nor a swap.
 */
import { unpack } from "../../tests/harness/machine/packages.ts";
import { quote } from "../../commands/output/text.ts";

/** The newest stable one. */
const SUITE = "trixie";
/** Of the kernel, each below those that it needs: for the machine's own root file system, and for the network of pods. */
const MODULES = [
  "fs/overlayfs/overlay",
  "lib/crc-ccitt",
  "net/ipv6/ipv6",
  "net/llc/llc",
  "net/802/stp",
  "net/bridge/bridge",
  "drivers/net/veth",
];
/** Of the host. */
export const SYSTEMD = "/lib/systemd/systemd";
const MEMORY = "2G";
/** What the machine says, on a line of its own, when it has booted, and, with the exit code, when all is done. */
const BOOTED = "user-mode-linux: booted", ENDED = "user-mode-linux: ended ";

/**
 * Boots a machine, runs a command in it, and ends the machine. What the command prints is printed, as one stream; its standard
 * input is empty.
 * @param environment The command's environment.
 * @param systemd Whether systemd is to run the machine, and the command as a service: it is the host's.
 * @param signal Ends the machine early.
 * @returns The command's exit code.
 * @throws {Error} with the reason of `signal`; or where the machine did not boot, or ended before the command, with what it said.
 */
export async function runInUserModeLinux(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  systemd: boolean,
  signal: AbortSignal,
): Promise<number> {
  const root = await unpack(SUITE, ["user-mode-linux"]);
  const [modules] = [...Deno.readDirSync(`${root}/usr/lib/uml/modules`)];
  const folder = `${root}/usr/lib/uml/modules/${modules.name}/kernel`;

  const script = new TextEncoder().encode(initScript(command, environment, systemd, folder));
  const machine = new Deno.Command("unshare", {
    args: [
      ...["--mount", "--mount-proc", "--pid", "--fork", "--kill-child"],
      ...["sh", "-c", HOST_SCRIPT, `${script.length}`, `${root}/usr/bin/linux.uml`],
      ...[`mem=${MEMORY}`, "uml_dir=/run/", "con=null", "con0=null,fd:1"],
      ...["rootfstype=hostfs", "root=/dev/root", "ro", "init=/run/init"],
    ],
    env: { TMPDIR: "/run" },
    stdin: "piped",
    stdout: "piped",
    // Ctrl-C is for us alone.
    detached: true,
  }).spawn();
  const stdin = machine.stdin.getWriter();
  // It may have ended by itself.
  const end = () => stdin.close().catch(() => {});
  signal.addEventListener("abort", end);
  try {
    await Promise.all([stdin.write(script).catch(() => {}), signal.aborted && end()]);
    return await follow(machine.stdout, signal);
  } finally {
    signal.removeEventListener("abort", end);
    await end();
    await machine.status;
  }
}

/**
 * Runs the kernel, until it ends or standard input does, be it since we were killed. The first bytes of that, `$0` of them, are the
 * init script, which lies beside the machine's memory.
 */
const HOST_SCRIPT = `
set -e
exec 3<&0
mount -t tmpfs tmpfs /run
head -c "$0" >/run/init
chmod +x /run/init
{ read -r end || kill -s KILL -- -1; } <&3 &
# The shell has nothing to say of the kernel's end.
exec 2>/dev/null
("$@" </dev/null 3<&- 2>&1)
`;

/**
 * What the machine runs as process 1. Not by a shell that is busybox: until /proc is that of the machine, /proc/self/exe, by
 * which busybox would start its own commands, is this kernel.
 */
function initScript(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  systemd: boolean,
  modules: string,
): string {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${quote(value)}`);
  return `#!/bin/sh
# Were this process to end, the kernel would, with its last words unsaid.
trap 'echo "${ENDED}$?"; sleep 1000000' EXIT
set -e
PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -n -t proc proc /proc
cd ${quote(modules)}
for module in ${MODULES.join(" ")}; do /bin/busybox insmod $module.ko; done
mount -n -t tmpfs tmpfs /run
mkdir /run/written /run/work /run/root
mount -n -t overlay -o lowerdir=/,upperdir=/run/written,workdir=/run/work overlay /run/root
cd /run/root
pivot_root . run
umount -l /run
mount -n -t proc proc /proc
mount -n -t sysfs sysfs /sys
mount -n -t cgroup2 cgroup2 /sys/fs/cgroup
mount -n -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -n -t devpts -o newinstance,ptmxmode=0666 devpts /dev/pts
ln -sf pts/ptmx /dev/ptmx
mount -n -t tmpfs tmpfs /dev/shm
mount -n -t tmpfs tmpfs /run
/bin/busybox ip link set lo up
/bin/busybox stty -opost
# Only what is worse than the tests' many OOMs.
echo 1 >/proc/sys/kernel/printk
cat >/run/command <<'END'
trap 'echo "${ENDED}$?"; sleep 1000000' EXIT
cd ${quote(Deno.cwd())}
echo "${BOOTED}"
# To a pipe, as programs write otherwise to a terminal.
{ env -i ${variables.join(" ")} ${
    command.map(quote).join(" ")
  } </dev/null 2>&1; echo $? >/run/code; } | cat
exit "$(cat /run/code)"
END
${systemd ? BECOME_SYSTEMD : "exec sh /run/command"}
`;
}

/** Becomes systemd, which has nothing to run but the command. */
const BECOME_SYSTEMD = `
mkdir -p /run/systemd/system
cat >/run/systemd/system/command.service <<'END'
[Unit]
DefaultDependencies=no
[Service]
ExecStart=/bin/sh /run/command
StandardOutput=append:/dev/console
StandardError=inherit
TasksMax=infinity
END
exec ${SYSTEMD} --unit=command.service --show-status=false --log-target=null`;

/** Prints what the command says, and answers its exit code. */
async function follow(
  output: ReadableStream<Uint8Array<ArrayBuffer>>,
  signal: AbortSignal,
): Promise<number> {
  const start = performance.now();
  let isBooted = false;
  let bootLog = "";
  for await (const line of lines(output)) {
    if (line.startsWith(ENDED) && isBooted) return Number(line.slice(ENDED.length));
    if (line.startsWith(ENDED)) break;
    if (isBooted) {
      console.log(line);
    } else if (line === BOOTED) {
      isBooted = true;
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      console.log(`Booted a machine with cgroup v2 alone, in ${seconds} s`);
    } else {
      bootLog += `${line}\n`;
    }
  }
  signal.throwIfAborted();
  if (isBooted) throw new Error("expected an exit code, and the machine has ended before it");
  throw new Error(`expected the machine to boot, and it did not:\n${bootLog}`);
}

/** The lines of a text, the last of which may have no end. */
async function* lines(output: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of output.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split(/\r?\n/);
    rest = parts.pop()!;
    yield* parts;
  }
  if (rest !== "") yield rest;
}
