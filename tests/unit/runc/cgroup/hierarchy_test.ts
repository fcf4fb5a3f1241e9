import { assertEquals } from "@std/assert";
import { parseHierarchies } from "../../../../runc/cgroup/hierarchy.ts";
import { HYBRID, NESTED, UNIFIED } from "../../../harness/unit/mount_infos.ts";

Deno.test("cgroup: the hierarchies of cgroup v1, even where v2 is mounted beside them", () => {
  const v1 = (name: string, controllers: string[]) => ({
    mountPoint: `/sys/fs/cgroup/${name}`,
    root: "/",
    unified: false,
    controllers: ["rw", ...controllers],
  });
  assertEquals(parseHierarchies(HYBRID), [
    v1("cpu,cpuacct", ["cpu", "cpuacct"]),
    v1("devices", ["devices"]),
    v1("systemd", ["xattr", "name=systemd"]),
  ]);
});

Deno.test("cgroup: the one hierarchy of cgroup v2", () => {
  assertEquals(
    parseHierarchies(UNIFIED).map(({ mountPoint, root, unified }) => [mountPoint, root, unified]),
    [["/sys/fs/cgroup", "/", true]],
  );
});

Deno.test("cgroup: a hierarchy of v1 that has a name and no controller does not keep v2 from use", () => {
  const named = UNIFIED +
    "40 35 0:37 / /sys/fs/cgroup/systemd rw shared:5 - cgroup cgroup rw,xattr,name=systemd\n";
  assertEquals(parseHierarchies(named), parseHierarchies(UNIFIED));
});

Deno.test("cgroup: of a hierarchy in a container the part that is mounted is told", () => {
  assertEquals(
    parseHierarchies(NESTED).map(({ mountPoint, root }) => [mountPoint, root]),
    [["/sys/fs/cgroup/devices", "/docker/4f5a"], ["/sys/fs/cgroup/pids", "/docker/4f5a"]],
  );
});

Deno.test("cgroup: where none is mounted there is no hierarchy", () => {
  assertEquals(parseHierarchies("23 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"), []);
});
