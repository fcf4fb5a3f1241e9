/** What tests of containers in a user namespace need. */
import { dirname } from "@std/path";

const [major, minor] = Deno.osRelease().split(".").map(Number);

/**
 * Whether a tmpfs, which the tests' folders are on, can show its files with the owners of a user namespace: since Linux 6.3, later
 * than ext4 (5.12) and the layers of an overlay (5.19).
 */
export const canMapOwners = major > 6 || (major === 6 && minor >= 3);

/** Whether the snapshotters of the containerd that is here ask for that: since 2.0. */
export function snapshottersMapOwners(): boolean {
  const { stdout } = new Deno.Command("containerd", { args: ["--version"] }).outputSync();
  return !/ v?1\.\d/.test(new TextDecoder().decode(stdout));
}

/** Whether the runc that is here mounts volumes with other owners, too, as containerd's CRI plugin wants: since 1.2. */
export function runcMapsOwners(): boolean {
  const { stdout } = new Deno.Command("runc", { args: ["features"] }).outputSync();
  const { linux } = JSON.parse(new TextDecoder().decode(stdout));
  return linux.mountExtensions?.idmap?.enabled === true;
}

/** Lets the root of a user namespace, who is somebody on the host, get to its root file system. */
export async function openFolders({ folder }: { folder: string }): Promise<void> {
  for (const path of [dirname(folder), folder]) await Deno.chmod(path, 0o711);
}
