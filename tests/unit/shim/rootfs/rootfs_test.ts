import "../../../harness/unit/opened_libc.ts";
import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { basename, join } from "@std/path";
import { close, killIfThere, open, OpenFlag, SIGKILL } from "../../../../shim/libc/mod.ts";
import { spawner } from "../../../../shim/process/spawn.ts";
import { type Mount, mountRootfs, unmountRootfs } from "../../../../shim/rootfs/rootfs.ts";
import { eventually } from "../../../harness/expect/eventually.ts";
import { within } from "../../../harness/expect/within.ts";
import { inPrivateMounts } from "../../../harness/machine/private_mounts.ts";
import { canMapOwners } from "../../../harness/machine/user_namespaces.ts";
import { changingSpawner } from "../../../harness/unit/changing_spawner.ts";
import { expectNoNewDescriptors } from "../../../harness/unit/descriptors.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

/** Not below the root file system, though its name begins like it. */
const OUTSIDE = "rootfs-outside";

/** A folder on a file system of its own, with the folders `rootfs` and {@linkcode OUTSIDE}: all that is mounted in it must be gone at the end. */
function test(name: string, run: (folder: string) => Promise<void>, ignore = false): void {
  Deno.test({
    name: `rootfs: ${name}`,
    ignore,
    fn: () =>
      withFolder(async (folder) => {
        if (!inPrivateMounts()) throw new Error("expected private mounts: run `deno task test`");
        await Deno.mkdir(join(folder, "rootfs"));
        await Deno.mkdir(join(folder, OUTSIDE));
        const directory = Deno.cwd();
        try {
          await run(folder);
          assertEquals(mountsIn(folder), []);
          assertEquals(Deno.cwd(), directory);
        } finally {
          for (const mount of mountsIn(folder).toReversed()) umount(join(folder, mount));
        }
      }),
    sanitizeOps: true,
    sanitizeResources: true,
  });
}

/** The mount points below a folder, relative to it, as often as something is mounted there. */
function mountsIn(folder: string): string[] {
  const lines = Deno.readTextFileSync("/proc/self/mountinfo").trim().split("\n");
  return lines.map((line) => line.split(" ")[4]).filter((path) => path.startsWith(folder + "/"))
    .map((path) => path.slice(folder.length + 1));
}

/** The options and the propagation of what is mounted on a path. */
function optionsOf(path: string): { options: string[]; propagation: string[] } {
  const lines = Deno.readTextFileSync("/proc/self/mountinfo").trim().split("\n");
  const fields = lines.findLast((line) => line.split(" ")[4] === path)!.split(" ");
  return {
    options: fields[5].split(","),
    propagation: fields.slice(6, fields.indexOf("-")).map((field) => field.replace(/:.*/, "")),
  };
}

function umount(path: string): void {
  new Deno.Command("umount", { args: ["--lazy", path] }).outputSync();
}

function mountOf(type: string, source: string, options: string[], target = ""): Mount {
  return { type, source, target, options };
}

const bind = (source: string, options: string[] = [], target = "") =>
  mountOf("bind", source, ["rbind", ...options], target);
const tmpfs = (target = "", options: string[] = []) => mountOf("tmpfs", "tmpfs", options, target);

/** Makes the folders of some layers, each with a file of its own and one that all have. */
async function makeLayers(folder: string, names: string[]): Promise<string[]> {
  return await Promise.all(names.map(async (name) => {
    const layer = join(folder, name, "fs");
    await Deno.mkdir(layer, { recursive: true });
    await Deno.writeTextFile(join(layer, `from-${name}`), "");
    await Deno.writeTextFile(join(layer, "top"), name);
    return layer;
  }));
}

/** The layers whose files are in a root file system. */
async function layersIn(rootfs: string): Promise<string[]> {
  const names = (await Array.fromAsync(Deno.readDir(rootfs))).map(({ name }) => name);
  return names.filter((name) => name !== "top").map((name) => name.slice("from-".length));
}

test("a bind mount shows its source, and can be written to", async (folder) => {
  const [rootfs, source] = [join(folder, "rootfs"), join(folder, OUTSIDE)];
  const mounts = [bind(source, ["rw"])];
  await mountRootfs(spawner, mounts, rootfs);
  await Deno.writeTextFile(join(rootfs, "file"), "text");
  assertEquals(await Deno.readTextFile(join(source, "file")), "text");
  await unmountRootfs(mounts, rootfs);
  assertEquals(await Array.fromAsync(Deno.readDir(rootfs)), []);
});

test("a bind mount that is read-only can't be written to, while its source can", async (folder) => {
  const [rootfs, source] = [join(folder, "rootfs"), join(folder, OUTSIDE)];
  const mounts = [bind(source, ["ro"])];
  await mountRootfs(spawner, mounts, rootfs);
  await assertRejects(
    () => Deno.writeTextFile(join(rootfs, "file"), "text"),
    Error,
    "Read-only file system",
  );
  await Deno.writeTextFile(join(source, "file"), "text");
  assertEquals(await Deno.readTextFile(join(rootfs, "file")), "text");
  await unmountRootfs(mounts, rootfs);
});

test("flags and data reach the file system", async (folder) => {
  const rootfs = join(folder, "rootfs");
  const mounts = [tmpfs("", ["nosuid", "noexec", "size=64k", "mode=0710", "exec", "nodev"])];
  await mountRootfs(spawner, mounts, rootfs);
  const { options } = optionsOf(rootfs);
  assertEquals(options.filter((each) => /^no|exec/.test(each)).toSorted(), ["nodev", "nosuid"]);
  assertEquals((await Deno.stat(rootfs)).mode! & 0o7777, 0o710);
  await assertRejects(
    () => Deno.writeFile(join(rootfs, "file"), new Uint8Array(65 * 1024)),
    Error,
    "No space left",
  );
  await unmountRootfs(mounts, rootfs);
});

test("the propagation is set apart from the flags", async (folder) => {
  const rootfs = join(folder, "rootfs");
  const mounts = [tmpfs("", ["nodev", "rshared"])];
  await mountRootfs(spawner, mounts, rootfs);
  const { options, propagation } = optionsOf(rootfs);
  assertEquals([options.includes("nodev"), propagation], [true, ["shared"]]);
  await unmountRootfs(mounts, rootfs);
});

test("an overlay has its layers in order, and writes go to the upper one", async (folder) => {
  const rootfs = join(folder, "rootfs");
  const [top, bottom] = await makeLayers(join(folder, "layers"), ["2", "1"]);
  await Deno.mkdir(join(folder, "upper"));
  await Deno.mkdir(join(folder, "work"));
  const mounts = [mountOf("overlay", "overlay", [
    `workdir=${join(folder, "work")}`,
    `upperdir=${join(folder, "upper")}`,
    `lowerdir=${top}:${bottom}`,
  ])];
  await mountRootfs(spawner, mounts, rootfs);
  assertEquals(await Deno.readTextFile(join(rootfs, "top")), "2");
  assertEquals((await layersIn(rootfs)).toSorted(), ["1", "2"]);
  await Deno.writeTextFile(join(rootfs, "from-up"), "");
  await unmountRootfs(mounts, rootfs);
  assertEquals(await layersIn(join(folder, "upper")), ["up"]);
});

test("an overlay of 300 layers, of more options than a page, has them all", async (folder) => {
  const rootfs = join(folder, "rootfs");
  const names = Array.from({ length: 300 }, (_, index) => `${300 - index}`);
  const layers = await makeLayers(join(folder, "layers"), names);
  await Deno.mkdir(join(folder, "upper"));
  await Deno.mkdir(join(folder, "work"));
  const mounts = [mountOf("overlay", "overlay", [
    `workdir=${join(folder, "work")}`,
    `upperdir=${join(folder, "upper")}`,
    `lowerdir=${layers.join(":")}`,
  ])];
  assertEquals(mounts[0].options.join(",").length > 4096, true);
  await mountRootfs(spawner, mounts, rootfs);
  assertEquals(await Deno.readTextFile(join(rootfs, "top")), "300");
  assertEquals((await layersIn(rootfs)).toSorted(), names.toSorted());
  await unmountRootfs(mounts, rootfs);
});

test("a folder of layers that is not there leaves nothing open", (folder) =>
  expectNoNewDescriptors(async () => {
    const nowhere = join(folder, "nowhere".repeat(20));
    const layers = Array.from({ length: 60 }, (_, index) => join(nowhere, `${index}`));
    const mounts = [mountOf("overlay", "overlay", [`lowerdir=${layers.join(":")}`])];
    await assertRejects(
      () => mountRootfs(spawner, mounts, join(folder, "rootfs")),
      Error,
      `failed to mount rootfs component: open ${nowhere}`,
    );
  }));

test("the page is measured in bytes", async (folder) => {
  const rootfs = join(folder, "rootfs");
  const layerFolder = join(folder, "é".repeat(20));
  // As many as keep the text just below a page in characters.
  const count = Math.floor(4000 / (layerFolder.length + "/é10/fs:".length));
  const names = Array.from({ length: count }, (_, index) => `é${count - index}`);
  const layers = await makeLayers(layerFolder, names);
  const mounts = [mountOf("overlay", "overlay", [`lowerdir=${layers.join(":")}`])];
  const text = mounts[0].options[0];
  assertEquals([text.length < 4096, new TextEncoder().encode(text).length > 4096], [true, true]);
  await mountRootfs(spawner, mounts, rootfs);
  assertEquals((await layersIn(rootfs)).toSorted(), names.toSorted());
  await unmountRootfs(mounts, rootfs);
});

test("more layers than a page takes even so are refused", async (folder) => {
  const layers = Array.from({ length: 300 }, (_, index) => `/nowhere/${"x".repeat(20)}${index}`);
  const error = await assertRejects(
    () =>
      mountRootfs(
        spawner,
        [mountOf("overlay", "overlay", [`lowerdir=${layers.join(":")}`])],
        join(folder, "rootfs"),
      ),
    Error,
  );
  assertEquals(
    error.message,
    "failed to mount rootfs component: the overlay mount has " +
      `${"lowerdir=".length + layers.join(":").length} bytes of options, expected less than 4096`,
  );
});

/** A test of mapped owners. */
function testMapped(name: string, run: (folder: string) => Promise<void>): void {
  test(canMapOwners ? name : `${name} (skipped: needs Linux 6.3)`, run, !canMapOwners);
}

const MAPPED = ["uidmap=0:200000:1000,1000:1234:1", "gidmap=0:300000:2000"];

/** The user and group of a file. */
async function ownersOf(path: string): Promise<string> {
  const { uid, gid } = await Deno.lstat(path);
  return `${uid}:${gid}`;
}

testMapped("an overlay's files have the owners of a user namespace", async (folder) => {
  const rootfs = join(folder, "rootfs");
  // More options than a page, too.
  const names = Array.from({ length: 300 }, (_, index) => `${300 - index}`);
  const layers = await makeLayers(join(folder, "snapshots"), names);
  await Deno.chown(join(layers[0], "from-300"), 1000, 1999);
  await Deno.mkdir(join(folder, "upper"));
  await Deno.mkdir(join(folder, "work"));
  const mounts = [mountOf("overlay", "overlay", [
    ...MAPPED,
    `workdir=${join(folder, "work")}`,
    `upperdir=${join(folder, "upper")}`,
    `lowerdir=${layers.join(":")}`,
  ])];
  await mountRootfs(spawner, mounts, rootfs);
  assertEquals(await Deno.readTextFile(join(rootfs, "top")), "300");
  assertEquals((await layersIn(rootfs)).toSorted(), names.toSorted());
  assertEquals(await ownersOf(join(rootfs, "from-1")), "200000:300000");
  assertEquals(await ownersOf(join(rootfs, "from-300")), "1234:301999");
  assertEquals(await ownersOf(join(layers[1], "from-299")), "0:0");
  await Deno.chmod(join(rootfs, "from-1"), 0o600);
  assertEquals(await ownersOf(join(folder, "upper/from-1")), "200000:300000");
  await unmountRootfs(mounts, rootfs);
  assertEquals(mountsIn(folder), []);
});

for (const mode of ["rw", "ro"]) {
  testMapped(`so have those of a bind mount, ${mode}`, async (folder) => {
    const [rootfs, source] = [join(folder, "rootfs"), join(folder, OUTSIDE)];
    await Deno.writeTextFile(join(source, "file"), "");
    await Deno.mkdir(join(source, "below"));
    await mountRootfs(spawner, [tmpfs()], join(source, "below"));
    const mounts = [bind(source, [mode, ...MAPPED])];
    await mountRootfs(spawner, mounts, rootfs);
    assertEquals(await ownersOf(join(rootfs, "file")), "200000:300000");
    assertEquals(await ownersOf(join(rootfs, "below")), "200000:300000");
    assertEquals(await ownersOf(join(source, "file")), "0:0");
    assertEquals(optionsOf(rootfs).options.includes(mode), true);
    await unmountRootfs(mounts, rootfs);
    assertEquals(mountsIn(folder), [`${OUTSIDE}/below`]);
    umount(join(source, "below"));
  });
}

for (
  const [name, mapping, reason] of [
    [
      "overlaps",
      ["uidmap=0:1:10,5:100:10", "gidmap=0:0:1"],
      /write [^]* to \/proc\/\d+\/uid_map: invalid/,
    ],
    ["is none", ["uidmap=0:x", "gidmap=0:0:1"], /write [^]* to \/proc\/\d+\/uid_map: invalid/],
    [
      "is for users alone",
      ["uidmap=0:0:1"],
      /expected both uidmap and gidmap in rbind,uidmap=0:0:1/,
    ],
  ] as const
) {
  test(`a mapping of owners that ${name} is refused`, async (folder) => {
    const rootfs = join(folder, "rootfs");
    const mounts = [tmpfs(), bind(join(folder, OUTSIDE), [...mapping])];
    const error = await assertRejects(() => mountRootfs(spawner, mounts, rootfs), Error);
    assertMatch(error.message, reason);
  });
}

test("the options of a FUSE file system are its program's, mappings too", async (folder) => {
  const commands: string[] = [];
  const recording = changingSpawner((command, args) => {
    commands.push([command, ...args].join(" "));
    return ["true", args];
  });
  const rootfs = join(folder, "rootfs");
  await mountRootfs(recording, [mountOf("fuse3.layers", "layers", ["ro", ...MAPPED])], rootfs);
  assertEquals(commands, [`mount -t fuse3.layers -o ro,${MAPPED.join(",")} layers ${rootfs}`]);
});

test("what can't be in a user namespace is told by the program that tried", async (folder) => {
  const failing = changingSpawner(() => ["unshare", ["--no-such"]]);
  const mounts = [bind(join(folder, OUTSIDE), MAPPED)];
  const failed = mountRootfs(failing, mounts, join(folder, "rootfs"));
  const error = await assertRejects(() => failed, Error);
  assertMatch(error.message, /no user namespace: .*unshare: .*--no-such/);
});

test("mounts lie one over the other, and on targets below", async (folder) => {
  const [rootfs, source] = [join(folder, "rootfs"), join(folder, OUTSIDE)];
  await Deno.mkdir(join(source, "a/b"), { recursive: true });
  await Deno.symlink("a/b", join(source, "link"));
  const mounts = [bind(source), bind(source, ["ro"]), tmpfs("a/b"), tmpfs("link"), tmpfs("/a")];
  await mountRootfs(spawner, mounts, rootfs);
  assertEquals(mountsIn(folder), ["rootfs", "rootfs", "rootfs/a/b", "rootfs/a/b", "rootfs/a"]);
  await unmountRootfs(mounts, rootfs);
});

test("a target below a root file system that is no mount is unmounted too", async (folder) => {
  const rootfs = join(folder, "rootfs");
  await Deno.mkdir(join(rootfs, "a"));
  await Deno.mkdir(join(rootfs, "b"));
  await Deno.symlink("b", join(rootfs, "link"));
  const mounts = [tmpfs("a"), tmpfs("link")];
  await mountRootfs(spawner, mounts, rootfs);
  assertEquals(mountsIn(folder), ["rootfs/a", "rootfs/b"]);
  await unmountRootfs(mounts, rootfs);
});

for (
  const [name, target] of [["a symbolic link", "link"], ["a path over one", "link/below"], [
    "..",
    `../${OUTSIDE}`,
  ]]
) {
  test(`a target that leads out by ${name} is refused, and what is mounted there stays`, async (folder) => {
    const [rootfs, outside] = [join(folder, "rootfs"), join(folder, OUTSIDE)];
    await Deno.mkdir(join(outside, "below"));
    await mountRootfs(spawner, [tmpfs()], join(outside, "below"));
    await mountRootfs(spawner, [tmpfs()], outside);
    await Deno.mkdir(join(outside, "below"));
    await mountRootfs(spawner, [tmpfs()], join(outside, "below"));
    const before = mountsIn(folder);

    const image = join(folder, "image");
    await Deno.mkdir(image);
    await Deno.symlink(`../${OUTSIDE}`, join(image, "link"));
    await assertRejects(
      () => mountRootfs(spawner, [bind(image), tmpfs(target)], rootfs),
      Error,
      `failed to mount rootfs component: the mount target ${target} is not below ${rootfs}`,
    );
    assertEquals(mountsIn(folder), before);
    for (const path of [`${OUTSIDE}/below`, OUTSIDE, `${OUTSIDE}/below`]) {
      umount(join(folder, path));
    }
  });
}

for (const target of ["nowhere", "file", "file/below"]) {
  test(`a failure in the middle leaves nothing mounted: target ${target}`, async (folder) => {
    const [rootfs, source] = [join(folder, "rootfs"), join(folder, OUTSIDE)];
    await Deno.mkdir(join(source, "a"));
    await Deno.writeTextFile(join(source, "file"), "");
    const error = await assertRejects(
      () =>
        mountRootfs(spawner, [bind(source, ["ro"]), tmpfs("a"), tmpfs(target), tmpfs("a")], rootfs),
      Error,
      "failed to mount rootfs component: ",
    );
    assertEquals(/no such file|not a directory/i.test(error.message), true, error.message);
  });
}

test("a failure comes before that of unmounting what was mounted", async (folder) => {
  const file = join(folder, "file");
  await Deno.writeTextFile(file, "");
  const rootfs = join(file, "rootfs");
  const failure = `mount tmpfs on ${rootfs} (type tmpfs, flags 0x0, ): not a directory`;
  await assertRejects(
    () => mountRootfs(spawner, [tmpfs()], rootfs),
    Error,
    `failed to mount rootfs component: ${failure}; and what was mounted before it stays: ` +
      `unmount ${rootfs}: not a directory`,
  );
});

test("what can't be mounted is named, with the reason", async (folder) => {
  const rootfs = join(folder, "rootfs");
  const error = await assertRejects(
    () => mountRootfs(spawner, [tmpfs(), mountOf("nofs", "source", ["ro", "x=y"])], rootfs),
    Error,
  );
  assertEquals(
    error.message,
    `failed to mount rootfs component: mount source on ${rootfs} (type nofs, flags 0x1, x=y): no such device`,
  );
});

test("what is busy, or has mounts below it, is unmounted all the same", async (folder) => {
  const rootfs = join(folder, "rootfs");
  const mounts = [tmpfs()];
  await mountRootfs(spawner, mounts, rootfs);
  // A mount that the shim does not know of, and a file in use.
  await Deno.mkdir(join(rootfs, "nested"));
  await mountRootfs(spawner, [tmpfs()], join(rootfs, "nested"));
  using file = await Deno.open(join(rootfs, "nested/file"), { write: true, create: true });
  await unmountRootfs(mounts, rootfs);
  assertEquals(mountsIn(folder), []);
  assertEquals(await file.write(Uint8Array.of(1)), 1);
});

for (const end of [0, 32]) {
  test(`a daemon that mount leaves behind is not waited for: exit ${end}`, async (folder) => {
    const rootfs = join(folder, "rootfs");
    const daemon = join(folder, "daemon");
    const script = `{ sleep 1000; } & echo $! > ${daemon}; echo no such image >&2; exit ${end}`;
    const leaveDaemon = changingSpawner(() => ["sh", ["-c", script]]);
    const mounted = mountRootfs(leaveDaemon, [mountOf("fuse.image", "image", [])], rootfs);
    try {
      if (end === 0) await within(30, "a mount", mounted);
      else await assertRejects(() => within(30, "a failure", mounted), Error, "no such image");
    } finally {
      Deno.kill(Number(await Deno.readTextFile(daemon)), "SIGKILL");
    }
  });
}

test("unmounting what is not mounted, or not there, is fine", async (folder) => {
  const rootfs = join(folder, "rootfs");
  const mounts = [tmpfs(), tmpfs("a/b")];
  await unmountRootfs(mounts, rootfs);
  await Deno.remove(rootfs);
  await unmountRootfs(mounts, rootfs);
});

/** Makes an ext4 image; false where there is no mkfs.ext4 or no loop device. */
function makeImage(path: string): boolean {
  try {
    const [size, ...rest] = [["-s", "4M"], [path]];
    new Deno.Command("truncate", { args: [...size, ...rest[0]] }).outputSync();
    const made = new Deno.Command("mkfs.ext4", { args: ["-q", path] }).outputSync().success;
    return made && new Deno.Command("losetup", { args: ["--find"] }).outputSync().success;
  } catch {
    return false;
  }
}

const image = await Deno.makeTempFile({ prefix: "image-" });
const hasImage = makeImage(image);
addEventListener("unload", () => Deno.removeSync(image));

test(
  hasImage
    ? "an image by a loop device"
    : "an image by a loop device (skipped: needs mkfs.ext4 and one)",
  async (folder) => {
    const rootfs = join(folder, "rootfs");
    const mounts = [mountOf("ext4", image, ["loop", "nodev"])];
    await mountRootfs(spawner, mounts, rootfs);
    assertEquals((await Deno.stat(join(rootfs, "lost+found"))).isDirectory, true);
    assertEquals(optionsOf(rootfs).options.includes("nodev"), true);
    await unmountRootfs(mounts, rootfs);
    // The loop device goes with its mount, unless somebody else, who looks for a free one, has it open for a moment.
    await eventually("an end of the device", () => {
      const devices = new Deno.Command("losetup", { args: ["--associated", image] }).outputSync();
      return devices.stdout.length === 0 || undefined;
    });
  },
  !hasImage,
);

test(
  hasImage
    ? "an image past the page cache"
    : "an image past the page cache (skipped: needs mkfs.ext4 and a loop device)",
  async (folder) => {
    const rootfs = join(folder, "rootfs");
    const mounts = [mountOf("ext4", image, ["loop", "direct-io", "nodev"])];
    const commands: string[] = [];
    const recording = changingSpawner((command, args) => {
      commands.push([command, ...args].join(" "));
      return [command, args];
    });
    await mountRootfs(recording, mounts, rootfs);
    const { stdout } = new Deno.Command("findmnt", { args: ["-no", "SOURCE", rootfs] })
      .outputSync();
    const device = new TextDecoder().decode(stdout).trim();
    assertMatch(device, /^\/dev\/loop\d+$/);
    assertEquals(commands, [
      `mount -t ext4 -o loop,nodev ${image} ${rootfs}`,
      `losetup --direct-io=on ${device}`,
    ]);
    await unmountRootfs(mounts, rootfs);
  },
  !hasImage,
);

test("what mount(8) can't mount is told in its words", async (folder) => {
  const source = join(folder, "no image");
  const error = await assertRejects(
    () => mountRootfs(spawner, [mountOf("ext4", source, ["loop"])], join(folder, "rootfs")),
    Error,
    "failed to mount rootfs component: mount: ",
  );
  assertStringIncludes(error.message, basename(source));
});

test(
  "all else goes on while the kernel takes its time to unmount",
  async (folder) => {
    const rootfs = join(folder, "rootfs");
    const attach = new Deno.Command("losetup", { args: ["--find", "--show", image] }).outputSync();
    const device = new TextDecoder().decode(attach.stdout).trim();
    const fuse = open("/dev/fuse", OpenFlag.RDWR);
    const options = `fd=${fuse},rootmode=40000,user_id=0,group_id=0`;
    await mountRootfs(spawner, [mountOf("fuseblk", device, options.split(","))], rootfs);
    const program = new URL("fixtures/slow_fuse.ts", import.meta.url).pathname;
    const fileSystem = spawner.spawn(Deno.execPath(), {
      args: ["run", "--allow-read", program, "2000"],
      stdin: fuse,
      stdout: fuse,
      stderr: "piped",
    });
    close(fuse);
    try {
      // It says so when it has answered the first request.
      const told = fileSystem.stderr.getReader();
      const { value } = await within(30, "a file system", told.read());
      await told.cancel();
      assertEquals(new TextDecoder().decode(value), "ready\n");
      const unmounted = unmountRootfs([], rootfs).then(() => "unmounted");
      const waited = new Promise((resolve) => setTimeout(() => resolve("waited"), 100));
      assertEquals(await Promise.race([unmounted, waited]), "waited");
      await unmounted;
    } finally {
      killIfThere(fileSystem.pid, SIGKILL);
      await fileSystem.status;
      new Deno.Command("losetup", { args: ["--detach", device] }).outputSync();
    }
  },
  !hasImage,
);
