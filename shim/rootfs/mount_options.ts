/** Parsing the mount options that containerd's snapshotters give, which are those of fstab(5). */
import { MountFlag } from "../libc/mod.ts";

/** The arguments of mount(2), as far as options give them. */
export interface MountArguments {
  /** The flags without those of the propagation, for which mount(2) must be called a second time. */
  readonly flags: number;
  /** The flags of the propagation: MS_SHARED or one like it, perhaps with MS_REC; 0 for none. */
  readonly propagation: number;
  /** The options for the file system itself. */
  readonly data: readonly string[];
  /** Whether the source is a file, which needs a loop device. */
  readonly loop: boolean;
}

const { REC } = MountFlag;

/** The flag that each option sets, or clears if it is negative; see mount(8). */
const FLAGS: Readonly<Record<string, number>> = {
  async: -MountFlag.SYNCHRONOUS,
  atime: -MountFlag.NOATIME,
  bind: MountFlag.BIND,
  defaults: 0,
  dev: -MountFlag.NODEV,
  diratime: -MountFlag.NODIRATIME,
  dirsync: MountFlag.DIRSYNC,
  exec: -MountFlag.NOEXEC,
  mand: MountFlag.MANDLOCK,
  noatime: MountFlag.NOATIME,
  nodev: MountFlag.NODEV,
  nodiratime: MountFlag.NODIRATIME,
  noexec: MountFlag.NOEXEC,
  nomand: -MountFlag.MANDLOCK,
  norelatime: -MountFlag.RELATIME,
  nostrictatime: -MountFlag.STRICTATIME,
  nosuid: MountFlag.NOSUID,
  rbind: MountFlag.BIND | REC,
  relatime: MountFlag.RELATIME,
  remount: MountFlag.REMOUNT,
  ro: MountFlag.RDONLY,
  rw: -MountFlag.RDONLY,
  strictatime: MountFlag.STRICTATIME,
  suid: -MountFlag.NOSUID,
  sync: MountFlag.SYNCHRONOUS,
};

const PROPAGATION: Readonly<Record<string, number>> = {
  private: MountFlag.PRIVATE,
  rprivate: MountFlag.PRIVATE | REC,
  shared: MountFlag.SHARED,
  rshared: MountFlag.SHARED | REC,
  slave: MountFlag.SLAVE,
  rslave: MountFlag.SLAVE | REC,
  unbindable: MountFlag.UNBINDABLE,
  runbindable: MountFlag.UNBINDABLE | REC,
};

/** Parses options; one that stands for no flag is for the file system. */
export function parseMountOptions(options: readonly string[]): MountArguments {
  let flags = 0;
  let propagation = 0;
  let loop = false;
  const data: string[] = [];
  for (const option of options) {
    if (Object.hasOwn(FLAGS, option)) {
      const flag = FLAGS[option];
      flags = flag < 0 ? flags & ~-flag : flags | flag;
    } else if (Object.hasOwn(PROPAGATION, option)) {
      propagation = PROPAGATION[option];
    } else if (option === "loop") {
      loop = true;
    } else {
      data.push(option);
    }
  }
  return { flags, propagation, data, loop };
}

/** Ranges of users and groups in a user namespace: `inside:outside:count`, with commas between several. */
export interface IdMapping {
  readonly uids: string;
  readonly gids: string;
}

/**
 * Separates the options `uidmap` and `gidmap`, which are for the shim and not for mount(2), from the others. Snapshotters of
 * containerd, from 2.0 on, give them for containers in a user namespace, in which files are to have the owners that they have in the
 * image.
 * @throws {Error} If there is only one of the two.
 */
export function takeIdMapping(
  options: readonly string[],
): { idMapping: IdMapping | undefined; rest: readonly string[] } {
  const [uids, gids] = [UIDMAP, GIDMAP].map((name) =>
    options.findLast((option) => option.startsWith(name))?.slice(name.length)
  );
  if (uids === undefined && gids === undefined) return { idMapping: undefined, rest: options };
  if (uids === undefined || gids === undefined) {
    throw new Error(`expected both uidmap and gidmap in ${options.join(",")}`);
  }
  const rest = options.filter((each) => !each.startsWith(UIDMAP) && !each.startsWith(GIDMAP));
  return { idMapping: { uids, gids }, rest };
}

const UIDMAP = "uidmap=";
const GIDMAP = "gidmap=";
const LOWERDIR = "lowerdir=";

/**
 * Replaces the folder that all lower layers of an overlay are in. Without it the options of an image with many layers fit into the one
 * page of data that mount(2) takes; or another folder takes its place.
 * @param base What replaces the folder in each path.
 * @returns The folder, with a slash at its end, and the options; undefined if the layers have no folder but the root in common.
 */
export function rebaseLowerDirectories(
  options: readonly string[],
  base: string,
): { directory: string; options: string[] } | undefined {
  const index = options.findIndex((option) => option.startsWith(LOWERDIR));
  if (index === -1) return undefined;
  const layers = options[index].slice(LOWERDIR.length).split(":");
  const directory = commonDirectory(layers);
  if (directory === "/") return undefined;
  const rebased = layers.map((layer) => base + layer.slice(directory.length));
  return { directory, options: options.with(index, LOWERDIR + rebased.join(":")) };
}

/** The innermost folder that all paths are in, with a slash at its end. */
function commonDirectory(paths: readonly string[]): string {
  let common = paths[0];
  for (const path of paths) {
    while (!path.startsWith(common)) common = common.slice(0, -1);
  }
  return common.slice(0, common.lastIndexOf("/") + 1) || "/";
}
