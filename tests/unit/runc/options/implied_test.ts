import { assertEquals } from "@std/assert";
import { RuncOptions } from "../../../../proto/mod.ts";
import type { Spec } from "../../../../runc/bundle/spec.ts";
import { withImplied } from "../../../../runc/options/implied.ts";

const NONE = RuncOptions.decode(new Uint8Array());

function implied(linux: Spec["linux"], given: RuncOptions.Properties = {}): RuncOptions.Properties {
  const { systemdCgroup, ioUid, ioGid } = withImplied({ ...NONE, ...given }, { linux });
  return { systemdCgroup, ioUid, ioGid };
}

const NOTHING = { systemdCgroup: false, ioUid: 0, ioGid: 0 };
const uidMappings = [
  { containerID: 1000, hostID: 1000, size: 1 },
  { containerID: 0, hostID: 200000, size: 1000 },
];
const gidMappings = [{ containerID: 0, hostID: 300000, size: 1000 }];

Deno.test("implied options: a spec that says nothing implies nothing", () => {
  assertEquals(implied(undefined), NOTHING);
  assertEquals(implied({}), NOTHING);
  assertEquals(implied({ uidMappings: [], gidMappings: [] }), NOTHING);
});

Deno.test("implied options: other options stay as they are", () => {
  const given = { ...NONE, root: "/r", binaryName: "crun", noPivotRoot: true };
  assertEquals(withImplied(given, {}), given);
});

Deno.test("implied options: the name of a cgroup tells whether systemd makes it", () => {
  for (const cgroupsPath of ["system.slice:docker:box", ":docker:box", "a-b.slice::box"]) {
    assertEquals(implied({ cgroupsPath }), { ...NOTHING, systemdCgroup: true }, cgroupsPath);
  }
  for (const cgroupsPath of ["", "/docker/box", "docker/box", "/a:b:c", "a:b", "a:b:c:d", "a:b:"]) {
    assertEquals(implied({ cgroupsPath }), NOTHING, cgroupsPath);
  }
  assertEquals(implied({}, { systemdCgroup: true }).systemdCgroup, true);
});

Deno.test("implied options: systemd makes a pod's cgroup where it runs", async () => {
  const systemdCgroup = await Deno.stat("/run/systemd/system").then(() => true, () => false);
  const cgroupsPath = "kubepods.slice:cri-containerd:box";
  assertEquals(implied({ cgroupsPath }), { ...NOTHING, systemdCgroup });
});

Deno.test("implied options: the root of a user namespace owns the pipes", () => {
  const owner = { ...NOTHING, ioUid: 200000, ioGid: 300000 };
  assertEquals(implied({ uidMappings, gidMappings }), owner);
});

Deno.test("implied options: who has no root has no owner", () => {
  assertEquals(implied({ uidMappings: uidMappings.slice(0, 1) }), NOTHING);
  assertEquals(implied({ uidMappings: [{ containerID: 0, hostID: 7, size: 0 }] }), NOTHING);
});

Deno.test("implied options: an owner that is given stays", () => {
  const given = { ioUid: 7, ioGid: 8 };
  assertEquals(implied({ uidMappings, gidMappings }, given), { ...NOTHING, ...given });
});
