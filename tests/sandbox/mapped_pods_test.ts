/** Pods in a user namespace (`hostUsers: false`) without a pause container, called as containerd does. */

import {
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { dirname } from "@std/path";
import { RuncOptions, TaskStatus } from "../../proto/mod.ts";
import { StatusCode, StatusError } from "../../shim/ttrpc/mod.ts";
import { installCrun } from "../harness/containerd/crun.ts";
import type { PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { childrenOf, isAlive } from "../harness/machine/processes.ts";
import { canMapOwners, openFolders, runcMapsOwners } from "../harness/machine/user_namespaces.ts";
import {
  CONTAINER,
  type IdMapping,
  makeNetns,
  mappedOptions,
  NODE,
  POD,
  SandboxShim,
  USERS,
} from "../harness/shim/sandbox_shim.ts";
import { testBetterThanGo } from "../harness/suite/black_box.ts";

const test = (name: string, body: (containerd: PrivateContainerd) => Promise<void>) =>
  testBetterThanGo(`${name} (needs Linux 6.3)`, body, !canMapOwners);

const namespaceOf = (pid: number, kind: string) => Deno.readLinkSync(`/proc/${pid}/ns/${kind}`);
const mapOf = (pid: number) => Deno.readTextFileSync(`/proc/${pid}/uid_map`).trim().split(/ +/);

for (
  const [what, pid, pids] of [
    ["whose containers have PID namespaces of their own", CONTAINER, false],
    ["that shares its PID namespace", POD, true],
  ] as const
) {
  test(`a pod ${what}, in a user namespace`, async (containerd) => {
    await openFolders(containerd);
    const netnsPath = `${containerd.folder}/netns`;
    await using _netns = await makeNetns(netnsPath, USERS);
    const shim = await SandboxShim.start(containerd, "pod");
    const kinds = ["user", "ipc", "uts", "net", "mnt"];
    const before = kinds.map((kind) => namespaceOf(shim.pid, kind));
    const sysctls = {
      "kernel.shm_rmid_forced": "1",
      "fs.mqueue.msg_max": "7",
      "net.ipv4.ip_local_port_range": "4000\t5000",
    };
    const init = await shim.run(netnsPath, mappedOptions([USERS], { pid }, sysctls));
    assertEquals(kinds.map((kind) => namespaceOf(shim.pid, kind)), before);
    for (const kind of kinds) {
      assertNotEquals(namespaceOf(init, kind), namespaceOf(shim.pid, kind), kind);
    }
    assertEquals(mapOf(init), ["0", "200000", "65536"]);
    assertEquals((await shim.call("SandboxStatus")).pid, init);
    assertEquals(childrenOf(shim.pid).map((child) => child.pid), [init]);

    const script = `hostname; cat /etc/hostname; readlink /proc/self/ns/user
cd /proc/sys; cat kernel/shm_rmid_forced fs/mqueue/msg_max net/ipv4/ip_local_port_range \\
  net/ipv4/ip_unprivileged_port_start
stat -c %u:%g /bin/busybox /etc/hosts /etc/resolv.conf /dev/shm
echo 127.0.0.2 other >> /etc/hosts; touch /dev/shm/$$ /file && stat -c %u:%g /dev/shm/$$ /file`;
    for (const id of ["one", "two"]) {
      const { stdout } = await shim.runContainer(id, init, script, { pids, users: USERS });
      const files = `${dirname(stdout)}/${id}/snapshot`;
      await shim.tasks.call("Wait", { id });
      const { uid, gid } = await Deno.stat(`${files}/file`);
      assertEquals([uid, gid], [200_000, 200_000]);
      await shim.tasks.call("Delete", { id });
      assertEquals((await Deno.readTextFile(stdout)).split("\n"), [
        ...["pod-host", "pod-host", namespaceOf(init, "user")],
        ...["1", "7", "4000\t5000", "0"],
        ...["0:0", "0:0", "0:0", "0:0", "0:0", "0:0", ""],
      ]);
    }
    const rest = { pids, users: USERS, readonly: true };
    const { stdout } = await shim.runContainer(
      "read",
      init,
      "cat /etc/hostname; > /etc/hosts",
      rest,
    );
    assertEquals((await shim.tasks.call("Wait", { id: "read" })).exitStatus, 1);
    await shim.tasks.call("Delete", { id: "read" });
    assertEquals(await Deno.readTextFile(stdout), "pod-host\n");

    await shim.call("StopSandbox");
    assertEquals(isAlive(init), false);
    assertEquals((await shim.call("SandboxStatus")).state, "SANDBOX_NOTREADY");
    await shim.end();
  });
}

test("a pod in a user namespace whose init is killed is not ready", async (containerd) => {
  await openFolders(containerd);
  const netnsPath = `${containerd.folder}/netns`;
  await using _netns = await makeNetns(netnsPath, USERS);
  const shim = await SandboxShim.start(containerd, "pod");
  const init = await shim.run(netnsPath, mappedOptions());
  await shim.runContainer("one", init, "sleep 1000", { users: USERS });
  const waited = shim.call("WaitSandbox");
  Deno.kill(init, "SIGKILL");
  assertEquals((await waited).exitStatus, 137);
  const { state, pid } = await shim.call("SandboxStatus");
  assertEquals([state, pid], ["SANDBOX_NOTREADY", 0]);
  // It has a PID namespace of its own.
  const { status } = await shim.tasks.call("State", { id: "one" });
  assertEquals(status, TaskStatus.RUNNING);
  await shim.end();
});

test("delete ends a pod in a user namespace whose shim was killed", async (containerd) => {
  await openFolders(containerd);
  const netnsPath = `${containerd.folder}/netns`;
  await using _netns = await makeNetns(netnsPath, USERS);
  const shim = await SandboxShim.start(containerd, "pod");
  const init = await shim.run(netnsPath, mappedOptions());
  await shim.runContainer("one", init, "sleep 1000", { users: USERS });
  const { pid } = await shim.tasks.call("State", { id: "one" });
  Deno.kill(shim.pid, "SIGKILL");
  await eventually("an end of the server", () => !isAlive(shim.pid) || undefined);
  assertEquals((await shim.delete()).code, 0);
  await eventually("an end of both", () => !isAlive(init) && !isAlive(pid) || undefined);
  await shim.remove();
});

for (
  const [what, mappings, reason] of [
    ["a mapping of no id", [{ ...USERS, length: 0 }], "not 0:200000:0"],
    ["an id mapped twice", [USERS, { ...USERS, hostId: 300_000 }], "do not overlap"],
    ["more ranges than the kernel takes", ranges(341), "1 to 340 ranges of uids, not 341"],
  ] as const
) {
  test(`a user namespace with ${what} is refused, and nothing stays`, async (containerd) => {
    const netnsPath = `${containerd.folder}/netns`;
    await using _netns = await makeNetns(netnsPath, USERS);
    const shim = await SandboxShim.start(containerd, "pod");
    const refused = shim.run(netnsPath, mappedOptions(mappings));
    assertStringIncludes(await expectStatus(StatusCode.INVALID_ARGUMENT, refused), reason);
    await shim.end();
  });
}

/** So many ranges of one id. */
function ranges(count: number): IdMapping[] {
  return Array.from({ length: count }, (_, index) => (
    { containerId: 2 * index, hostId: 200_000 + 2 * index, length: 1 }
  ));
}

for (
  const [what, users, reason] of [
    ["of the host's user namespace", undefined, /belongs to the host's user namespace/],
    [
      "of another user namespace",
      { ...USERS, hostId: 300_000 },
      // runc says it from 1.2 on.
      /maps the uids 0:300000:65536, not 0:200000:65536|non-matching mapping/,
    ],
  ] as const
) {
  test(`a pod in a user namespace with a network ${what} is refused`, async (containerd) => {
    await openFolders(containerd);
    const netnsPath = `${containerd.folder}/netns`;
    await using _netns = await makeNetns(netnsPath, users);
    const shim = await SandboxShim.start(containerd, "pod");
    const error = await assertRejects(() => shim.run(netnsPath, mappedOptions()), StatusError);
    assertMatch(error.message, reason);
    assertEquals(childrenOf(shim.pid), []);
    await shim.end();
  });
}

testBetterThanGo(
  "a pod in a user namespace in the host's network (needs Linux 6.3, runc 1.2)",
  async (containerd) => {
    await openFolders(containerd);
    const shim = await SandboxShim.start(containerd, "pod");
    const init = await shim.run("", mappedOptions([USERS], { network: NODE }));
    assertEquals(mapOf(init), ["0", "200000", "65536"]);
    for (const kind of ["net", "uts"]) {
      assertEquals(namespaceOf(init, kind), namespaceOf(Deno.pid, kind));
    }
    assertNotEquals(namespaceOf(init, "ipc"), namespaceOf(Deno.pid, "ipc"));
    const script = "readlink /proc/self/ns/net";
    const { stdout } = await shim.runContainer("one", init, script, { users: USERS });
    await shim.tasks.call("Wait", { id: "one" });
    await shim.tasks.call("Delete", { id: "one" });
    assertEquals(await Deno.readTextFile(stdout), `${namespaceOf(Deno.pid, "net")}\n`);
    await shim.end();
  },
  !(canMapOwners && runcMapsOwners()),
);

test("a pod in a user namespace whose sysctl the kernel refuses can't be started", async (containerd) => {
  await openFolders(containerd);
  const netnsPath = `${containerd.folder}/netns`;
  await using _netns = await makeNetns(netnsPath, USERS);
  const shim = await SandboxShim.start(containerd, "pod");
  // runc says it, in its own words.
  const sysctls = { "net.ipv4.ip_unprivileged_port_start": "x" };
  const refused = shim.run(netnsPath, mappedOptions([USERS], {}, sysctls));
  const reason = await expectStatus(StatusCode.UNKNOWN, refused);
  assertStringIncludes(reason, "ip_unprivileged_port_start");
  assertEquals(childrenOf(shim.pid), []);
  assertEquals((await shim.call("SandboxStatus")).state, "SANDBOX_NOTREADY");
  await shim.end();
});

test("a pod in a user namespace of few users", async (containerd) => {
  await openFolders(containerd);
  const netnsPath = `${containerd.folder}/netns`;
  const few = { ...USERS, length: 1000 };
  await using _netns = await makeNetns(netnsPath, few);
  const shim = await SandboxShim.start(containerd, "pod");
  const init = await shim.run(netnsPath, mappedOptions([few]));
  const ids = Deno.readTextFileSync(`/proc/${init}/status`).match(/^(Uid|Gid):.*$/gm);
  assertEquals(ids, ["Uid", "Gid"].map((kind) => `${kind}:${"\t200999".repeat(4)}`));
  await shim.end();
});

test("a pod in a user namespace of several ranges", async (containerd) => {
  await openFolders(containerd);
  const shim = await SandboxShim.start(containerd, "pod");
  const more = [USERS, { containerId: 70_000, hostId: 400_000, length: 10 }];
  const init = await shim.run("", mappedOptions(more, { network: NODE }));
  for (const kind of ["uid", "gid"]) {
    const lines = Deno.readTextFileSync(`/proc/${init}/${kind}_map`).trim().split("\n");
    assertEquals(lines.map((line) => line.trim().split(/ +/).join(":")), [
      ...["0:200000:65536", "70000:400000:10"],
    ]);
  }
  await shim.end();
});

test("a pod in a user namespace without pivot_root", async (containerd) => {
  await openFolders(containerd);
  const value = RuncOptions.encode({ noPivotRoot: true }).finish();
  const options = { typeUrl: "containerd.runc.v1.Options", value };
  const netnsPath = `${containerd.folder}/netns`;
  await using _netns = await makeNetns(netnsPath, USERS);
  const shim = await SandboxShim.start(containerd, "pod", options);
  const init = await shim.run(netnsPath, mappedOptions([USERS], { pid: POD }));
  assertEquals([...Deno.readDirSync(`/proc/${init}/root`)].map(({ name }) => name).sort(), [
    ...["dev", "pause", "proc"],
  ]);
  await shim.end();
});

test("a pod in a user namespace by crun", async (containerd) => {
  await openFolders(containerd);
  await using crun = await installCrun(containerd);
  const value = RuncOptions.encode({ binaryName: crun.path }).finish();
  const options = { typeUrl: "containerd.runc.v1.Options", value };
  const netnsPath = `${containerd.folder}/netns`;
  await using _netns = await makeNetns(netnsPath, USERS);
  const shim = await SandboxShim.start(containerd, "pod", options);
  const init = await shim.run(netnsPath, mappedOptions([USERS], { pid: POD }));
  assertEquals(mapOf(init), ["0", "200000", "65536"]);
  const script = "hostname; stat -c %u:%g /bin/busybox /etc/hosts; cat /proc/1/comm";
  const rest = { pids: true, users: USERS, readonly: true, options };
  const { stdout } = await shim.runContainer("one", init, script, rest);
  await shim.tasks.call("Wait", { id: "one" });
  await shim.tasks.call("Delete", { id: "one" });
  assertEquals(await Deno.readTextFile(stdout), "pod-host\n0:0\n0:0\npause\n");
  await shim.end();
});

test("a pod in a user namespace can't have what the kernel lets no other one have", async (containerd) => {
  await openFolders(containerd);
  const netnsPath = `${containerd.folder}/netns`;
  await using _netns = await makeNetns(netnsPath, USERS);
  const shim = await SandboxShim.start(containerd, "pod");
  for (const namespaces of [{ pid: NODE }, { ipc: NODE }]) {
    const refused = shim.run(netnsPath, mappedOptions([USERS], namespaces));
    const reason = await expectStatus(StatusCode.INVALID_ARGUMENT, refused);
    assertStringIncludes(reason, "can't have the host's PID or IPC namespace");
  }
  await shim.end();
});
