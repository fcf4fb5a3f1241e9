/** The action `delete`, which containerd calls when it has lost a shim: what it ends and removes, and what it leaves alone. */

import { assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { DeleteResponse } from "../../proto/mod.ts";
import { lockFile } from "../../shim/bootstrap/lock_file.ts";
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import { installCrun } from "../harness/containerd/crun.ts";
import type { PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { runcOptions } from "../harness/containerd/runtime_options.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { cgroupFolders } from "../harness/machine/cgroups.ts";
import {
  descendantsOf,
  isAlive,
  isServing,
  type Process,
  processesOfThisRun,
  sendSignal,
} from "../harness/machine/processes.ts";
import {
  Bundle,
  callShim,
  DirectShim,
  serverPid,
  shimArguments,
  startShim,
} from "../harness/shim/direct_shim.ts";
import { TaskClient } from "../harness/shim/task_client.ts";
import { testBetterThanGo } from "../harness/suite/black_box.ts";

const GROUP = "io.containerd.runc.v2.group";

/** Calls the action, which has to succeed and to warn of nothing. */
async function cleanUp(containerd: PrivateContainerd, bundle: Bundle): Promise<DeleteResponse> {
  const { code, stdout, stderr } = await bundle.delete(containerd);
  assertEquals([code, stderr], [0, ""]);
  return DeleteResponse.decode(stdout);
}

async function expectEnd(pid: number): Promise<void> {
  await eventually(`an end of process ${pid}`, () => !isServing(pid) || undefined);
}

/** Kills and deletes a container, as containerd does, which dies before it tells the server to end. */
async function deleteAndDie({ tasks, id }: DirectShim): Promise<void> {
  await tasks.call("Kill", { id, signal: 9 });
  await tasks.call("Wait", { id });
  await tasks.call("Delete", { id });
  tasks.client.close();
}

testBetterThanGo(
  "a server whose containerd died after the last Delete ends",
  async (containerd) => {
    const shim = await DirectShim.run(containerd, "box");
    await deleteAndDie(shim);
    await cleanUp(containerd, shim.bundle);
    await expectEnd(shim.pid);
    await shim.bundle.remove();
  },
);

testBetterThanGo(
  "a server that containerd has lost ends, with its container",
  async (containerd) => {
    const shim = await DirectShim.run(containerd, "box");
    const { pid } = await shim.tasks.call("State", { id: "box" });
    shim.tasks.client.close();
    assertEquals((await cleanUp(containerd, shim.bundle)).pid, pid);
    await expectEnd(pid);
    await expectEnd(shim.pid);
    await shim.bundle.remove();
  },
);

/** What the bundles have of containers that share a shim. */
const IN_GROUP = { annotations: { [GROUP]: "box" } };

/** The bundle of another container, which `start` has given to a shim of the group. */
async function joinGroup(containerd: PrivateContainerd, shim: DirectShim): Promise<Bundle> {
  const other = await Bundle.make(containerd, "other", IN_GROUP);
  assertEquals(await startShim(containerd, other), shim.address);
  return other;
}

/** Expects that a server and the process of its other container, `other`, live, and ends them as the last ones of the group. */
async function expectLifeOfOther(
  containerd: PrivateContainerd,
  shim: DirectShim,
  tasks: TaskClient,
  other: Bundle,
  pid: number,
): Promise<void> {
  assertEquals([isAlive(shim.pid), isAlive(pid)], [true, true]);
  assertEquals((await tasks.call("State", { id: "other" })).pid, pid);
  await tasks.call("Delete", { id: "other" });
  tasks.client.close();
  await shim.bundle.remove();
  // The last one of a group need not be the one that it was started for.
  await cleanUp(containerd, other);
  await expectEnd(shim.pid);
  await other.remove();
}

testBetterThanGo(
  "a server that containerd has lost ends with the last of its group",
  async (containerd) => {
    const shim = await DirectShim.run(containerd, "box", IN_GROUP);
    shim.tasks.client.close();
    const other = await joinGroup(containerd, shim);
    const tasks = await TaskClient.connect(shim.address);
    await tasks.call("Create", await other.createRequest(containerd));
    await cleanUp(containerd, shim.bundle);
    await expectStatus(StatusCode.NOT_FOUND, tasks.call("State", { id: "box" }));
    assertEquals((await tasks.call("State", { id: "other" })).status, 1);
    tasks.client.close();
    await Deno.remove(`${shim.bundle.path}/address`);
    await cleanUp(containerd, other);
    await expectEnd(shim.pid);
    await shim.bundle.remove();
    await other.remove();
  },
);

for (const text of [undefined, "", "{", "unix://"]) {
  const name = text === undefined ? "none" : JSON.stringify(text);
  testBetterThanGo(
    `a server ends though its bundle has ${name} for its address`,
    async (containerd) => {
      const shim = await DirectShim.run(containerd, "box");
      await deleteAndDie(shim);
      const file = `${shim.bundle.path}/address`;
      if (text === undefined) await Deno.remove(file);
      else await Deno.writeTextFile(file, text);
      await cleanUp(containerd, shim.bundle);
      await expectEnd(shim.pid);
      await shim.bundle.remove();
    },
  );
}

testBetterThanGo(
  "a server that still holds a container of its group lives on",
  async (containerd) => {
    const shim = await DirectShim.run(containerd, "box", IN_GROUP);
    const other = await joinGroup(containerd, shim);
    const tasks = await TaskClient.connect(shim.address);
    const { pid } = await tasks.call("Create", await other.createRequest(containerd));
    // containerd 2.0 and later tells of the server in a file of its own.
    const address = await Deno.readTextFile(`${other.path}/address`);
    await Deno.remove(`${other.path}/address`);
    await Deno.writeTextFile(`${other.path}/bootstrap.json`, JSON.stringify({ address }));
    await deleteAndDie(shim);
    await cleanUp(containerd, shim.bundle);
    await expectLifeOfOther(containerd, shim, tasks, other, pid);
  },
);

testBetterThanGo(
  "a server that no file tells of lives on, with the others of its group",
  async (containerd) => {
    const shim = await DirectShim.run(containerd, "box", IN_GROUP);
    const other = await joinGroup(containerd, shim);
    const { pid } = await shim.tasks.call("Create", await other.createRequest(containerd));
    await deleteAndDie(shim);
    await Deno.writeTextFile(`${shim.bundle.path}/address`, "{");
    await cleanUp(containerd, shim.bundle);
    const tasks = await TaskClient.connect(shim.address);
    await expectLifeOfOther(containerd, shim, tasks, other, pid);
  },
);

testBetterThanGo(
  "a server that another of its group is about to use lives on",
  async (containerd) => {
    const shim = await DirectShim.run(containerd, "box", IN_GROUP);
    await deleteAndDie(shim);
    const other = await joinGroup(containerd, shim);
    await cleanUp(containerd, shim.bundle);
    const tasks = await TaskClient.connect(shim.address);
    await tasks.call("Connect", { id: "other" }).catch(() => {});
    assertEquals(isAlive(shim.pid), true);
    tasks.client.close();
    // containerd has removed that bundle by now.
    await Deno.remove(`${shim.bundle.path}/address`);
    await cleanUp(containerd, other);
    await expectEnd(shim.pid);
    await shim.bundle.remove();
    await other.remove();
  },
);

testBetterThanGo("delete waits for a start that is under way", async (containerd) => {
  const bundle = await Bundle.make(containerd, "box");
  const server = serverPid(await startShim(containerd, bundle));
  const path = (await Deno.readTextFile(`${bundle.path}/address`)).replace("unix://", "");
  // Such a one holds this lock until its server listens.
  const lock = await lockFile(`${path}.lock`);
  const { ino } = await Deno.stat(`${path}.lock`);
  const cleaned = cleanUp(containerd, bundle);
  await eventually("a wait for the lock", async () => {
    const locks = await Deno.readTextFile("/proc/locks");
    return locks.split("\n").find((line) => line.includes("->") && line.includes(`:${ino} `));
  });
  assertEquals(isAlive(server), true);
  lock[Symbol.dispose]();
  await cleaned;
  await expectEnd(server);
  await bundle.remove();
});

testBetterThanGo("a container is removed whose bundle is gone", async (containerd) => {
  const shim = await DirectShim.run(containerd, "box");
  const { pid } = await shim.tasks.call("State", { id: "box" });
  Deno.kill(shim.pid, "SIGKILL");
  await expectEnd(shim.pid);
  // The mount is in the container's own namespace as well.
  await new Deno.Command("umount", { args: ["--lazy", `${shim.bundle.path}/rootfs`] }).output();
  await shim.bundle.remove();
  const args = shimArguments(containerd, "box", "-bundle", shim.bundle.path, "delete");
  const { code, stderr } = await callShim(containerd, "/", args);
  assertEquals([code, stderr], [0, ""]);
  await expectEnd(pid);
});

/** The processes that a server's runtime has left while it creates a container, the runtime the first. */
async function untilHook(server: number): Promise<Process[]> {
  return await eventually("a runtime that runs a hook", () => {
    const processes = descendantsOf(server);
    return processes.some(({ command }) => command[1] === "1234") ? processes : undefined;
  });
}

const HOOKED = { hooks: { createRuntime: [{ path: "/bin/sleep", args: ["sleep", "1234"] }] } };

/** A shim whose runtime creates a container and is held by a hook, before it has written any state. */
async function creating(
  containerd: PrivateContainerd,
  binaryName: string,
): Promise<{ shim: DirectShim; created: Promise<unknown>; processes: Process[] }> {
  const shim = await DirectShim.start(containerd, "box", HOOKED);
  const options = runcOptions({ binaryName });
  const created = shim.create(containerd, { options }).catch((error) => error);
  const processes = await untilHook(shim.pid);
  assertEquals(containersCgroups(containerd).length > 0, true);
  return { shim, created, processes };
}

function containersCgroups({ namespace }: PrivateContainerd): string[] {
  return cgroupFolders(namespace).filter((folder) => folder.endsWith("/box"));
}

/** Ends what is left of the hook, which nobody else does: it is the runtime's own. */
function endHook(): void {
  for (const { pid, command } of processesOfThisRun()) {
    if (command[0] === "sleep" && command[1] === "1234") sendSignal(pid, "SIGKILL");
  }
}

for (const runtime of ["runc", "crun"]) {
  const testCreating = (
    name: string,
    body: (containerd: PrivateContainerd, binaryName: string) => Promise<void>,
  ) =>
    testBetterThanGo(`${runtime}: no cgroup stays of a Create ${name}`, async (containerd) => {
      if (runtime === "runc") return await body(containerd, "runc");
      await using crun = await installCrun(containerd);
      await body(containerd, crun.path);
    });

  testCreating("that was under way when the shim died", async (containerd, binaryName) => {
    const { shim, created } = await creating(containerd, binaryName);
    Deno.kill(shim.pid, "SIGKILL");
    await created;
    await cleanUp(containerd, shim.bundle);
    endHook();
    assertEquals(containersCgroups(containerd), []);
    await shim.bundle.remove();
  });

  testCreating("whose runtime was killed", async (containerd, binaryName) => {
    const { shim, created, processes } = await creating(containerd, binaryName);
    Deno.kill(processes[0].pid, "SIGKILL");
    assertMatch((await created as Error).message, /OCI runtime create failed/);
    endHook();
    assertEquals(containersCgroups(containerd), []);
    await shim.shutDown();
  });
}

for (
  const [how, spoil] of [
    ["garbage", (file: string) => Deno.writeTextFile(file, "\x00{garbage")],
    ["no text", (file: string) => Deno.writeTextFile(file, "")],
    ["a root that is no text", (file: string) => Deno.writeTextFile(file, '{"root": 5}')],
    ["null", (file: string) => Deno.writeTextFile(file, "null")],
    ["no file", (file: string) => Deno.remove(file)],
  ] as const
) {
  for (const root of ["", "own"]) {
    const where = root ? "a root of its own" : "the default root";
    testBetterThanGo(
      `a container with ${where} ends though its options are ${how}`,
      async (containerd) => {
        const options = runcOptions({ root: root && `${containerd.folder}/${root}` });
        const shim = await DirectShim.run(containerd, "box", { hostPidNamespace: true }, {
          options,
        });
        const { pid } = await shim.tasks.call("State", { id: "box" });
        const child = await shim.exec("one", ["sleep", "1000"]);
        if (root) await shim.tasks.call("Pause", { id: "box" });
        Deno.kill(shim.pid, "SIGKILL");
        await shim.tasks.client.closed;
        await spoil(`${shim.bundle.path}/options.json`);
        const { code, stdout, stderr } = await shim.bundle.delete(containerd);
        assertEquals([code, DeleteResponse.decode(stdout).pid], [0, pid]);
        assertMatch(stderr, /expected the options of a runtime in .*options.json/);
        await expectEnd(pid);
        await expectEnd(child);
        assertEquals(containersCgroups(containerd), []);
        const mounts = await Deno.readTextFile("/proc/self/mounts");
        assertEquals(mounts.includes(`${shim.bundle.path}/`), false);
        await shim.bundle.remove();
        // Where the runtime had its state nothing tells any more.
        if (root) await Deno.remove(`${containerd.folder}/${root}`, { recursive: true });
      },
    );
  }
}

testBetterThanGo("delete tries again where its runtime was killed", async (containerd) => {
  const shim = await DirectShim.run(containerd, "box");
  const { pid } = await shim.tasks.call("State", { id: "box" });
  // One that dies once.
  const runc = `${containerd.folder}/dying-runc`;
  const died = `${containerd.folder}/died`;
  await Deno.writeTextFile(
    runc,
    `#!/bin/sh\n[ -e ${died} ] || { : > ${died}; kill -9 $$; }\nexec runc "$@"\n`,
    { mode: 0o755 },
  );
  Deno.kill(shim.pid, "SIGKILL");
  await shim.tasks.client.closed;
  const options = JSON.stringify({ binary_name: runc, root: "", systemd_cgroup: false });
  await Deno.writeTextFile(`${shim.bundle.path}/options.json`, options);
  await cleanUp(containerd, shim.bundle);
  await Deno.remove(died);
  await Deno.remove(runc);
  await expectEnd(pid);
  assertEquals(containersCgroups(containerd), []);
  await shim.bundle.remove();
});

testBetterThanGo("delete lets a poststop hook find the root file system", async (containerd) => {
  const found = `${containerd.folder}/found`;
  const script = `sleep 0.3; [ -e rootfs/bin ] && : > ${found}`;
  const hooks = { poststop: [{ path: "/bin/sh", args: ["sh", "-c", script] }] };
  const shim = await DirectShim.run(containerd, "box", { hooks });
  Deno.kill(shim.pid, "SIGKILL");
  await shim.tasks.client.closed;
  await cleanUp(containerd, shim.bundle);
  await Deno.remove(found);
  await shim.bundle.remove();
});

for (const id of ["../other", "a/b", "..", "a".repeat(77)]) {
  testBetterThanGo(`a Create of "${id}" is refused, and leaves nothing`, async (containerd) => {
    const shim = await DirectShim.start(containerd, "box");
    const other = await Bundle.make(containerd, "other");
    const request = { ...await other.createRequest(containerd), id };
    const answer = shim.tasks.call("Create", request);
    assertMatch(await expectStatus(StatusCode.INVALID_ARGUMENT, answer), /expected an id/);
    for (const { path } of [shim.bundle, other]) {
      const names = [...Deno.readDirSync(path)].map(({ name }) => name);
      const expected = ["address", "config.json", "log", "rootfs", "snapshot"];
      assertEquals(names.filter((name) => !expected.includes(name)), []);
    }
    await other.remove();
    await shim.shutDown();
  });
}

testBetterThanGo("delete works in a folder that is removed", async (containerd) => {
  const { binary } = containerd.runtime;
  // The compiled form ends before anything of ours runs.
  if ((await Deno.readFile(binary))[0] !== "#".charCodeAt(0)) return;
  const folder = await Deno.makeTempDir();
  const shim = await DirectShim.run(containerd, "box");
  Deno.kill(shim.pid, "SIGKILL");
  await shim.tasks.client.closed;
  const args = shimArguments(containerd, "box", "-bundle", shim.bundle.path, "delete");
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", `rmdir "$PWD"; exec "$0" "$@"`, binary, ...args],
    cwd: folder,
  }).output();
  const text = new TextDecoder().decode(stderr);
  assertNotMatch(text, /backtrace|Failed|error: /);
  assertEquals([code, DeleteResponse.decode(stdout).exitStatus], [0, 137]);
  await shim.bundle.remove();
});

testBetterThanGo(
  "a bundle that can't be looked through is told of, and all that can be done is done",
  async (containerd) => {
    const file = `${containerd.folder}/no-folder`;
    await Deno.writeTextFile(file, "");
    const args = shimArguments(containerd, "box", "-bundle", file, "delete");
    const { code, stdout, stderr } = await callShim(containerd, containerd.folder, args);
    assertEquals([code, DeleteResponse.decode(stdout).exitStatus], [0, 137]);
    assertMatch(stderr, /can't read what runtime the container had: Not a directory/);
    await Deno.remove(file);
  },
);
