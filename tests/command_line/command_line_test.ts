/** The shim's program, called as containerd calls it and as it does not. */

import { assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import configuration from "../../deno.json" with { type: "json" };
import { DeleteResponse, RuntimeInfo } from "../../proto/mod.ts";
import { shimName } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { findProcess, isAlive } from "../harness/machine/processes.ts";
import {
  Bundle,
  callShim,
  DirectShim,
  serverPid,
  shimArguments,
  shutDown,
  startShim,
} from "../harness/shim/direct_shim.ts";
import { TaskClient } from "../harness/shim/task_client.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

const addressPattern = /^unix:\/\/\/run\/containerd\/s\/[0-9a-f]{64}$/;

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

test("-v prints name and version", async (containerd) => {
  const { code, stdout } = await callShim(containerd, "/", ["-v"]);
  assertEquals(code, 0);
  assertStringIncludes(text(stdout), `${shimName(containerd.runtime.name)}:\n`);
  assertMatch(text(stdout), /^ +Version: +\d+\.\d+/m);
});

testBetterThanGo("-v and -info tell the version and the commit", async (containerd) => {
  const [said, { stdout }] = await Promise.all([
    callShim(containerd, "/", ["-v"]),
    callShim(containerd, "/", ["-info"]),
  ]);
  const { version, revision } = RuntimeInfo.decode(stdout).version!;
  assertEquals(version, configuration.version);
  assertMatch(revision, /^([0-9a-f]{40}(\.m)?|unknown)$/);
  assertMatch(text(said.stdout), new RegExp(`^ +Version: +${RegExp.escape(version)}$`, "m"));
  assertMatch(text(said.stdout), new RegExp(`^ +Revision: +${RegExp.escape(revision)}$`, "m"));
});

const mistakes: [name: string, args: string[], message: RegExp][] = [
  ["no namespace", ["-id", "box", "start"], /namespace.*(required|cannot be empty)/],
  [
    "an empty namespace",
    ["-namespace", "", "-id", "box", "start"],
    /namespace.*(required|cannot be empty)/,
  ],
  ["an unknown flag", ["-namespace", "test", "-nosuch", "start"], /-nosuch/],
  ["a flag without its value", ["-namespace"], /-namespace/],
];
for (const [name, args, message] of mistakes) {
  test(`${name} is an error`, async (containerd) => {
    const { code, stdout, stderr } = await callShim(containerd, containerd.folder, args);
    assertNotEquals(code, 0);
    assertEquals(text(stdout), "");
    assertMatch(stderr, message);
  });
}

testBetterThanGo("an unknown action is an error", async (containerd) => {
  const args = shimArguments(containerd, "box", "nosuch");
  const { code, stdout, stderr } = await callShim(containerd, containerd.folder, args);
  assertEquals([code, text(stdout)], [1, ""]);
  assertMatch(stderr, /unknown action nosuch/);
});

testBetterThanGo("start without an id is an error", async (containerd) => {
  const bundle = await Bundle.make(containerd, "box");
  const args = ["-namespace", containerd.namespace, "-address", containerd.address, "start"];
  const { code, stdout, stderr } = await callShim(containerd, bundle.path, args);
  assertEquals([code, text(stdout)], [1, ""]);
  assertMatch(stderr, /-id/);
  await bundle.remove();
});

test("start in a folder without config.json is an error", async (containerd) => {
  const bundle = await Bundle.make(containerd, "box");
  await Deno.remove(`${bundle.path}/config.json`);
  const args = shimArguments(containerd, "box", "start");
  const { code, stdout, stderr } = await callShim(containerd, bundle.path, args);
  assertEquals([code, text(stdout)], [1, ""]);
  assertMatch(stderr, /config\.json.*no such file/i);
  await bundle.remove();
});

for (const broken of ["{", "[1, 2]", ""]) {
  test(`start with a config.json of ${JSON.stringify(broken)} is an error`, async (containerd) => {
    const bundle = await Bundle.make(containerd, "box");
    await Deno.writeTextFile(`${bundle.path}/config.json`, broken);
    const args = shimArguments(containerd, "box", "start");
    const { code, stdout, stderr } = await callShim(containerd, bundle.path, args);
    assertEquals([code, text(stdout)], [1, ""]);
    assertMatch(stderr, /JSON|json|EOF/);
    await bundle.remove();
  });
}

test("start answers an address and nothing else, and leaves a server behind", async (containerd) => {
  const bundle = await Bundle.make(containerd, "box");
  const args = shimArguments(containerd, "box", "start");
  const { code, stdout, stderr } = await callShim(containerd, bundle.path, args);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  const address = text(stdout);
  assertMatch(address, addressPattern);
  assertEquals(await Deno.readTextFile(`${bundle.path}/address`), address);
  assertEquals((await Deno.stat(address.slice("unix://".length))).mode! & 0o777, 0o600);

  const server = findProcess(serverPid(address))!;
  assertEquals([server.parent, server.group], [1, server.pid]);
  await shutDown(await TaskClient.connect(address), "box");
  await bundle.remove();
});

testBetterThanGo("the server has a session of its own", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  assertEquals(findProcess(shim.pid)?.session, shim.pid);
  await shim.shutDown();
});

test("the address depends on containerd's address, the namespace and the group", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box", {
    annotations: { "io.containerd.runc.v2.group": "pod" },
  });
  const { address, namespace } = containerd;
  const input = new TextEncoder().encode(`${address}/${namespace}/pod`);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", input)).toHex();
  assertEquals(shim.address, `unix:///run/containerd/s/${hash}`);
  await shim.shutDown();
});

for (const [newest, version] of [["2", 2], ["3", 3], ["4", 3]] as const) {
  testBetterThanGo(
    `start answers version ${version} where ${newest} is the newest wanted`,
    async (containerd) => {
      const bundle = await Bundle.make(containerd, "box");
      const args = shimArguments(containerd, "box", "start");
      const env = { MAX_SHIM_VERSION: newest };
      const { code, stdout, stderr } = await callShim(containerd, bundle.path, args, env);
      assertEquals({ code, stderr }, { code: 0, stderr: "" });
      const answer = JSON.parse(text(stdout));
      assertMatch(answer.address, addressPattern);
      assertEquals(answer, { version, address: answer.address, protocol: "ttrpc" });
      await shutDown(
        await TaskClient.connect(answer.address, `containerd.task.v${version}.Task`),
        "box",
      );
      await bundle.remove();
    },
  );
}

// What the plugins of containerd have made in its state folder when it booted.
const sandboxes = "io.containerd.sandbox.controller.v1.shim";
const before2 = "io.containerd.runtime.v1.linux";
for (
  const [containerdOf, folders, version] of [
    ["2.0 to 2.2", [sandboxes], 3],
    ["1.7", [before2], 2],
    ["an up- or downgrade between these", [sandboxes, before2], 2],
    ["neither", [], 2],
  ] as const
) {
  testBetterThanGo(
    `start answers version ${version} in a state folder of ${containerdOf}`,
    async (containerd) => {
      const state = `${containerd.folder}/other-state`;
      for (const name of folders) await Deno.mkdir(`${state}/${name}`, { recursive: true });
      const folder = `${state}/io.containerd.runtime.v2.task/${containerd.namespace}`;
      const bundle = await Bundle.make({ ...containerd, folder }, "box");
      const args = shimArguments(containerd, "box", "start");
      const env = { MAX_SHIM_VERSION: "2" };
      const { stdout } = await callShim(containerd, bundle.path, args, env);
      const answer = JSON.parse(text(stdout));
      assertEquals(answer.version, version);
      await shutDown(await TaskClient.connect(answer.address), "box");
      await bundle.remove();
      await Deno.remove(state, { recursive: true });
    },
  );
}

testBetterThanGo("a newest version that is none is an error", async (containerd) => {
  const bundle = await Bundle.make(containerd, "box");
  const args = shimArguments(containerd, "box", "start");
  for (const newest of ["two", "1", "-2", "2.5", "0x3", " 2"]) {
    const env = { MAX_SHIM_VERSION: newest };
    const { code, stdout, stderr } = await callShim(containerd, bundle.path, args, env);
    assertEquals([code, text(stdout)], [1, ""]);
    assertStringIncludes(stderr, `a whole number from 2 in MAX_SHIM_VERSION, not ${newest}`);
  }
  await bundle.remove();
});

for (const annotation of ["io.containerd.runc.v2.group", "io.kubernetes.cri.sandbox-id"]) {
  test(`a second start with the same ${annotation} answers the same server`, async (containerd) => {
    const options = { annotations: { [annotation]: "pod" } };
    const shim = await DirectShim.start(containerd, "one", options);
    const bundle = await Bundle.make(containerd, "two", options);
    assertEquals(await startShim(containerd, bundle), shim.address);
    assertEquals(await Deno.readTextFile(`${bundle.path}/address`), shim.address);
    assertEquals(serverPid(shim.address), shim.pid);
    await bundle.remove();
    await shim.shutDown();
  });
}

testBetterThanGo("two starts of one group at once end with one server", async (containerd) => {
  const options = { annotations: { "io.containerd.runc.v2.group": "pod" } };
  const ids = ["one", "two", "three", "four"];
  const bundles = await Promise.all(ids.map((id) => Bundle.make(containerd, id, options)));
  const addresses = await Promise.all(
    bundles.map((bundle) => startShim(containerd, bundle)),
  );
  assertEquals(new Set(addresses).size, 1);
  await shutDown(await TaskClient.connect(addresses[0]), "one");
  for (const bundle of bundles) await bundle.remove();
});

test("a socket that nobody answers on is replaced", async (containerd) => {
  const first = await DirectShim.start(containerd, "box");
  const socket = first.address.slice("unix://".length);
  Deno.kill(first.pid, "SIGKILL");
  await first.tasks.client.closed;
  assertEquals(
    (await Deno.lstat(socket)).isSocket,
    true,
    "the dead server's socket is still there",
  );
  await first.bundle.remove();

  const second = await DirectShim.start(containerd, "box");
  assertEquals(second.address, first.address);
  assertNotEquals(second.pid, first.pid);
  await second.shutDown();
});

test("serve on a socket path that is too long is an error", async (containerd) => {
  const bundle = await Bundle.make(containerd, "box");
  const socket = `${containerd.folder}/${"long".repeat(30)}`;
  const args = [...shimArguments(containerd, "box"), "-socket", socket];
  const { code, stderr } = await callShim(containerd, bundle.path, args);
  assertNotEquals(code, 0);
  assertMatch(stderr + await bundle.remove(), /10[67]/);
});

testBetterThanGo("delete in a bundle with nothing in it succeeds", async (containerd) => {
  const bundle = `${containerd.folder}/box`;
  await Deno.mkdir(bundle);
  const args = shimArguments(containerd, "box", "-bundle", bundle, "delete");
  const { code, stdout } = await callShim(containerd, bundle, args);
  assertEquals(code, 0);
  const { pid, exitStatus, exitedAt } = DeleteResponse.decode(stdout);
  assertEquals([pid, exitStatus], [0, 137]);
  assertEquals(Math.abs(Number(exitedAt!.seconds) - Date.now() / 1000) < 10, true);
  await Deno.remove(bundle);
});

test("delete after a kill -9 of the shim removes its running container", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  const init = await shim.create(containerd);
  await shim.tasks.call("Start", { id: "box" });
  const isMounted = () =>
    Deno.readTextFileSync("/proc/self/mounts").includes(` ${shim.bundle.path}/rootfs `);
  assertEquals(isMounted(), true);
  Deno.kill(shim.pid, "SIGKILL");
  await shim.tasks.client.closed;
  assertEquals(isAlive(init), true, "the container outlives its shim");

  const { code, stdout } = await shim.bundle.delete(containerd);
  assertEquals(code, 0);
  const { pid, exitStatus } = DeleteResponse.decode(stdout);
  assertEquals([pid, exitStatus], [init, 137]);
  assertEquals(isMounted(), false);
  await eventually("an end of init", () => !isAlive(init) || undefined);
  await shim.bundle.remove();
  await Deno.remove(shim.address.slice("unix://".length)).catch(() => {}); // Go's
});
