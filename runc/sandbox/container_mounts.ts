/** The mounts of a pod's files in its containers: CRI leaves them to who holds the sandbox. */
import { join } from "@std/path/posix";
import { withMember } from "../bundle/mod.ts";
import type { PodFile } from "./pod_files.ts";

interface Spec {
  root?: { readonly readonly?: boolean };
  mounts?: { destination: string; type?: string; source?: string; options?: string[] }[];
}

/**
 * Adds them to a container's config.json, but for what is mounted there by its own configuration: the kubelet has a file for /etc/hosts.
 * @throws {Error} If that can't be read or written.
 */
export async function addMounts(bundle: string, files: readonly PodFile[]): Promise<void> {
  const path = join(bundle, "config.json");
  const text = await Deno.readTextFile(path);
  const spec: Spec = JSON.parse(text);
  const before = spec.mounts ?? [];
  // /dev/shm in memory of the container's own is containerd's default for containers that are no pod's.
  const kept = before.filter(({ destination, type }) =>
    !(destination === "/dev/shm" && type === "tmpfs")
  );
  const taken = new Set(kept.map(({ destination }) => destination));
  const isReadOnly = spec.root?.readonly ?? false;
  const added = files.filter(({ destination }) => !taken.has(destination)).map((file) => ({
    destination: file.destination,
    type: "bind",
    source: file.source,
    // What a mount has set may not be cleared in a user namespace, and a runtime would try that to make another one read-only.
    options: ["rbind", "rprivate", "nosuid", "nodev", "noexec"].concat(
      isReadOnly && !file.isMemory ? "ro" : "rw",
    ),
  }));
  await Deno.writeTextFile(path, withMember(text, "mounts", [...kept, ...added]));
}
