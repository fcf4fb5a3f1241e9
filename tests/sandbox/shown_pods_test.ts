/** What the commands for people show of pods without a pause container. */

import { assertEquals } from "@std/assert";
import { askServers } from "../../commands/ask/servers.ts";
import { examineShims } from "../../commands/doctor/shims.ts";
import { survey } from "../../commands/find/survey.ts";
import { findings, type Json, jsonOf } from "../harness/shim/commands.ts";
import { CONTAINER, HANDLER, POD, sandboxTests } from "./sandboxed_pods.ts";

const test = sandboxTests();

for (const [what, pid] of [["no process", CONTAINER], ["an init", POD]] as const) {
  test(`a pod with ${what} of its own is no container, and nothing that is left`, async (cri) => {
    const address = `${cri.folder}/containerd.sock`;
    const linux = { cgroupParent: cri.cgroup, securityContext: { namespaceOptions: { pid } } };
    const pod = await cri.runPod(HANDLER, linux);
    const shown = async () => {
      const { shims } = await jsonOf("ps", "--address", address);
      return shims.map(({ id, containers }: Json) => [id, containers.map((each: Json) => each.id)]);
    };
    assertEquals(await shown(), [[pod.podSandboxId, []]]);
    assertEquals(await findings([pod.podSandboxId]), []);
    // It may wait for its containers' images.
    const [server] = await askServers(survey({ address }).servers);
    const { process } = server.shim!;
    const anHourOlder = { ...process, startTicks: process.startTicks - 360_000 };
    const servers = [{ ...server, shim: { ...server.shim!, process: anHourOlder } }];
    assertEquals(examineShims({ servers }), []);

    const { containerId } = await cri.run(pod, "first", ["sleep", "1000"]);
    assertEquals(await shown(), [[pod.podSandboxId, [containerId]]]);
    assertEquals(await findings([pod.podSandboxId, containerId]), []);
    await cri.remove(pod);
  });
}
