import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import {
  checkSocketPath,
  isLockPath,
  isSidePath,
  lockPath,
  readGroupId,
  sidePath,
  socketPath,
} from "../../../../shim/bootstrap/address.ts";
import { firstDoor, spareDoor, toSocketPath } from "../../../../shim/bootstrap/first_door.ts";
import { isAnswered } from "../../../../shim/bootstrap/is_answered.ts";
import {
  close,
  connectUnix,
  Errno,
  listenUnix,
  type SystemError,
} from "../../../../shim/libc/mod.ts";
import { removeIfThere } from "../../../../shim/common/files.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

const GROUP = "io.containerd.runc.v2.group";
const SANDBOX = "io.kubernetes.cri.sandbox-id";

/** The group id of a container whose config.json is this. */
async function groupIdOf(config: string | undefined): Promise<string | undefined> {
  let id: string | undefined;
  await withFolder(async (bundle) => {
    if (config !== undefined) await Deno.writeTextFile(join(bundle, "config.json"), config);
    id = readGroupId(bundle);
  });
  return id;
}

Deno.test("address: a container alone has no group", async () => {
  assertEquals(await groupIdOf("{}"), undefined);
  assertEquals(await groupIdOf('{"annotations":null}'), undefined);
  assertEquals(await groupIdOf('{"annotations":{"a":"b"}}'), undefined);
});

Deno.test("address: each of two annotations names the group, runc's before Kubernetes's", async () => {
  assertEquals(await groupIdOf(JSON.stringify({ annotations: { [GROUP]: "g" } })), "g");
  assertEquals(await groupIdOf(JSON.stringify({ annotations: { [SANDBOX]: "s" } })), "s");
  assertEquals(
    await groupIdOf(JSON.stringify({ annotations: { [SANDBOX]: "s", [GROUP]: "g" } })),
    "g",
  );
});

Deno.test("address: a config.json that can't be read is named with the reason", async () => {
  const message = "can't read the OCI spec ";
  const missing = await assertRejects(() => groupIdOf(undefined), Error, message);
  assertEquals(missing.message.includes("No such file"), true, missing.message);
  await assertRejects(() => groupIdOf("{"), Error, message);
});

Deno.test("address: a config.json that is no object is refused", async () => {
  await assertRejects(() => groupIdOf("null"), Error, "expected an object in the OCI spec ");
  await assertRejects(() => groupIdOf("7"), Error, "not 7");
});

Deno.test("address: a socket is named by the SHA-256 of containerd's address, namespace and group", async () => {
  // Each made with `printf %s <joined path> | sha256sum`.
  const known = [
    // /run/containerd/containerd.sock/default/c1
    [
      "/run/containerd/containerd.sock",
      "default",
      "c1",
      "d25aa4ef11a84e954e74a5bcff06557d0b6ea8d0c00243896f29826694bbd888",
    ],
    // /run/containerd/containerd.sock/k8s.io/é
    [
      "/run/containerd//containerd.sock/",
      "k8s.io",
      "é",
      "40069bd2423343bb27d21e777ad76b28d3c2afbca7616ab9ae69d3e617272b5a",
    ],
    // default/c1
    ["", "default", "c1", "3a4ba0ad328f407b30cccb555302fc1c4c73e1d92d16d2583787f9faddf320ca"],
  ];
  for (const [address, namespace, group, digest] of known) {
    assertEquals(await socketPath(address, namespace, group), `/run/containerd/s/${digest}`);
  }
});

Deno.test("address: a socket path may have 107 bytes", () => {
  checkSocketPath("x".repeat(107));
  checkSocketPath("é".repeat(53) + "x");
  assertThrows(() => checkSocketPath("x".repeat(108)), Error, "has 108 bytes, at most 107 are");
  assertThrows(() => checkSocketPath("é".repeat(54)), Error, "has 108 bytes, at most 107 are");
});

Deno.test("address: a socket is answered while somebody listens on it", () =>
  withFolder(async (folder) => {
    const path = join(folder, "s");
    assertEquals(isAnswered(path), false);
    const listener = Deno.listen({ transport: "unix", path: join(folder, "t") });
    // Under another name the file stays when the listener is closed, as after a kill.
    await Deno.rename(join(folder, "t"), path);
    assertEquals(isAnswered(path), true);
    listener.close();
    assertEquals(isAnswered(path), false);
    assertEquals((await Deno.lstat(path)).isSocket, true);
    removeIfThere(path);
    await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
    removeIfThere(path);
  }));

Deno.test("address: a socket is answered though its server can't take connections now", () =>
  withFolder((folder) => {
    const path = join(folder, "s");
    const listener = listenUnix(path);
    const waiting: number[] = [];
    try {
      for (;;) waiting.push(connectUnix(path, 1));
    } catch (error) {
      assertEquals((error as SystemError).errno, Errno.EAGAIN);
    }
    assertEquals(isAnswered(path), true);
    [listener, ...waiting].forEach(close);
    assertEquals(isAnswered(path), false);
  }));

Deno.test("address: the lock is beside the socket", () => {
  assertEquals(lockPath("/run/containerd/s/abc"), "/run/containerd/s/abc.lock");
});

Deno.test("address: a socket may be in another folder", async () => {
  const name = "3a4ba0ad328f407b30cccb555302fc1c4c73e1d92d16d2583787f9faddf320ca";
  assertEquals(await socketPath("", "default", "c1", "/run/other/"), `/run/other/${name}`);
});

Deno.test("address: an address is a path, or the URL of one", () => {
  assertEquals(toSocketPath("/run/c.sock"), "/run/c.sock");
  assertEquals(toSocketPath("unix:///run/c.sock"), "/run/c.sock");
});

Deno.test("address: a side path is beside the socket, and no longer than the longest socket", () => {
  const socket = `/${"x".repeat(41)}/${"0123456789abcdef".repeat(4)}`;
  checkSocketPath(socket);
  const paths = [sidePath(socket, 1), sidePath(socket, 1_000_000)];
  for (const path of paths) {
    checkSocketPath(path);
    assertEquals(path.startsWith(`/${"x".repeat(41)}/0123456789abcdef`), true, path);
    assertEquals(isSidePath(socket, path), true, path);
  }
  assertEquals(paths[0] === paths[1], false);
  assertEquals(isSidePath("/s", sidePath("/s", 7)), true);
});

Deno.test("address: a side path is one of its socket alone", () => {
  const socket = `/s/${"0123456789abcdef".repeat(4)}`;
  const other = `/s/${"fedcba9876543210".repeat(4)}`;
  for (const path of [socket, lockPath(socket), sidePath(other, 1), `${sidePath(socket, 1)}x`]) {
    assertEquals(isSidePath(socket, path), false, path);
  }
});

Deno.test("address: each program has a first door for each containerd, which is no longer than a server's socket", () => {
  const first = firstDoor("containerd-shim-ts-v2", "/run/containerd/containerd.sock");
  assertEquals(
    first,
    "/run/containerd/s/-run-containerd-containerd.sock.containerd-shim-ts-v2.first",
  );
  const others = [
    firstDoor("containerd-shim-ts-v2", "/run/other/containerd.sock"),
    firstDoor("containerd-shim-wasi-v1", "/run/containerd/containerd.sock"),
    spareDoor("containerd-shim-ts-v2", "/run/containerd/containerd.sock", 2),
  ];
  assertEquals(new Set([first, ...others]).size, 4);
  assertEquals(spareDoor("containerd-shim-ts-v2", "/run/containerd/containerd.sock", 1), first);
  checkSocketPath(spareDoor("p".repeat(100), "/a".repeat(100), 2));
});

Deno.test("address: the locks of sockets, of doors and of folders of doors are known as such", () => {
  const paths = ["/s/" + "a0".repeat(32), firstDoor("p", "/c"), spareDoor("p", "/c", 2)];
  for (const path of [...paths, `/s/${"a0".repeat(24)}.shared`]) {
    assertEquals(isLockPath(lockPath(path)), true, path);
    assertEquals(isLockPath(path), false, path);
  }
});
