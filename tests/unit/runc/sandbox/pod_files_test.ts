import "../../../harness/unit/opened_libc.ts";
import { assertEquals, assertRejects } from "@std/assert";
import type { DnsConfig } from "../../../../proto/sandbox/mod.ts";
import type { PodConfig } from "../../../../runc/sandbox/pod_config.ts";
import { makePodFiles, type PodFile, removePodFiles } from "../../../../runc/sandbox/pod_files.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

const POD: PodConfig = {
  hostname: "pod-host",
  dns: undefined,
  network: "/netns",
  hasHostIpc: false,
  sharesPids: false,
  users: undefined,
  cgroupParent: "",
  sysctls: {},
};

/** Calls `body` with the files of a pod, while they are there. */
async function withFiles(
  config: Partial<PodConfig>,
  body: (files: ReadonlyMap<string, PodFile>) => void | Promise<void>,
): Promise<void> {
  await withFolder(async (bundle) => {
    await Deno.mkdir(`${bundle}/rootfs`);
    const files = await makePodFiles(bundle, { ...POD, ...config });
    try {
      await body(new Map(files.map((file) => [file.destination, file])));
    } finally {
      await removePodFiles(bundle);
    }
    assertEquals([...Deno.readDirSync(`${bundle}/rootfs`)], []);
  });
}

const textOf = (path: string) => Deno.readTextFileSync(path);

function test(name: string, run: () => Promise<void>): void {
  Deno.test(`pod files: ${name}`, run);
}

test("there are four, and memory that all may write to", async () => {
  await withFiles({}, (files) => {
    assertEquals([...files.keys()], [
      ...["/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/dev/shm"],
    ]);
    assertEquals(textOf(files.get("/etc/hostname")!.source), "pod-host\n");
    assertEquals(textOf(files.get("/etc/hosts")!.source), textOf("/etc/hosts"));
    const { mode } = Deno.statSync(files.get("/dev/shm")!.source);
    assertEquals(mode! & 0o7777, 0o1777);
    assertEquals([...files.values()].map(({ isMemory }) => isMemory), [false, false, false, true]);
  });
});

test("a pod with the host's network and IPC has the host's name and memory", async () => {
  await withFiles({ hostname: "", hasHostIpc: true }, (files) => {
    assertEquals(textOf(files.get("/etc/hostname")!.source), `${Deno.hostname()}\n`);
    assertEquals(files.get("/dev/shm")!.source, "/dev/shm");
  });
});

const DNS: DnsConfig = { servers: [], searches: [], options: [] };
for (
  const [what, dns, expected] of [
    ["all", {
      servers: ["10.0.0.1", "fd00::1"],
      searches: ["a.b", "c"],
      options: ["ndots:5", "edns0"],
    }, "search a.b c\nnameserver 10.0.0.1\nnameserver fd00::1\noptions ndots:5 edns0\n"],
    ["servers alone", { ...DNS, servers: ["10.0.0.1"] }, "nameserver 10.0.0.1\n"],
    ["searches alone", { ...DNS, searches: ["a.b"] }, "search a.b\n"],
    ["options alone", { ...DNS, options: ["ndots:5"] }, "options ndots:5\n"],
    ["nothing in it", DNS, ""],
    ["none", undefined, textOf("/etc/resolv.conf")],
  ] as const
) {
  test(`resolv.conf of a DNS configuration with ${what}`, async () => {
    await withFiles({ dns: dns as DnsConfig | undefined }, (files) => {
      assertEquals(textOf(files.get("/etc/resolv.conf")!.source), expected);
    });
  });
}

test("nothing is mounted where they can't be made", async () => {
  await withFolder(async (bundle) => {
    await Deno.mkdir(`${bundle}/rootfs`);
    // More than the file system holds.
    const config = { ...POD, hostname: "x".repeat(70 << 20) };
    await assertRejects(() => makePodFiles(bundle, config));
    assertEquals(textOf("/proc/self/mountinfo").includes(bundle), false);
  });
});
