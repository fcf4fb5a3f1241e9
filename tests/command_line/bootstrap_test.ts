/** How containerd 2.3 starts a shim: BootstrapParams on standard input, BootstrapResult on standard output. */

import { assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { Any, BootstrapLogLevel, type BootstrapParams, RuncOptions } from "../../proto/mod.ts";
import type { PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { isServing } from "../harness/machine/processes.ts";
import {
  bootstrapParams,
  callStart,
  decodeAnswer,
  spawnStart,
} from "../harness/shim/bootstrap_caller.ts";
import {
  Bundle,
  type BundleOptions,
  callShim,
  DirectShim,
  serverPid,
  shimArguments,
  shutDown,
} from "../harness/shim/direct_shim.ts";
import { TaskClient } from "../harness/shim/task_client.ts";
import { testBetterThanGo } from "../harness/suite/black_box.ts";

/** A shim that was started with BootstrapParams. */
interface Started {
  bundle: Bundle;
  /** The path of its socket. */
  socket: string;
  tasks: TaskClient;
}

async function startBy(
  containerd: PrivateContainerd,
  changes: BootstrapParams.Properties = {},
  env: Record<string, string> = {},
  options: BundleOptions = {},
): Promise<Started> {
  const bundle = await Bundle.make(containerd, "box", options);
  const result = await callStart(
    containerd,
    bundle,
    bootstrapParams(containerd, "box", changes),
    env,
  );
  const { address } = decodeAnswer(result);
  const tasks = await TaskClient.connect(address, "containerd.task.v3.Task");
  return { bundle, socket: address.replace("unix://", ""), tasks };
}

/** Ends a shim without containers and answers what it has logged. */
async function end({ bundle, tasks }: Started): Promise<string> {
  await shutDown(tasks, bundle.id);
  return await bundle.remove();
}

/** A `start` that fails: what it says. */
async function refusal(
  containerd: PrivateContainerd,
  input: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const bundle = await Bundle.make(containerd, "box");
  const { code, stdout, stderr } = await callStart(containerd, bundle, input);
  assertEquals([code, stdout.length], [1, 0]);
  await bundle.remove();
  return stderr;
}

/** A path in `/run/containerd` with so many bytes. */
function folderOf(length: number): string {
  return "/run/containerd/".padEnd(length, "x");
}

testBetterThanGo("start asked by BootstrapParams answers a BootstrapResult", async (containerd) => {
  const bundle = await Bundle.make(containerd, "box");
  const result = await callStart(containerd, bundle, bootstrapParams(containerd, "box"));
  const { address, ...rest } = decodeAnswer(result);
  assertEquals(rest, { version: 3, protocol: "ttrpc", capabilities: [], metadata: {} });
  assertMatch(address, /^unix:\/\/\/run\/containerd\/s\/[0-9a-f]{64}$/);
  assertEquals(await Deno.readTextFile(`${bundle.path}/address`), address);
  await shutDown(await TaskClient.connect(address, "containerd.task.v3.Task"), "box");
  await bundle.remove();
});

testBetterThanGo("the other ways to be asked are not mistaken for it", async (containerd) => {
  // Runtime options that have the container's id in them.
  const value = RuncOptions.encode({ criuWorkPath: "/box" }).finish();
  const input = Any.encode({ typeUrl: "containerd.runc.v1.Options", value }).finish();
  const bundle = await Bundle.make(containerd, "box");
  const { code, stdout, stderr } = await callStart(containerd, bundle, input);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  const { version, address } = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals(version, 2);
  await shutDown(await TaskClient.connect(address), "box");
  await bundle.remove();
});

testBetterThanGo("a server that an older containerd has started serves on", async (containerd) => {
  const options = { annotations: { "io.containerd.runc.v2.group": "pod" } };
  const shim = await DirectShim.start(containerd, "one", options);
  const bundle = await Bundle.make(containerd, "two", options);
  const result = await callStart(containerd, bundle, bootstrapParams(containerd, "two"));
  assertEquals(decodeAnswer(result).address, shim.address);
  await bundle.remove();
  await shim.shutDown();
});

testBetterThanGo(
  "the socket is in the socket_dir, and goes with its server",
  async (containerd) => {
    const socketDir = "/run/containerd/new/s";
    const shim = await startBy(containerd, { socketDir });
    assertMatch(shim.socket.slice(socketDir.length), /^\/[0-9a-f]{64}$/);
    assertEquals((await Deno.stat(socketDir)).mode! & 0o777, 0o700);
    await end(shim);
    await eventually("an end of all in it", () => isEmpty(socketDir) || undefined);
    await Deno.remove("/run/containerd/new", { recursive: true });
  },
);

function isEmpty(folder: string): boolean {
  return [...Deno.readDirSync(folder)].length === 0;
}

testBetterThanGo("a server ends whose socket can't be removed", async (containerd) => {
  const socketDir = "/run/containerd/s3";
  const { bundle, socket, tasks } = await startBy(containerd, { socketDir });
  const pid = serverPid(socket);
  await Deno.rename(socketDir, `${socketDir}-moved`);
  await Deno.writeTextFile(socketDir, "no folder");
  await shutDown(tasks, "box");
  await eventually("an end of the server", () => !isServing(pid) || undefined);
  await Deno.remove(socketDir);
  await Deno.remove(`${socketDir}-moved`, { recursive: true });
  assertStringIncludes(await bundle.remove(), "can't remove the socket");
});

testBetterThanGo("delete after a kill -9 of the shim removes its socket", async (containerd) => {
  const socketDir = "/run/containerd/s2";
  const { bundle, socket, tasks } = await startBy(containerd, { socketDir });
  Deno.kill(serverPid(socket), "SIGKILL");
  await tasks.client.closed;
  const args = shimArguments(containerd, "box", "-bundle", bundle.path, "delete");
  assertEquals((await callShim(containerd, bundle.path, args)).code, 0);
  assertEquals([...Deno.readDirSync(socketDir)], []);
  await Deno.remove(socketDir);
  await bundle.remove();
});

testBetterThanGo("a terminal works with the longest socket_dir", async (containerd) => {
  const socketDir = folderOf(42);
  const shim = await startBy(containerd, { socketDir });
  assertEquals(shim.socket.length, 107);
  const spec = JSON.parse(await Deno.readTextFile(`${shim.bundle.path}/config.json`));
  spec.process.terminal = true;
  spec.mounts.push({ destination: "/dev/pts", type: "devpts", source: "devpts" });
  await Deno.writeTextFile(`${shim.bundle.path}/config.json`, JSON.stringify(spec));
  const request = { ...await shim.bundle.createRequest(containerd), terminal: true };
  assertNotEquals((await shim.tasks.call("Create", request)).pid, 0);
  await shim.tasks.call("Kill", { id: "box", signal: 9 });
  await shim.tasks.call("Wait", { id: "box" });
  await shim.tasks.call("Delete", { id: "box" });
  await end(shim);
  await Deno.remove(socketDir);
});

testBetterThanGo(
  "a socket_dir that is too long or not absolute is an error",
  async (containerd) => {
    const long = folderOf(43);
    const tooLong = await refusal(
      containerd,
      bootstrapParams(containerd, "box", { socketDir: long }),
    );
    assertMatch(tooLong, /x+\/[0-9a-f]+ has 108 bytes, at most 107 are possible/);
    const relative = bootstrapParams(containerd, "box", { socketDir: "run/s" });
    assertStringIncludes(await refusal(containerd, relative), "an absolute path as socket_dir");
  },
);

for (
  const [level, isDebug] of [
    [BootstrapLogLevel.LOG_LEVEL_TRACE, true],
    [BootstrapLogLevel.LOG_LEVEL_DEBUG, true],
    [BootstrapLogLevel.LOG_LEVEL_INFO, false],
    [BootstrapLogLevel.LOG_LEVEL_ERROR, false],
  ] as const
) {
  const name = BootstrapLogLevel[level].replace("LOG_LEVEL_", "").toLowerCase();
  testBetterThanGo(`debug messages at the log level ${name}: ${isDebug}`, async (containerd) => {
    const log = await end(await startBy(containerd, { logLevel: level }));
    assertEquals(/level=debug/.test(log), isDebug, log);
  });
}

testBetterThanGo("events go to the address in BootstrapParams", async (containerd) => {
  const nobody = `${containerd.folder}/nobody.ttrpc`;
  for (const scheme of ["", "unix://"]) {
    await using events = await containerd.recordEvents();
    const containerdTtrpcAddress = `${scheme}${containerd.address}.ttrpc`;
    const shim = await startBy(
      containerd,
      { containerdTtrpcAddress },
      { TTRPC_ADDRESS: nobody },
    );
    await shim.tasks.call("Create", await shim.bundle.createRequest(containerd));
    await events.until(({ topic }) => topic === "/tasks/create");
    await shim.tasks.call("Kill", { id: "box", signal: 9 });
    await shim.tasks.call("Wait", { id: "box" });
    await shim.tasks.call("Delete", { id: "box" });
    await end(shim);
  }
});

testBetterThanGo("runtime options are found among extensions nobody knows", async (containerd) => {
  const unknown = {
    value: { typeUrl: "containerd.io/cri.v1.PodSandboxConfig", value: new Uint8Array([1]) },
  };
  await end(await startBy(containerd, { extensions: [unknown, {}] }));

  const options = RuncOptions.encode({ shimCgroup: "/no/such/cgroup" }).finish();
  const known = { value: { typeUrl: "containerd.runc.v1.Options", value: options } };
  const input = bootstrapParams(containerd, "box", { extensions: [unknown, known] });
  assertStringIncludes(await refusal(containerd, input), "/no/such/cgroup");
});

testBetterThanGo("BootstrapParams of another container are an error", async (containerd) => {
  const other = bootstrapParams(containerd, "other");
  assertMatch(
    await refusal(containerd, other),
    /expected the BootstrapParams of box in the namespace \S+ .*, not of other in/,
  );
  const elsewhere = bootstrapParams(containerd, "box", { namespace: "elsewhere" });
  assertStringIncludes(
    await refusal(containerd, elsewhere),
    "not of box in the namespace elsewhere",
  );
});

testBetterThanGo("BootstrapParams that are cut short are an error", async (containerd) => {
  const input = bootstrapParams(containerd, "box").slice(0, -1);
  assertMatch(
    await refusal(containerd, input),
    /expected BootstrapParams or runtime options on standard input, not \d+ bytes that can't be/,
  );
});

testBetterThanGo(
  "start reads its input to the end, however late that comes",
  async (containerd) => {
    const bundle = await Bundle.make(containerd, "box");
    const child = spawnStart(containerd, bundle);
    const input = bootstrapParams(containerd, "box");
    const writer = child.stdin.getWriter();
    await writer.write(input.subarray(0, 10));
    const waitsForInput = () =>
      /pipe.*read/.test(Deno.readTextFileSync(`/proc/${child.pid}/wchan`)) || undefined;
    await eventually("a wait for more input", waitsForInput);
    await writer.write(input.subarray(10));
    await eventually("a wait for the end", waitsForInput);
    await writer.close();
    const { code, stdout, stderr } = await child.output();
    const { address } = decodeAnswer({ code, stdout, stderr: new TextDecoder().decode(stderr) });
    await shutDown(await TaskClient.connect(address), "box");
    await bundle.remove();
  },
);

testBetterThanGo("input without end is an error", async (containerd) => {
  const bundle = await Bundle.make(containerd, "box");
  using zeros = await Deno.open("/dev/zero");
  const child = spawnStart(containerd, bundle);
  await zeros.readable.pipeTo(child.stdin).catch(() => {});
  const { code, stderr } = await child.output();
  assertEquals(code, 1);
  assertStringIncludes(new TextDecoder().decode(stderr), "expected less than 10485760 bytes");
  await bundle.remove();
});

testBetterThanGo("delete for a pod removes its other containers, too", async (containerd) => {
  const options = { annotations: { "io.kubernetes.cri.sandbox-id": "box" } };
  const { bundle, socket, tasks } = await startBy(containerd, {}, {}, options);
  const other = await Bundle.make(containerd, "other", options);
  const alone = await DirectShim.run(containerd, "alone");
  const pids: number[] = [];
  for (const each of [bundle, other]) {
    const { id } = each;
    pids.push((await tasks.call("Create", await each.createRequest(containerd))).pid);
    await tasks.call("Start", { id });
  }
  Deno.kill(serverPid(socket), "SIGKILL");
  await tasks.client.closed;
  assertEquals((await bundle.delete(containerd)).stderr, "");
  await eventually("an end of both", () => !pids.some(isServing) || undefined);
  assertEquals((await alone.tasks.call("State", { id: "alone" })).status, 2);
  await alone.end();
  await other.remove();
  await bundle.remove();
});
