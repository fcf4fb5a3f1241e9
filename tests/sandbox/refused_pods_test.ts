/** Calls of the Sandbox service that can't be followed: each has an error that says why, and leaves nothing. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { TaskStatus } from "../../proto/mod.ts";
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import type { PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { childrenOf } from "../harness/machine/processes.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import {
  callSandbox,
  CONTAINER,
  makeNetns,
  NODE,
  POD,
  podOptions,
  SandboxShim,
} from "../harness/shim/sandbox_shim.ts";
import { testBetterThanGo } from "../harness/suite/black_box.ts";

const { ALREADY_EXISTS, FAILED_PRECONDITION, INVALID_ARGUMENT, NOT_FOUND, UNKNOWN } = StatusCode;

/** A test with a shim that was started for the sandbox `pod`, and the path of a network namespace. It must be as it was at the end. */
function test(
  name: string,
  body: (shim: SandboxShim, netnsPath: string, containerd: PrivateContainerd) => Promise<void>,
): void {
  testBetterThanGo(name, async (containerd) => {
    const netnsPath = `${containerd.folder}/netns`;
    await using _netns = await makeNetns(netnsPath);
    const shim = await SandboxShim.start(containerd, "pod");
    const before = namespacesOf(shim.pid);
    await body(shim, netnsPath, containerd);
    assertEquals(namespacesOf(shim.pid), before);
    assertEquals(childrenOf(shim.pid), []);
    await shim.end();
  });
}

function namespacesOf(pid: number): string[] {
  return ["ipc", "uts", "net", "mnt"].map((kind) => Deno.readLinkSync(`/proc/${pid}/ns/${kind}`));
}

function inNamespaces(namespaceOptions: object, sysctls = {}) {
  const options = { pid: CONTAINER, ...namespaceOptions };
  return podOptions({ linux: { sysctls, securityContext: { namespaceOptions: options } } });
}

for (
  const [what, change, reason] of [
    ["no options", { options: undefined }, "runtime.v1.PodSandboxConfig, not none"],
    ["options without a type", { options: {} }, "runtime.v1.PodSandboxConfig, not none"],
    [
      "options of another type",
      { options: { typeUrl: "types.containerd.io/runtime.v1.Other" } },
      "runtime.v1.PodSandboxConfig, not runtime.v1.Other",
    ],
    [
      "options that are no message",
      { options: { ...podOptions(), value: Uint8Array.of(0x12, 200, 1) } },
      "can't decode the pod's configuration",
    ],
    [
      "a hostname of more than 64 bytes",
      { options: podOptions({ hostname: "ü".repeat(33) }) },
      `64 bytes at most, not ${"ü".repeat(33)}`,
    ],
    [
      "no network namespace",
      { netnsPath: "" },
      'expected a network namespace unless it is the host\'s, not ""',
    ],
    ["the path of a file for its network", { netnsPath: "/etc/hostname" }, 'not "/etc/hostname"'],
    ["the path of a folder for its network", { netnsPath: "/etc" }, 'not "/etc"'],
    ["a path that is not there for its network", { netnsPath: "/nowhere" }, 'not "/nowhere"'],
    ["a namespace of another kind for its network", { netnsPath: "/proc/self/ns/uts" }, "/ns/uts"],
    [
      "a network beside the host's",
      { options: inNamespaces({ network: NODE }) },
      "expected a network namespace unless it is the host's",
    ],
    [
      "a user namespace of a mode that is none",
      { options: inNamespaces({ usernsOptions: { mode: CONTAINER } }) },
      "not one of the mode 1",
    ],
    [
      "mappings beside the host's user namespace",
      { options: inNamespaces({ usernsOptions: { mode: NODE, uids: [{ length: 1 }] } }) },
      "without mappings",
    ],
    ["another id", { sandboxId: "../other" }, 'expected the sandbox pod, not "../other"'],
    ["no id", { sandboxId: "" }, 'expected the sandbox pod, not ""'],
  ] as const
) {
  test(
    `a sandbox with ${what} is refused, and one can be made afterwards`,
    async (shim, netnsPath) => {
      const request = { bundlePath: shim.bundle, options: podOptions(), netnsPath };
      const refused = shim.call("CreateSandbox", { ...request, ...change });
      assertStringIncludes(await expectStatus(INVALID_ARGUMENT, refused), reason);
      await expectStatus(NOT_FOUND, shim.call("SandboxStatus"));
      await shim.run(netnsPath);
    },
  );
}

for (
  const [what, namespaces, sysctls, reason] of [
    [
      "that the kernel refuses",
      {},
      { "net.ipv4.ip_unprivileged_port_start": "x" },
      "can't set the sysctl net/ipv4/ip_unprivileged_port_start to x: ",
    ],
    ["that there is not", {}, { "net.ipv4.nothing": "1" }, "no such file or directory"],
    ["of the host", {}, { "kernel.panic": "0" }, "the sysctl kernel.panic is none of the pod's"],
    ["of the host by a way out", {}, { "net/../kernel/panic": "0" }, "is none of the pod's"],
    ["of the host's network", { network: NODE }, { "net.core.somaxconn": "9" }, "is none of"],
    ["of the host's IPC", { ipc: NODE }, { "kernel.shmmax": "9" }, "is none of the pod's"],
    [
      "that the kernel refuses, and a shared PID namespace",
      { pid: POD },
      { "net.ipv4.ip_unprivileged_port_start": "x" },
      "can't set the sysctl",
    ],
  ] as const
) {
  test(`a sandbox with a sysctl ${what} can't be started`, async (shim, netns) => {
    const hasHostNetwork = "network" in namespaces;
    const options = inNamespaces(namespaces, sysctls);
    const refused = shim.run(hasHostNetwork ? "" : netns, options);
    assertStringIncludes(await expectStatus(INVALID_ARGUMENT, refused), reason);
    const { state, pid } = await shim.call("SandboxStatus");
    assertEquals([state, pid], ["SANDBOX_NOTREADY", 0]);
  });
}

test("a sandbox whose bundle is not there is refused", async (shim, netnsPath) => {
  const request = { bundlePath: "/nowhere", options: podOptions(), netnsPath };
  const reason = await expectStatus(UNKNOWN, shim.call("CreateSandbox", request));
  assertStringIncludes(reason, "mount tmpfs on /nowhere/rootfs");
});

test("a server has one sandbox at most", async (shim, netnsPath) => {
  const request = { bundlePath: shim.bundle, options: podOptions(), netnsPath };
  const results = await Promise.allSettled([1, 2].map(() => shim.call("CreateSandbox", request)));
  assertEquals(results.map(({ status }) => status), ["fulfilled", "rejected"]);
  const reason = await expectStatus(ALREADY_EXISTS, shim.call("CreateSandbox", request));
  assertStringIncludes(reason, "this server has the sandbox pod already");
  await shim.call("StartSandbox");
  await shim.call("StopSandbox");
  await expectStatus(ALREADY_EXISTS, shim.call("CreateSandbox", request));
});

test("a sandbox is started once", async (shim, netnsPath) => {
  await shim.call("CreateSandbox", { bundlePath: shim.bundle, options: podOptions(), netnsPath });
  const starts = await Promise.allSettled([1, 2].map(() => shim.call("StartSandbox")));
  assertEquals(starts.map(({ status }) => status), ["fulfilled", "rejected"]);
  const { pid } = await shim.call("SandboxStatus");
  const reason = await expectStatus(FAILED_PRECONDITION, shim.call("StartSandbox"));
  assertStringIncludes(reason, "the sandbox pod has been started");
  assertEquals((await shim.call("SandboxStatus")).pid, pid);
  await shim.call("StopSandbox");
  await expectStatus(FAILED_PRECONDITION, shim.call("StartSandbox"));
});

test("of a sandbox that is not there nothing is told", async (shim, netnsPath) => {
  const names = [
    ...["StartSandbox", "SandboxStatus", "WaitSandbox", "StopSandbox", "PingSandbox"] as const,
    ...["Platform", "SandboxMetrics"] as const,
  ];
  for (const name of names) {
    const reason = await expectStatus(NOT_FOUND, shim.call(name));
    assertStringIncludes(reason, "there is no sandbox pod");
  }
  const pid = await shim.run(netnsPath);
  for (const name of [...names, "ShutdownSandbox"] as const) {
    const reason = await expectStatus(NOT_FOUND, shim.call(name, { sandboxId: "other" }));
    assertStringIncludes(reason, "there is no sandbox other");
  }
  assertEquals((await shim.call("SandboxStatus")).pid, pid);
});

test("the id of a sandbox may be taken in the runtime", async (shim, netnsPath, { namespace }) => {
  const folder = `/run/containerd/runc/${namespace}/pod`;
  await Deno.mkdir(folder, { recursive: true });
  const refused = shim.run(netnsPath, inNamespaces({ pid: POD }));
  assertEquals(await expectStatus(ALREADY_EXISTS, refused), "the runtime has a container pod");
  await shim.call("StopSandbox");
  await Deno.remove(folder);
});

test("containers are in no sandbox that does not run", async (shim, netnsPath) => {
  const bundle = await shim.makeContainer("one", Deno.pid, "true");
  const create = () => shim.tasks.call("Create", { id: "one", bundle: bundle.path });
  const expectReason = async (reason: string) =>
    assertStringIncludes(await expectStatus(FAILED_PRECONDITION, create()), reason);
  await shim.call("CreateSandbox", { bundlePath: shim.bundle, options: podOptions(), netnsPath });
  await expectReason("the sandbox pod is not ready");
  await shim.call("StartSandbox");
  await shim.call("StopSandbox");
  await expectReason("the sandbox pod is not ready");
  await shim.call("ShutdownSandbox");
  await expectReason("the sandbox pod has been shut down");
  const request = { bundlePath: shim.bundle, options: podOptions(), netnsPath };
  await expectStatus(FAILED_PRECONDITION, shim.call("CreateSandbox", request));
});

test(
  "a container whose spec names another sandbox's process, which is gone, is refused",
  async (shim, netnsPath) => {
    await shim.run(netnsPath);
    // No process has this id (PID_MAX_LIMIT).
    const refused = shim.runContainer("one", 2 ** 22, "true");
    assertStringIncludes(await expectStatus(UNKNOWN, refused), "OCI runtime create failed");
    await expectStatus(NOT_FOUND, shim.tasks.call("State", { id: "one" }));
  },
);

testBetterThanGo(
  "no call of a sandbox ends the container of a server without one",
  async (containerd) => {
    const shim = await DirectShim.run(containerd, "box");
    const shutdown = callSandbox(shim.tasks, "ShutdownSandbox", { sandboxId: "box" });
    await expectStatus(NOT_FOUND, shutdown);
    assertEquals((await shim.tasks.call("State", { id: "box" })).status, TaskStatus.RUNNING);
    await shim.end();
  },
);
