import { assertEquals, assertThrows } from "@std/assert";
import type { IDMapping } from "../../../../proto/sandbox/mod.ts";
import { hostRoot, nobody, readUserMappings } from "../../../../runc/sandbox/user_mappings.ts";

const POD = 0;
const NODE = 2;

/** A range by its three numbers, as /proc/PID/uid_map has them. */
function range(containerId: number, hostId: number, length: number): IDMapping {
  return { containerId, hostId, length };
}

const ALL = range(0, 200_000, 65536);

function test(name: string, run: () => void): void {
  Deno.test(`user mappings: ${name}`, run);
}

test("a pod without any, or in the host's user namespace, has none", () => {
  assertEquals(readUserMappings(undefined), undefined);
  assertEquals(readUserMappings(null), undefined);
  assertEquals(readUserMappings({ mode: NODE, uids: [], gids: [] }), undefined);
});

test("users and groups may be other ones", () => {
  const gids = [range(0, 300_000, 1000), range(1000, 500_000, 64536)];
  const { uids, gids: read } = readUserMappings({ mode: POD, uids: [ALL], gids })!;
  assertEquals([uids, read], [[ALL], gids]);
});

test("ranges may touch, in any order, up to the last id", () => {
  const uids = [range(10, 110, 0xffff_ffff - 110), range(0, 100, 10)];
  assertEquals(readUserMappings({ mode: POD, uids, gids: [ALL] })?.uids, uids);
});

for (
  const [what, wrong] of [
    ["none", []],
    ["one of no id", [range(0, 200_000, 0)]],
    ["one beyond the last id of the pod", [range(0, 1, 10), range(0xffff_fff0, 100, 16)]],
    ["one beyond the last id of the host", [range(0, 0xffff_fff0, 16)]],
    ["two that overlap in the pod", [ALL, range(65535, 300_000, 1)]],
    ["two that overlap on the host", [range(65536, 265_535, 1), ALL]],
    ["one within another", [ALL, range(5, 300_000, 1)]],
    ["none with root", [range(1, 200_000, 65536)]],
    ["too many", Array.from({ length: 341 }, (_, index) => range(index, index, 1))],
  ] as const
) {
  test(`of users or groups, ${what} is refused`, () => {
    const options = { mode: POD, uids: [ALL], gids: [ALL] };
    for (const kind of ["uids", "gids"]) {
      assertThrows(() => readUserMappings({ ...options, [kind]: wrong }), RangeError, kind);
    }
  });
}

test("the host's namespace has no mappings, and other modes are refused", () => {
  for (const options of [{ mode: NODE, uids: [ALL], gids: [] }, { mode: 1, uids: [], gids: [] }]) {
    assertThrows(() => readUserMappings(options), RangeError, "mode");
  }
});

test("root is the host's that it is mapped to, or the host's own", () => {
  assertEquals(hostRoot([range(5, 9, 1), range(0, 200_000, 5)]), 200_000);
  assertEquals(hostRoot(undefined), 0);
});

test("nobody is a mapped user", () => {
  assertEquals(nobody(undefined), 65535);
  assertEquals(nobody([range(0, 200_000, 2 ** 20)]), 65535);
  assertEquals(nobody([range(0, 200_000, 65536)]), 65535);
  assertEquals(nobody([range(0, 200_000, 1000)]), 999);
});
