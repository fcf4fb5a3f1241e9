/**
 * Entering a container's root file system: this thread, in which all of a module's calls are made, gets a mount namespace and a root of its
 * own. Then no path leads out of it, be it by `..` or by links.
 */
import { dirname, join } from "@std/path/posix";
import { mount, MountFlag } from "../../../shim/libc/mod.ts";
import { parseMountOptions } from "../../../shim/rootfs/mount_options.ts";
import type { Spec, SpecMount } from "../container/spec.ts";
import { call, cString, LibcError } from "./libc.ts";

const EEXIST = 17;
const CLONE_NEWNS = 0x0002_0000;
// The numbers of system calls since Linux 5.1 are the same on all architectures.
const SYS_OPEN_TREE = 428n;
const SYS_MOVE_MOUNT = 429n;
const SYS_MOUNT_SETATTR = 442n;
const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const AT_RECURSIVE = 0x8000;
const OPEN_TREE_CLONE = 1;
const MOVE_MOUNT_F_EMPTY_PATH = 0x04;
const MOVE_MOUNT_T_SYMLINKS = 0x10;
const MOUNT_ATTR_RDONLY = 1;
const MOUNT_ATTR_NOSUID = 2;
const MOUNT_ATTR_NODEV = 4;
const O_CREAT = 0o100;
const O_CLOEXEC = 0o2000000;

/** What programs expect of a /dev. */
const DEVICES = ["null", "zero", "full", "random", "urandom"];

/** A mount that was prepared outside, where its source is. */
interface Tree {
  readonly destination: string;
  readonly descriptor: number;
  readonly isFolder: boolean;
}

/**
 * Makes a folder the root of this thread, with the mounts of the spec in it: binds and tmpfs. Others, such as proc, are left out: a
 * module is no process, and has no use for them. Device files of the image can't be opened.
 * @throws {Error} for what can't be mounted.
 */
export function enterRoot(bundle: string, { root, mounts = [] }: Spec): void {
  const path = root.path.startsWith("/") ? root.path : join(bundle, root.path);
  call("unshare", CLONE_NEWNS);
  mount("", "/", "", MountFlag.SLAVE | MountFlag.REC, "");
  mount(path, path, "", MountFlag.BIND | MountFlag.REC, "");
  const trees = new Map(
    mounts.filter(isBind).map((each) => [each, clone(each.source!, each.destination, each)]),
  );
  const devices = mounts.some(isDev)
    ? DEVICES.map((name) => clone(`/dev/${name}`, `/dev/${name}`))
    : [];
  Deno.chdir(path);
  call("chroot", cString("."));
  setAttributes(AT_FDCWD, "/", MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID);
  for (const each of mounts) {
    const tree = trees.get(each);
    if (tree !== undefined) attach(tree);
    else if (each.type === "tmpfs") mountTmpfs(each);
    if (isDev(each)) devices.forEach(attach);
  }
  if (root.readonly) setAttributes(AT_FDCWD, "/", MOUNT_ATTR_RDONLY);
}

function isBind({ type, source, options = [] }: SpecMount): boolean {
  return source !== undefined &&
    (type === "bind" || options.includes("bind") || options.includes("rbind"));
}

function isDev({ type, destination }: SpecMount): boolean {
  return type === "tmpfs" && destination === "/dev";
}

function clone(source: string, destination: string, given?: SpecMount): Tree {
  const flags = OPEN_TREE_CLONE | O_CLOEXEC | AT_RECURSIVE;
  const name = cString(source);
  const descriptor = call("open_tree", SYS_OPEN_TREE, AT_FDCWD, name, flags);
  const readonly = given?.options?.includes("ro") ? MOUNT_ATTR_RDONLY : 0;
  if (given) setAttributes(descriptor, "", readonly | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID);
  return { destination, descriptor, isFolder: isFolder(descriptor) };
}

/** By statx(2), for Deno looks at no device; the mode is at 28. */
function isFolder(descriptor: number): boolean {
  const view = new DataView(new ArrayBuffer(256));
  call("statx", descriptor, cString(""), AT_EMPTY_PATH, 0x7ff, view.buffer);
  return (view.getUint16(28, true) & 0o170000) === 0o040000;
}

function setAttributes(descriptor: number, path: string, attributes: number): void {
  // struct mount_attr: what to set, what to clear, the propagation, a namespace.
  const given = BigUint64Array.of(BigInt(attributes), 0n, 0n, 0n);
  const flags = path === "" ? AT_EMPTY_PATH : 0;
  const size = BigInt(given.byteLength);
  call("mount_setattr", SYS_MOUNT_SETATTR, descriptor, cString(path), flags, given, size);
}

/** Mounts a tree; the root is entered, so that links in the image lead nowhere else. */
function attach({ destination, descriptor, isFolder }: Tree): void {
  makeFolder(isFolder ? destination : dirname(destination));
  if (!isFolder) {
    const file = call("openat", AT_FDCWD, cString(destination), O_CREAT | O_CLOEXEC, 0o644);
    call("close", file);
  }
  const flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS;
  const target = cString(destination);
  call("move_mount", SYS_MOVE_MOUNT, descriptor, cString(""), AT_FDCWD, target, flags);
  call("close", descriptor);
}

function mountTmpfs({ destination, options = [] }: SpecMount): void {
  const { flags, data } = parseMountOptions(options);
  makeFolder(destination);
  mount("tmpfs", destination, "tmpfs", flags, data.join(","));
}

/** Makes a folder, and those around it; one that is there is no error. */
export function makeFolder(path: string): void {
  if (path === "/" || path === ".") return;
  makeFolder(dirname(path));
  try {
    call("mkdirat", AT_FDCWD, cString(path), 0o755);
  } catch (error) {
    if (!(error instanceof LibcError) || error.errno !== EEXIST) throw error;
  }
}
