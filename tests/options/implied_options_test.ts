/** Runtime options that the OCI spec implies where a client sends none. */

import { assertEquals } from "@std/assert";
import { expectSuccess } from "../harness/containerd/private_containerd.ts";
import { ctrFlags, RecordingRuntime } from "../harness/containerd/runtime_options.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

for (
  const { name, path, systemdCgroup, register } of [
    { name: "by its path", path: "/box", systemdCgroup: false, register: test },
    // docker names it so where systemd makes cgroups, and does not tell any shim but runc's.
    {
      name: "as systemd's",
      path: ".slice:docker:box",
      systemdCgroup: true,
      register: testBetterThanGo,
    },
  ]
) {
  register(`a cgroup that is named ${name} is made so`, async (containerd) => {
    await using runtime = await RecordingRuntime.make(`${containerd.folder}/bin/recording-runc`);
    await using options = await ctrFlags(containerd, { binaryName: runtime.path });
    const cgroup = ["--cgroup", `${containerd.namespace}${path}`];
    expectSuccess(await containerd.run([...options.flags, ...cgroup, "--rm"], "box", "true"));
    const calls = await runtime.calls();
    assertEquals(calls.map((call) => call.systemdCgroup), calls.map(() => systemdCgroup));
  });
}
