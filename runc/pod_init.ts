/** The init of a pod whose containers share a PID namespace, where it is PID 1 and reaps orphans, or have a user namespace. */
import { basename, join } from "@std/path/posix";
import type { RuncOptions } from "../proto/mod.ts";
import { endsWithin } from "../shim/common/mod.ts";
import { killIfThere, orWarn, type Shim, SIGKILL, StatusCode, StatusError } from "../shim/mod.ts";
import { withImplied } from "./options/mod.ts";
import { initPidFile, readPid, runtimeOf, writtenPid } from "./bundle/mod.ts";
import { removeEmptyCgroups } from "./cgroup/mod.ts";
import { UNASKED_MS } from "./init.ts";
import { initRoot, makeInitRoot, removeInitRoot } from "./init_root.ts";
import { Runc } from "./runc.ts";
import type { HeldNamespaces, InitSpec, PodToHold } from "./sandbox/held_namespaces.ts";
import { type IdRange, nobody } from "./sandbox/user_mappings.ts";

/** The name by which Kubernetes' users know PID 1 of a pod. */
const PROGRAM = "pause";
/** As CRI gives it to pause containers: the least that there is. */
const CPU_SHARES = 2;
/** How long it may take to end, with all processes of its PID namespace, in ms. */
const END_MS = 5_000;

/** Runs init by the runtime: see `RunInit`. */
export async function runPodInit(
  shim: Shim,
  given: RuncOptions,
  pod: PodToHold,
  own: InitSpec,
): Promise<HeldNamespaces> {
  const { id, bundle } = pod;
  const cgroupsPath = cgroupsPathOf(pod, shim.namespace, given);
  const options = withImplied(given, { linux: { cgroupsPath } });
  const runtime = { ...runtimeOf(options, shim.namespace), bundle };
  const runc = new Runc(shim.reaper, runtime);
  const pidFile = initPidFile(bundle);
  if (runc.knows(id)) {
    throw new StatusError(StatusCode.ALREADY_EXISTS, `the runtime has a container ${id}`);
  }
  const remove = () => runc.within(AbortSignal.timeout(UNASKED_MS)).delete(id, true);
  const removed = (what: string, work: () => unknown) =>
    orWarn(shim.logger, `${what} of the pod's init`, async () => void await work());
  using expectation = shim.reaper.expect();
  try {
    await makeInitRoot(bundle, PROGRAM);
    await writeSpec(pod, own, cgroupsPath);
    await runc.within(AbortSignal.timeout(UNASKED_MS)).run(id, { ...options, pidFile });
    const pid = readPid(pidFile);
    let isAlive = true;
    const ended = expectation.claim(pid).finally(() => isAlive = false);
    const release = async () => {
      if (isAlive) killIfThere(pid, SIGKILL);
      if (!await endsWithin(ended, END_MS)) throw new Error(`the pod's init ${pid} does not end`);
      if (runc.knows(id)) await remove();
    };
    return { pid, ended, release };
  } catch (error) {
    await removed("remove what the runtime has left", () => runc.knows(id) && remove());
    const pid = writtenPid(pidFile);
    if (pid !== undefined && shim.reaper.isUnclaimed(pid)) killIfThere(pid, SIGKILL);
    await removed("remove the cgroups", () => removeEmptyCgroups(bundle, runtime));
    throw error;
  } finally {
    await removed("unmount the root file system", () => removeInitRoot(bundle));
  }
}

async function writeSpec(
  { bundle, config: { users } }: PodToHold,
  { namespaces, hostname, sysctl }: InitSpec,
  cgroupsPath: string,
): Promise<void> {
  const spec = {
    ociVersion: "1.0.2",
    hostname,
    process: {
      args: [`/${PROGRAM}`],
      cwd: "/",
      user: { uid: nobody(users?.uids), gid: nobody(users?.gids) },
      noNewPrivileges: true,
    },
    root: { path: initRoot(bundle), readonly: true },
    mounts: [
      // The runtimes need both.
      {
        destination: "/proc",
        type: "proc",
        source: "proc",
        options: ["nosuid", "noexec", "nodev"],
      },
      {
        destination: "/dev",
        type: "tmpfs",
        source: "tmpfs",
        options: ["nosuid", "noexec", "mode=755", "size=64k"],
      },
    ],
    linux: {
      namespaces: [{ type: "pid" }, { type: "mount" }, ...namespaces],
      sysctl,
      uidMappings: users?.uids.map(toSpec),
      gidMappings: users?.gids.map(toSpec),
      cgroupsPath,
      resources: { devices: [{ allow: false, access: "rwm" }], cpu: { shares: CPU_SHARES } },
      // Containers may reach its /proc, by /proc/1/root.
      maskedPaths: ["acpi", "asound", "kcore", "keys", "latency_stats", "sched_debug", "scsi"]
        .concat("timer_list", "timer_stats").map((name) => `/proc/${name}`),
      readonlyPaths: ["bus", "fs", "irq", "sys", "sysrq-trigger"].map((name) => `/proc/${name}`),
    },
  };
  await Deno.writeTextFile(join(bundle, "config.json"), JSON.stringify(spec));
}

function toSpec({ containerId, hostId, length }: IdRange) {
  return { containerID: containerId, hostID: hostId, size: length };
}

/** Where CRI puts a pod's pause container, and its other ones: in a parent that is called a slice in systemd's form. */
function cgroupsPathOf(
  { id, config: { cgroupParent: parent } }: PodToHold,
  namespace: string,
  { systemdCgroup }: RuncOptions,
): string {
  if (parent.endsWith(".slice")) return `${basename(parent)}:cri-containerd:${id}`;
  if (parent !== "") return join(parent, id);
  return systemdCgroup ? `:cri-containerd:${id}` : join("/", namespace, id);
}
