/** The root file system of a container: the mounts that containerd's snapshotters give. */
import { join } from "@std/path/posix";
import { inSpan } from "../common/mod.ts";
import { inDirectory, mount, MountFlag, mountIdMapped, unmountAll } from "../libc/mod.ts";
import { type Spawner, StandardError } from "../process/mod.ts";
import { parseMountOptions, rebaseLowerDirectories, takeIdMapping } from "./mount_options.ts";
import { withUserNamespace } from "./user_namespace.ts";

/** One mount, as containerd describes it. */
export interface Mount {
  readonly type: string;
  readonly source: string;
  /** The folder to mount on, as a path in the root file system; empty for the root file system itself. */
  readonly target: string;
  /** Options as in fstab(5). */
  readonly options: readonly string[];
}

/** The most data that mount(2) takes: one page. The kernel refuses more or, worse, cuts it off. */
const PAGE_BYTES = 4096;

/**
 * Mounts the root file system, one mount over the other.
 * @throws {Error} If one of the mounts fails; none is left then.
 */
export function mountRootfs(
  spawner: Spawner,
  mounts: readonly Mount[],
  rootfs: string,
): Promise<void> {
  return inSpan("mount the root file system", {}, () => mountAll(spawner, mounts, rootfs));
}

async function mountAll(
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

/** Unmounts the root file system, the last mount first. A mount that is not there any more is no error. */
export function unmountRootfs(mounts: readonly Mount[], rootfs: string): Promise<void> {
  return inSpan("unmount the root file system", {}, () => unmountEach(mounts, rootfs));
}

async function unmountEach(mounts: readonly Mount[], rootfs: string): Promise<void> {
  for (const each of mounts.toReversed()) {
    if (each.target === "") continue;
    let target: string;
    try {
      target = await targetOf(each, rootfs);
    } catch {
      // A target that is not there, or leads out of the root file system, was not mounted on.
      continue;
    }
    await unmountAll(target);
  }
  await unmountAll(rootfs);
}

/** The path to mount on. Symbolic links in what is mounted already must not lead out of the root file system. */
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
  // All options are for the helper program of the FUSE file system.
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
 * Mounts an overlay with mapped owners. The owners of an overlay itself can't be mapped, but those of its lower layers can (Linux
 * 5.19), and files that are copied to the upper layer keep them. The mapped layers stay mounted on the target, below the overlay.
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
  // The kernel heeds MS_RDONLY of a bind mount only when it is remounted.
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

/** Mounts by mount(8), which finds the helper program of a FUSE file system, and makes loop devices that go with their mount. */
async function mountWithHelper(spawner: Spawner, each: Mount, target: string): Promise<void> {
  const options = each.options.length === 0 ? [] : ["-o", each.options.join(",")];
  const args = ["-t", each.type, ...options, each.source, target];
  using errors = new StandardError();
  // The helper may leave a daemon behind, which serves the file system.
  const child = spawner.spawnExactly("mount", { args, stderr: errors.descriptor });
  const { success } = await child.status;
  if (!success) throw new Error(errors.text);
}

async function mountByLoopDevice(spawner: Spawner, each: Mount, target: string): Promise<void> {
  const options = each.options.filter((option) => option !== DIRECT_IO);
  await mountWithHelper(spawner, { ...each, options }, target);
  if (options.length === each.options.length) return;
  // Direct I/O only spares memory, and not every file can be read and written so: a failure is no error.
  await spawner.spawn("losetup", { args: ["--direct-io=on", await loopDevice(target)] }).status;
}

/** An option of containerd's for a loop device that bypasses the page cache; mount(8) does not know it. */
const DIRECT_IO = "direct-io";

/** The loop device that is mounted on `target`. Its minor number is the lowest byte of st_dev, and the bits from 20 on. */
async function loopDevice(target: string): Promise<string> {
  const { dev } = await Deno.stat(target);
  return `/dev/loop${(dev & 0xff) | ((dev >>> 12) & ~0xff)}`;
}
