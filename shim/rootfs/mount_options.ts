/** fstab-style mount options, as containerd's snapshotters hand them over, made into the arguments of mount(2). */
import { MountFlag } from "../libc/mod.ts";

/** The arguments of mount(2) that come from options. */
export interface MountArguments {
  /** Without the propagation flags, which must be a call of their own. */
  readonly flags: number;
  /** MS_SHARED and its like, with MS_REC; 0 for none. */
  readonly propagation: number;
  /** What is for the file system itself. */
  readonly data: readonly string[];
  /** Whether the source is a file that needs a loop device. */
  readonly loop: boolean;
}

const { REC } = MountFlag;

/** An option to the flag it sets, or, negative, clears; see mount(8). */
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

/** Sorts options; one that is no flag is data for the file system. */
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

/** Users and groups inside a user namespace, and which they are outside: `inside:outside:count`, with commas between several. */
export interface IdMapping {
  readonly uids: string;
  readonly gids: string;
}

/**
 * Takes the options `uidmap` and `gidmap` out of all: they are for who mounts, not for mount(2). Snapshotters of containerd from 2.0 on
 * hand them over for containers in a user namespace, whose files shall have the owners that they have in the image.
 * @throws {Error} where there is one without the other.
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
 * Replaces the folder that all lower layers of an overlay share: by nothing, since mount(2) takes one page of data, and an image of
 * many layers has more; or by another.
 * @param base What comes before the rest of each path.
 * @returns The folder, with a slash at its end, and the options; undefined where the layers share none but the root.
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

/** The longest folder that all paths are below, with a slash at its end. */
function commonDirectory(paths: readonly string[]): string {
  let common = paths[0];
  for (const path of paths) {
    while (!path.startsWith(common)) common = common.slice(0, -1);
  }
  return common.slice(0, common.lastIndexOf("/") + 1) || "/";
}
