/** The files that all containers of a pod share, in a small file system in the sandbox's bundle, which goes with it. */
import { join } from "@std/path/posix";
import { mount, MountFlag, readText, unmountAll } from "../../shim/libc/mod.ts";
import type { PodConfig } from "./pod_config.ts";
import { hostRoot } from "./user_mappings.ts";

/** As docker and CRI have it for /dev/shm. */
const BYTES = "64m";

/** A file or folder that is mounted into each container. */
export interface PodFile {
  readonly source: string;
  readonly destination: string;
  /** Whether it is memory that containers write to, whatever their root file system is. */
  readonly isMemory: boolean;
}

/**
 * Makes hostname, hosts, resolv.conf and /dev/shm, which are the pod's root's.
 * @param bundle The sandbox's, where containerd has made the folder `rootfs`, and unmounts it should this server be killed.
 */
export async function makePodFiles(bundle: string, config: PodConfig): Promise<PodFile[]> {
  const folder = join(bundle, "rootfs");
  mount(
    "tmpfs",
    folder,
    "tmpfs",
    MountFlag.NOSUID | MountFlag.NODEV | MountFlag.NOEXEC,
    `size=${BYTES},mode=711`,
  );
  try {
    const hostname = config.hostname || readText("/proc/sys/kernel/hostname").trim();
    await Promise.all([
      Deno.writeTextFile(join(folder, "hostname"), `${hostname}\n`, { mode: 0o644 }),
      copy("/etc/hosts", join(folder, "hosts")),
      writeResolvConf(join(folder, "resolv.conf"), config),
    ]);
    const files = ["hostname", "hosts", "resolv.conf"].map((name) => ({
      source: join(folder, name),
      destination: `/etc/${name}`,
      isMemory: false,
    }));
    const memory = await makeMemory(folder, config);
    if (config.users !== undefined) {
      const [uid, gid] = [hostRoot(config.users.uids), hostRoot(config.users.gids)];
      await Promise.all([...files, memory].map(({ source }) => Deno.chown(source, uid, gid)));
    }
    return [...files, memory];
  } catch (error) {
    await unmountAll(folder);
    throw error;
  }
}

/** Removes them. Containers that run still have them. */
export async function removePodFiles(bundle: string): Promise<void> {
  await unmountAll(join(bundle, "rootfs"));
}

async function makeMemory(folder: string, { hasHostIpc }: PodConfig): Promise<PodFile> {
  const destination = "/dev/shm";
  if (hasHostIpc) return { source: destination, destination, isMemory: true };
  const source = join(folder, "shm");
  await Deno.mkdir(source);
  // The umask does not let mkdir do it.
  await Deno.chmod(source, 0o1777);
  return { source, destination, isMemory: true };
}

async function writeResolvConf(path: string, { dns }: PodConfig): Promise<void> {
  // An empty one is an answer: no DNS.
  if (dns === undefined) return await copy("/etc/resolv.conf", path);
  const { searches, servers, options } = dns;
  const lines = [
    ...(searches.length > 0 ? [`search ${searches.join(" ")}`] : []),
    ...servers.map((server) => `nameserver ${server}`),
    ...(options.length > 0 ? [`options ${options.join(" ")}`] : []),
  ];
  await Deno.writeTextFile(path, lines.map((line) => `${line}\n`).join(""), { mode: 0o644 });
}

/** Copies a text file, or makes an empty one where the host has none. */
async function copy(from: string, to: string): Promise<void> {
  const text = await Deno.readTextFile(from).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
  await Deno.writeTextFile(to, text, { mode: 0o644 });
}
