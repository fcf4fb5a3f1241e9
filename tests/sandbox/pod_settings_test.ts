/** What a pod's configuration asks for is so without a pause container as it is with one. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { eventually } from "../harness/expect/eventually.ts";
import { CONTAINER, HANDLER, NODE, POD, sandboxTests } from "./sandboxed_pods.ts";

const test = sandboxTests();

/** The longest, of any character that a name may have. */
const LONGEST = "x".repeat(64);

for (
  const [what, handler] of [
    ["with a pause container", ""],
    ["without a pause container", HANDLER],
  ] as const
) {
  for (
    const [asked, config, hostname, resolvConf] of [
      [
        "a hostname and a whole DNS configuration",
        {
          hostname: "pod-host",
          dnsConfig: {
            servers: ["10.0.0.1", "fd00::1"],
            searches: ["a.b", "c"],
            options: ["ndots:5", "edns0"],
          },
        },
        "pod-host",
        "search a.b c\nnameserver 10.0.0.1\nnameserver fd00::1\noptions ndots:5 edns0\n",
      ],
      [
        "the longest hostname and a DNS server",
        { hostname: LONGEST, dnsConfig: { servers: ["10.0.0.1"] } },
        LONGEST,
        "nameserver 10.0.0.1\n",
      ],
      [
        "an empty DNS configuration",
        { hostname: "pod-host", dnsConfig: {} },
        "pod-host",
        "",
      ],
      ["neither", {}, Deno.hostname(), Deno.readTextFileSync("/etc/resolv.conf")],
    ] as const
  ) {
    test(`a pod ${what} that asks for ${asked}`, async (cri) => {
      const pod = await cri.runPod(handler, {}, config);
      const container = await cri.run(pod, "first", ["sleep", "1000"]);
      const { stdout } = await cri.exec(container, "sh", "-c", "hostname; cat /etc/hostname");
      assertEquals(stdout, `${hostname}\n${hostname}\n`);
      assertEquals((await cri.exec(container, "cat", "/etc/resolv.conf")).stdout, resolvConf);
      assertEquals(
        (await cri.exec(container, "cat", "/etc/hosts")).stdout,
        Deno.readTextFileSync("/etc/hosts"),
      );
      await cri.remove(pod);
    });
  }

  for (
    const [kind, own, namespaceOptions] of [
      ["network", ["ipc", "pid"], { network: NODE, pid: CONTAINER }],
      ["IPC", ["net", "uts", "pid"], { ipc: NODE, pid: CONTAINER }],
      ["PID", ["net", "uts", "ipc"], { pid: NODE }],
      ["network and PID", ["ipc"], { network: NODE, pid: NODE }],
      ["network, beside a shared PID,", ["ipc", "pid"], { network: NODE, pid: POD }],
      ["IPC, beside a shared PID,", ["net", "uts", "pid"], { ipc: NODE, pid: POD }],
    ] as const
  ) {
    test(`a pod ${what} in the host's ${kind} namespace`, async (cri) => {
      const pod = await cri.runPod(handler, { securityContext: { namespaceOptions } });
      const container = await cri.run(pod, "first", ["sleep", "1000"]);
      const others: string[] = [];
      for (const name of ["net", "uts", "ipc", "pid"]) {
        const { stdout } = await cri.exec(container, "readlink", `/proc/self/ns/${name}`);
        if (stdout.trim() !== Deno.readLinkSync(`/proc/self/ns/${name}`)) others.push(name);
      }
      assertEquals(others, own);
      await cri.exec(container, "touch", "/dev/shm/of-the-pod");
      const isHosts = await Deno.remove("/dev/shm/of-the-pod").then(() => true, () => false);
      assertEquals(isHosts, !others.includes("ipc"));
      await cri.remove(pod);
    });
  }

  test(`a pod ${what} with a hostname that is too long is refused, and nothing stays`, async (cri) => {
    const error = await cri.runPod(handler, {}, { hostname: `${LONGEST}x` })
      .then(() => undefined, (error) => error);
    assertStringIncludes(error.message, handler === "" ? "sethostname" : "64 bytes at most");
    await eventually("an end of the shim", () => cri.shims().length === 0 || undefined);
  });
}
