import { assertEquals } from "@std/assert";
import { findShims, runtimeName } from "../../../commands/find/shims.ts";

/** What is found of a process with this command line. */
function found(...command: string[]) {
  // Of a pid that can't be, so that nothing is read of it.
  const process = { pid: 1 << 23, parent: 1, state: "S", startTicks: 0, command };
  return findShims([process]).map(({ runtime, namespace, id, isSpare, sockets }) => ({
    runtime,
    namespace,
    id,
    isSpare,
    sockets,
  }));
}

const FLAGS = ["-namespace", "default", "-id", "box", "-address", "/c.sock"];
const BOX = { namespace: "default", id: "box", isSpare: false };

Deno.test("find: servers in every form, Go's, and spares", () => {
  const socket = ["-socket", "/s/1", "-bundle", "/b"];
  const ours = [{ ...BOX, runtime: "ts-v2", sockets: ["/s/1"] }];
  assertEquals(found("/usr/bin/containerd-shim-ts-v2", ...FLAGS, ...socket, "serve"), ours);
  const deno = [
    "/opt/deno",
    "run",
    "--no-config",
    "data:text/javascript,x#/bin/containerd-shim-ts-v2",
  ];
  assertEquals(found(...deno, ...FLAGS, ...socket, "-debug", "serve"), ours);
  assertEquals(found("/usr/bin/containerd-shim-runc-v2", ...FLAGS), [
    { ...BOX, runtime: "runc-v2", sockets: [] },
  ]);
  assertEquals(found("containerd-shim-runc-v2", ...FLAGS, "-debug"), [
    { ...BOX, runtime: "runc-v2", sockets: [] },
  ]);
  assertEquals(found("containerd-shim-ts-v2", "-address", "/c.sock", "spare"), [
    { namespace: "", id: "", runtime: "ts-v2", isSpare: true, sockets: [] },
  ]);
});

Deno.test("find: Go's is told from what only has its name", () => {
  const process = { pid: 1 << 23, parent: 1, state: "S", startTicks: 0 };
  const isGos = (...command: string[]) => findShims([{ ...process, command }])[0].isGos;
  assertEquals(isGos("/usr/bin/containerd-shim-runc-v2", ...FLAGS), true);
  assertEquals(
    isGos("/usr/bin/containerd-shim-runc-v2", ...FLAGS, "-bundle", "/b", "serve"),
    false,
  );
  assertEquals(isGos("/usr/bin/containerd-shim-runc-v2-rs", ...FLAGS), false);
  assertEquals(isGos("/usr/bin/containerd-shim-ts-v2", ...FLAGS, "serve"), false);
});

Deno.test("find: what is no server", () => {
  for (
    const command of [
      ["/usr/bin/containerd-shim-ts-v2", ...FLAGS, "start"],
      ["/usr/bin/containerd-shim-runc-v2", ...FLAGS, "delete"],
      ["/usr/bin/containerd-shim-ts-v2", "ps"],
      ["/usr/bin/containerd-shim-ts-v2", "-v"],
      ["vi", "/src/containerd-shim-ts-v2/main.ts", ...FLAGS],
      ["[kworker/0:0]"],
    ]
  ) assertEquals(found(...command), [], command.join(" "));
});

Deno.test("find: what a server has forked, and is no other program yet, is no second one", () => {
  const command = ["/usr/bin/containerd-shim-runc-v2", ...FLAGS];
  // Of pids that can't be, so that nothing is read of them.
  const server = { pid: 1 << 23, parent: 1, state: "S", startTicks: 0, command };
  const child = { ...server, pid: server.pid + 1, parent: server.pid };
  // As in a container with the host's PID namespace: the shim gets its orphans for its own children.
  const inner = { ...child, pid: child.pid + 1, command: [...command.slice(0, -1), "/inner.sock"] };
  const pids = findShims([child, server, inner]).map(({ process }) => process.pid);
  assertEquals(pids, [server.pid, inner.pid]);
});

Deno.test("find: Go's runtime is marked", () => {
  assertEquals(["runc-v2", "ts-v2", "wasmtime-v1"].map(runtimeName), [
    "runc-v2 (Go)",
    "ts-v2",
    "wasmtime-v1",
  ]);
});
