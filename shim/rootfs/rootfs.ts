/** A container's root file system: mounts what containerd's snapshotters hand over. */
import { join } from "@std/path/posix";
import { inDirectory, mount, MountFlag, mountIdMapped, unmountAll } from "../libc/mod.ts";
import { type Spawner, StandardError } from "../process/mod.ts";
import { parseMountOptions, rebaseLowerDirectories, takeIdMapping } from "./mount_options.ts";
import { withUserNamespace } from "./user_namespace.ts";

/** One mount, as containerd describes it. */
export interface Mount {
  readonly type: string;
  readonly source: string;
  /** A folder below the root file system to mount on; empty for the root file system itself. */
  readonly target: string;
  /** As in fstab(5). */
  readonly options: readonly string[];
}

/** mount(2) copies one page of data; more is an error or, worse, cut off. */
const PAGE_BYTES = 4096;

/**
 * Mounts them all, one over the other.
 * @throws {Error} where one can't be mounted; none of them is mounted then.
 */
export async function mountRootfs(
  spawner: Spawner,
  mounts: readonly Mount[],
  rootfs: string,
): Promise<void> {
  try {
    for (const each of mounts) await mountOne(spawner, each, await targetOf(each, rootfs));
  } catch (error) {
    const message = `failed to mount rootfs component: ${(error as Error).message}`;
    await unmountRootfs(mounts, rootfs).catch((next) => {
      throw new Error(`${message}; and what was mounted before it stays: ${next.message}`);
    });
    throw new Error(message);
  }
}

/** Unmounts them, the last one first; those that are not mounted any more do not matter. */
export async function unmountRootfs(mounts: readonly Mount[], rootfs: string): Promise<void> {
  for (const each of mounts.toReversed()) {
    if (each.target === "") continue;
    let target: string;
    try {
      target = await targetOf(each, rootfs);
    } catch {
      // Nothing of ours is there: what leads out, or to nothing, was not mounted on.
      continue;
    }
    await unmountAll(target);
  }
  await unmountAll(rootfs);
}

/** A symbolic link in what is mounted already must lead neither the next mount nor an unmount out of it. */
async function targetOf(each: Mount, rootfs: string): Promise<string> {
  if (each.target === "") return rootfs;
  const root = await Deno.realPath(rootfs);
  const target = await Deno.realPath(join(rootfs, each.target));
  if (target !== root && !target.startsWith(root + "/")) {
    throw new Error(`the mount target ${each.target} is not below ${rootfs}`);
  }
  return target;
}

async function mountOne(spawner: Spawner, each: Mount, target: string): Promise<void> {
  // All options are for the program of its own.
  if (/^fuse3?\./.test(each.type)) return await mountWithHelper(spawner, each, target);
  const { idMapping, rest } = takeIdMapping(each.options);
  const plain = { ...each, options: rest };
  if (idMapping === undefined) return await mountPlain(spawner, plain, target);
  await withUserNamespace(spawner, idMapping, async (userNamespace) => {
    if (each.type === "overlay") {
      return await mountOnMappedLayers(spawner, plain, target, userNamespace);
    }
    await mountPlain(spawner, plain, target);
    mountIdMapped(target, target, userNamespace, { readonly: false });
  });
}

/**
 * An overlay can't be mapped itself, but its lower layers can (Linux 5.19): what comes out of them, its upper layer has as mapped. They
 * stay mounted on the target, below the overlay.
 */
async function mountOnMappedLayers(
  spawner: Spawner,
  each: Mount,
  target: string,
  userNamespace: number,
): Promise<void> {
  const rebased = rebaseLowerDirectories(each.options, `${target}/`);
  if (rebased === undefined) {
    throw new Error(
      `expected layers in one folder, to map their owners: ${each.options.join(",")}`,
    );
  }
  mountIdMapped(rebased.directory, target, userNamespace, { readonly: true });
  await mountPlain(spawner, { ...each, options: rebased.options }, target);
}

async function mountPlain(spawner: Spawner, each: Mount, target: string): Promise<void> {
  const { flags, propagation, data, loop } = parseMountOptions(each.options);
  if (loop) return await mountByLoopDevice(spawner, each, target);

  const remountOnly = (flags & MountFlag.REMOUNT) !== 0 && data.length === 0;
  if (!remountOnly) mountWithData(each, target, flags, data);
  if (propagation !== 0) mount("", target, "", propagation, "");
  // The kernel ignores MS_RDONLY of a bind mount until it is mounted anew.
  const readonlyBind = MountFlag.BIND | MountFlag.RDONLY;
  if ((flags & readonlyBind) === readonlyBind) mount("", target, "", flags | MountFlag.REMOUNT, "");
}

function mountWithData(each: Mount, target: string, flags: number, data: readonly string[]): void {
  const text = data.join(",");
  const bytes = byteLength(text);
  if (bytes < PAGE_BYTES) return mount(each.source, target, each.type, flags, text);

  const compact = each.type === "overlay" ? rebaseLowerDirectories(data, "") : undefined;
  const compactText = compact?.options.join(",");
  if (compact === undefined || byteLength(compactText!) >= PAGE_BYTES) {
    throw new Error(
      `the ${each.type} mount has ${bytes} bytes of options, expected less than ${PAGE_BYTES}`,
    );
  }
  inDirectory(
    compact.directory,
    () => mount(each.source, target, each.type, flags, compactText!),
  );
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** mount(8) finds the helper program of a FUSE file system, and makes loop devices that go with their mount. */
async function mountWithHelper(spawner: Spawner, each: Mount, target: string): Promise<void> {
  const options = each.options.length === 0 ? [] : ["-o", each.options.join(",")];
  const args = ["-t", each.type, ...options, each.source, target];
  using errors = new StandardError();
  // A helper may be a daemon, which goes on serving the file system.
  const child = spawner.spawnExactly("mount", { args, stderr: errors.descriptor });
  const { success } = await child.status;
  if (!success) throw new Error(errors.text);
}

async function mountByLoopDevice(spawner: Spawner, each: Mount, target: string): Promise<void> {
  const options = each.options.filter((option) => option !== DIRECT_IO);
  await mountWithHelper(spawner, { ...each, options }, target);
  if (options.length === each.options.length) return;
  // It spares memory, and is no more than a wish: not every file can be read and written so.
  await spawner.spawn("losetup", { args: ["--direct-io=on", await loopDevice(target)] }).status;
}

/** Asks for a loop device past the page cache, an option of containerd's that mount(8) does not know. */
const DIRECT_IO = "direct-io";

/** The loop device with the file system that is mounted on `target`, by the number of the device: its lowest byte, and bits from 20 on. */
async function loopDevice(target: string): Promise<string> {
  const { dev } = await Deno.stat(target);
  return `/dev/loop${(dev & 0xff) | ((dev >>> 12) & ~0xff)}`;
}
