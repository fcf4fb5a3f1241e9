/**
 * What the commands `start`, `pause`, `resume` and `delete` of the runc on the PATH change, by the system calls that they make. The shim does it without
 * them (docs/direct.md); where this fails with a newer runc, that one does more, and the shim must learn it before it takes that
 * version for a known one (runc/direct/known_runc.ts).
 */

import { assertEquals } from "@std/assert";
import { basename } from "@std/path";
import type { PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { cgroupMounts } from "../harness/machine/cgroups.ts";
import { unpack } from "../harness/machine/packages.ts";
import { findProcess, sendSignal } from "../harness/machine/processes.ts";
import { findProgram } from "../harness/machine/programs.ts";
import { Bundle } from "../harness/shim/direct_shim.ts";
import { testBetterThanGo } from "../harness/suite/black_box.ts";

const id = "box";

/** System calls that change nothing but the calling process, which is about to end; it may have mounts that are mounted nowhere. */
const OWN = new Set(
  `access arch_prctl brk capget clock_gettime clock_nanosleep clone3 close dup epoll_create epoll_create1
  epoll_ctl epoll_pwait epoll_wait eventfd2 execve exit exit_group faccessat faccessat2 fcntl fsconfig fsmount fsopen fgetxattr fstat fstatfs futex
  getcwd getdents64 getegid geteuid getgid getpid getppid getrandom getrlimit gettid getuid ioctl lseek
  lstat madvise mincore mmap mprotect mremap munmap nanosleep newfstatat pipe pipe2 prctl pread64
  prlimit64 read readlink readlinkat restart_syscall rseq rt_sigaction rt_sigprocmask rt_sigreturn
  sched_getaffinity sched_yield seccomp set_robust_list set_tid_address setitimer sigaltstack stat
  statfs statx sysinfo tgkill timer_create timer_delete timer_settime uname write`.split(/\s+/),
);

/** Runs a command of runc, and answers what it has changed: lines of a system call and a path, sorted. */
async function changesOf(root: string, command: string, folder: string): Promise<string[]> {
  const strace = findProgram("strace") ??
    `${await unpack("bookworm", ["strace"])}/usr/bin/strace`;
  await Deno.mkdir(folder);
  const trace = ["-ff", "-qq", "-y", "-s", "4096", "-e", "signal=none", "-o", `${folder}/trace`];
  const args = [...trace, "runc", "--root", root, command, id];
  const { success, stderr } = await new Deno.Command(strace, { args }).output();
  assertEquals(success, true, new TextDecoder().decode(stderr));
  const files = [...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`);
  return files.flatMap((file) => Deno.readTextFileSync(file).split("\n"))
    .map(changeBy).filter((change) => change !== undefined).toSorted();
}

/** What a line of strace's says that was changed. */
function changeBy(line: string): string | undefined {
  const call = /^(\w+)\((.*)\) += ([-\w?]+)/.exec(line);
  if (call === null || call[3] === "-1") return undefined;
  const [, name, args] = call;
  // A thread, and no process.
  if (name === "clone" && args.includes("CLONE_THREAD")) return undefined;
  const isOpen = name.startsWith("open");
  if (isOpen && !/O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND/.test(args) && !args.includes("fifo")) {
    return undefined;
  }
  if (OWN.has(name)) return undefined;
  const path = /^(?:AT_FDCWD(?:<[^>]*>)?|-?\d+(?:<([^>]*)>)?), "([^"]*)"/.exec(args);
  if (path === null) return `${name} ${args}`;
  const [, place, file] = path;
  const kind = args.includes("AT_REMOVEDIR") ? "rmdir" : isOpen ? "open" : name;
  return `${kind} ${file.startsWith("/") ? file : `${place}/${file}`}`;
}

testBetterThanGo(
  "runc's start opens and removes a FIFO, its pause and resume write to the freezer, its delete removes cgroups and the state",
  async (containerd) => {
    const bundle = await Bundle.make(containerd, id);
    const root = `${containerd.folder}/root`;
    await mountRootfs(containerd, bundle);
    const folder = `${root}/${id}`;
    const pid = await createByHand(root, bundle);
    const state = JSON.parse(Deno.readTextFileSync(`${folder}/state.json`));
    const cgroups: string[] = Object.values(state.cgroup_paths);
    // Nothing is done in others: the shim knows them from there only.
    assertEquals(
      cgroups.filter((path) => !cgroupMounts().some((mount) => path.startsWith(mount))),
      [],
    );

    const start = await changesOf(root, "start", `${containerd.folder}/start`);
    assertEquals(start, [`open ${folder}/exec.fifo`, `unlinkat ${folder}/exec.fifo`]);

    const { freezer, "": unified } = state.cgroup_paths;
    const file = freezer ? `${freezer}/freezer.state` : `${unified}/cgroup.freeze`;
    for (const command of ["pause", "resume"]) {
      const changes = await changesOf(root, command, `${containerd.folder}/${command}`);
      // It may have been written more than once.
      assertEquals([...new Set(changes)], [`open ${file}`]);
    }

    sendSignal(pid, "SIGKILL");
    await eventually("its end", () => findProcess(pid) === undefined || undefined);
    const deletion = await changesOf(root, "delete", `${containerd.folder}/delete`);
    assertEquals(
      deletion,
      [
        ...cgroups.map((path) => `rmdir ${path}`),
        `rmdir ${folder}`,
        `unlinkat ${folder}/state.json`,
      ]
        .toSorted(),
    );
    await new Deno.Command("umount", { args: [`${bundle.path}/rootfs`] }).output();
    for (const name of ["root", "start", "pause", "resume", "delete"]) {
      await Deno.remove(`${containerd.folder}/${name}`, { recursive: true });
    }
    await bundle.remove();
  },
);

async function mountRootfs(containerd: PrivateContainerd, bundle: Bundle): Promise<void> {
  const args = ["--bind", containerd.rootfs, `${bundle.path}/rootfs`];
  const { success, stderr } = await new Deno.Command("mount", { args }).output();
  assertEquals(success, true, new TextDecoder().decode(stderr));
}

/** Creates a container, and answers init's pid. */
async function createByHand(root: string, bundle: Bundle): Promise<number> {
  const path = `${bundle.path}/config.json`;
  const spec = JSON.parse(Deno.readTextFileSync(path));
  spec.process.args = ["sleep", "1000"];
  Deno.writeTextFileSync(path, JSON.stringify(spec));
  const pidFile = `${bundle.path}/${basename(bundle.path)}.pid`;
  const args = ["--root", root, "create", "--bundle", bundle.path, "--pid-file", pidFile, id];
  const { success } = await new Deno.Command("runc", { args, stdout: "null", stderr: "null" })
    .spawn().status;
  assertEquals(success, true);
  return Number(Deno.readTextFileSync(pidFile));
}
