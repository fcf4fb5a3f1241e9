import { assertEquals, assertThrows } from "@std/assert";
import {
  parseMountOptions,
  rebaseLowerDirectories,
  takeIdMapping,
} from "../../../../shim/rootfs/mount_options.ts";

const NOTHING = { flags: 0, propagation: 0, data: [], loop: false };

/** Each option that sets a flag, with its value in linux/mount.h. */
const SETTING: Record<string, number> = {
  ro: 1,
  nosuid: 2,
  nodev: 4,
  noexec: 8,
  sync: 16,
  remount: 32,
  mand: 64,
  dirsync: 128,
  noatime: 1024,
  nodiratime: 2048,
  bind: 4096,
  rbind: 4096 + 16384,
  relatime: 1 << 21,
  strictatime: 1 << 24,
};

/** Each option that clears a flag, with one that sets it. */
const CLEARING: Record<string, string> = {
  rw: "ro",
  suid: "nosuid",
  dev: "nodev",
  exec: "noexec",
  async: "sync",
  nomand: "mand",
  atime: "noatime",
  diratime: "nodiratime",
  norelatime: "relatime",
  nostrictatime: "strictatime",
};

const PROPAGATION: Record<string, number> = {
  unbindable: 1 << 17,
  private: 1 << 18,
  slave: 1 << 19,
  shared: 1 << 20,
  runbindable: (1 << 17) + 16384,
  rprivate: (1 << 18) + 16384,
  rslave: (1 << 19) + 16384,
  rshared: (1 << 20) + 16384,
};

Deno.test("mount options: each flag sets its bit, and they add up", () => {
  for (const [option, flags] of Object.entries(SETTING)) {
    assertEquals(parseMountOptions([option]), { ...NOTHING, flags }, option);
  }
  assertEquals(parseMountOptions(["bind", "ro", "nosuid"]), { ...NOTHING, flags: 4096 + 1 + 2 });
});

Deno.test("mount options: of two that contradict each other the last one wins", () => {
  for (const [clear, set] of Object.entries(CLEARING)) {
    assertEquals(parseMountOptions([clear]), NOTHING, clear);
    const others = parseMountOptions(["nodev", "mand", "dirsync", set, clear]).flags;
    assertEquals(others & SETTING[set], 0, `${set},${clear}`);
    assertEquals(others | SETTING[set], 4 + 64 + 128 | SETTING[set], `${set},${clear}`);
    assertEquals(parseMountOptions([clear, set]).flags, SETTING[set], `${clear},${set}`);
  }
});

Deno.test("mount options: defaults and no options are no flags", () => {
  assertEquals(parseMountOptions([]), NOTHING);
  assertEquals(parseMountOptions(["defaults"]), NOTHING);
  assertEquals(parseMountOptions(["ro", "defaults"]), { ...NOTHING, flags: 1 });
});

Deno.test("mount options: the propagation is apart from the flags, and the last one counts", () => {
  for (const [option, propagation] of Object.entries(PROPAGATION)) {
    assertEquals(parseMountOptions([option]), { ...NOTHING, propagation }, option);
    assertEquals(parseMountOptions(["rshared", "ro", option]), {
      ...NOTHING,
      flags: 1,
      propagation,
    });
  }
});

Deno.test("mount options: what is no flag is for the file system, in its order", () => {
  assertEquals(
    parseMountOptions(["size=64m", "ro", "mode=755", "toString", "__proto__", "RO"]),
    { ...NOTHING, flags: 1, data: ["size=64m", "mode=755", "toString", "__proto__", "RO"] },
  );
});

Deno.test("mount options: loop is neither flag nor data", () => {
  assertEquals(parseMountOptions(["loop", "ro"]), { ...NOTHING, flags: 1, loop: true });
});

Deno.test("mount options: lower directories become relative to the folder they share", () => {
  const rebase = (layers: string, base = "") =>
    rebaseLowerDirectories(["index=off", `lowerdir=${layers}`], base);
  const expected = (directory: string, layers: string) => ({
    directory,
    options: ["index=off", `lowerdir=${layers}`],
  });
  assertEquals(rebase("/s/10/fs:/s/9/fs:/s/8/fs"), expected("/s/", "10/fs:9/fs:8/fs"));
  // What they share need not end where a name ends.
  assertEquals(rebase("/a/1/fs:/a/12/fs"), expected("/a/", "1/fs:12/fs"));
  assertEquals(rebase("/a/12/fs:/a/1/fs"), expected("/a/", "12/fs:1/fs"));
  assertEquals(rebase("/a/1:/a/12"), expected("/a/", "1:12"));
  assertEquals(rebase("/a/b:/a/b/c"), expected("/a/", "b:b/c"));
  assertEquals(rebase("/a/b/c:/a/b:/a/d"), expected("/a/", "b/c:b:d"));
  assertEquals(rebase("/s/1/fs"), expected("/s/1/", "fs"));
  assertEquals(rebase("/s/2/fs:/s/1/fs", "/m/"), expected("/s/", "/m/2/fs:/m/1/fs"));
});

Deno.test("mount options: the options beside lowerdir stay where they are", () => {
  const options = ["workdir=/s/3/work", "upperdir=/s/3/fs", "lowerdir=/s/2/fs:/s/1/fs", "x"];
  assertEquals(rebaseLowerDirectories(options, ""), {
    directory: "/s/",
    options: ["workdir=/s/3/work", "upperdir=/s/3/fs", "lowerdir=2/fs:1/fs", "x"],
  });
});

Deno.test("mount options: nothing is replaced without lowerdir, or without a shared folder", () => {
  const rebase = (option: string) => rebaseLowerDirectories([option], "");
  assertEquals(rebase("upperdir=/s/2/fs"), undefined);
  assertEquals(rebase("lowerdir=/a/fs:/b/fs"), undefined);
  assertEquals(rebase("lowerdir=/s/1:s/2"), undefined);
  // A colon in a name is written `\:`: such layers are left alone rather than cut in two.
  assertEquals(rebase("lowerdir=/s/1\\:2:/s/3"), undefined);
});

Deno.test("mount options: the mappings of users and groups are for who mounts", () => {
  assertEquals(takeIdMapping(["ro", "index=off"]), {
    idMapping: undefined,
    rest: ["ro", "index=off"],
  });
  const [uidmap, gidmap] = ["uidmap=0:1000:1,1:5000:9", "gidmap=0:2000:10"];
  assertEquals(takeIdMapping([uidmap, "ro", gidmap, "rbind"]), {
    idMapping: { uids: "0:1000:1,1:5000:9", gids: "0:2000:10" },
    rest: ["ro", "rbind"],
  });
  for (const alone of [uidmap, gidmap]) {
    assertThrows(() => takeIdMapping([alone]), Error, "expected both uidmap and gidmap");
  }
});
