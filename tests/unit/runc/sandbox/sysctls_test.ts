import { assertEquals, assertThrows } from "@std/assert";
import { sysctlPaths } from "../../../../runc/sandbox/sysctls.ts";
import { StatusError } from "../../../../shim/mod.ts";

const ALL = { ipc: true, network: true };
const NONE = { ipc: false, network: false };

function test(name: string, run: () => void): void {
  Deno.test(`sysctls: ${name}`, run);
}

test("those of a pod's own namespaces have a path below /proc/sys", () => {
  const sysctls = {
    "kernel.shm_rmid_forced": "1",
    "kernel.sem": "250 32000 100 128",
    "fs.mqueue.msg_max": "20",
    "net.ipv4.ip_local_port_range": "1024 65535",
    "kernel.domainname": "pods",
  };
  assertEquals(sysctlPaths(sysctls, ALL), [
    ["kernel/shm_rmid_forced", "1"],
    ["kernel/sem", "250 32000 100 128"],
    ["fs/mqueue/msg_max", "20"],
    ["net/ipv4/ip_local_port_range", "1024 65535"],
    ["kernel/domainname", "pods"],
  ]);
});

test("dots and slashes change places, so that an interface may have a dot in its name", () => {
  for (const name of ["net.ipv4.conf.eth0/7.forwarding", "net/ipv4/conf/eth0.7/forwarding"]) {
    assertEquals(sysctlPaths({ [name]: "1" }, ALL), [["net/ipv4/conf/eth0.7/forwarding", "1"]]);
  }
});

for (
  const [what, name, own] of [
    ["of the host", "kernel.panic", ALL],
    ["of the host, beside those of namespaces", "kernel.shm_next_id", ALL],
    ["of the host's files", "fs.file-max", ALL],
    ["of memory", "vm.swappiness", ALL],
    ["of the hostname, which the pod has by another way", "kernel.hostname", ALL],
    ["of the network, with the host's", "net.ipv4.ip_forward", { ...ALL, network: false }],
    ["of the UTS namespace, which is the host's with its network", "kernel.domainname", {
      ...ALL,
      network: false,
    }],
    ["of IPC, with the host's", "kernel.sem", { ...ALL, ipc: false }],
    ["of message queues, with the host's IPC", "fs.mqueue.msg_max", { ...ALL, ipc: false }],
    ["of all, with the host's namespaces", "net.core.somaxconn", NONE],
    ["that leads out of its folder", "net/../kernel/panic", ALL],
    ["that leads out, by dots", "net.//.kernel.panic", ALL],
    ["that leads nowhere", "net/./ipv4/ip_forward", ALL],
    ["with an empty part", "net..ipv4", ALL],
    ["that begins at the root", "/net/ipv4/ip_forward", ALL],
    ["with more behind a line's end", "kernel.sem\n/x", ALL],
    ["without a name", "", ALL],
  ] as const
) {
  test(`one ${what} is refused`, () => {
    assertThrows(
      () => sysctlPaths({ [name]: "0" }, own),
      StatusError,
      `the sysctl ${name} is none`,
    );
  });
}
