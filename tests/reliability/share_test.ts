/** Servers that containers share: SHIM_SHARE=N in containerd's environment. */
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { firstDoor, toSocketPath } from "../../shim/bootstrap/first_door.ts";
import { exists } from "../../shim/common/files.ts";
import { expectSuccess, type PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { runcOptions } from "../harness/containerd/runtime_options.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { makeCgroup, removeCgroups } from "../harness/machine/cgroups.ts";
import { allProcesses, descriptorsOf, findProcess, isAlive } from "../harness/machine/processes.ts";
import { Bundle, DirectShim, type Host, startShim } from "../harness/shim/direct_shim.ts";
import { TaskClient } from "../harness/shim/task_client.ts";
import { environment, shutDownAll, test } from "./sharing.ts";

/** Runs containers, one after the other; the pids of their servers. */
async function runAll(containerd: PrivateContainerd, ...ids: string[]): Promise<number[]> {
  const pids = [];
  for (const id of ids) {
    await containerd.runDetached(id, "sleep", "1000");
    pids.push(await containerd.shimPid(id));
  }
  return pids;
}

async function whenGone(pid: number): Promise<void> {
  await eventually(`an end of ${pid}`, () => !isAlive(pid) || undefined);
}

/** Whether the bundle's log is where a process's standard error leads to. */
function errorsOf(pid: number): string {
  return Deno.readLinkSync(`/proc/${pid}/fd/2`);
}

test("as many containers as may share a server, and a free place is taken again", async (containerd) => {
  const [a, b, c, d] = await runAll(containerd, "a", "b", "c", "d");
  assertEquals([b, c], [a, a]);
  assertNotEquals(d, a);
  await containerd.remove("b");
  const pids = await runAll(containerd, "e", "f", "g");
  assertEquals(new Set([a, d]), new Set(pids));
  for (const id of ["a", "c", "d", "e", "f", "g"]) {
    assertEquals((await containerd.exec(id, "echo", id)).stdout, `${id}\n`);
  }
  await containerd.remove("a", "c", "e", "f", "g");
  assertEquals((await containerd.exec("d", "echo", "here")).stdout, "here\n");
  await containerd.remove("d");
  await whenGone(a);
  await whenGone(d);
});

test("starts at the same time have as few servers as can be", async (containerd) => {
  const ids = ["a", "b", "c", "d", "e", "f"];
  await Promise.all(ids.map((id) => containerd.runDetached(id, "sleep", "1000")));
  const pids = await Promise.all(ids.map((id) => containerd.shimPid(id)));
  assertEquals(new Set(pids).size, 2, `${pids}`);
  await Promise.all(ids.map((id) => containerd.remove(id)));
});

test("status, output and input are each container's own", async (containerd) => {
  await runAll(containerd, "first");
  const lives = [1, 2].map((code) =>
    containerd.run(
      ["--rm"],
      `life-${code}`,
      "sh",
      "-c",
      `echo ${code}; echo e${code} >&2; exit ${code}`,
    )
  );
  assertEquals(
    await Promise.all(lives),
    [1, 2].map((code) => (
      { code, stdout: `${code}\n`, stderr: `e${code}\n` }
    )),
  );
  await containerd.remove("first");
});

test("each has a log of its own, and the server's goes on where one is", async (containerd) => {
  const [pid] = await runAll(containerd, "a", "b", "c");
  assertEquals(errorsOf(pid), `${containerd.bundle("a")}/log`);
  const from = containerd.log.length;
  Deno.kill(pid, "SIGUSR1");
  for (const id of ["a", "b", "c"]) {
    await containerd.untilLogged(
      new RegExp(`state of a process.* id=${id} .*container=${id}`),
      from,
    );
  }
  await containerd.remove("a");
  // containerd has its answer before the end of a's shim.
  const named = ["-namespace", containerd.namespace, "-id", "b"].join();
  await eventually("the server to have b's log and name", () => {
    const has = errorsOf(pid) === `${containerd.bundle("b")}/log` &&
      findProcess(pid)!.command.slice(1, 5).join() === named;
    return has || undefined;
  });
  Deno.kill(pid, "SIGUSR2");
  await containerd.untilLogged(/ignored a signal.* id=b /, from);
  await containerd.remove("b", "c");
});

/** Kills a server, and expects that nothing is left of its containers. */
async function killServer(containerd: PrivateContainerd, ...ids: string[]): Promise<void> {
  const [pid] = await runAll(containerd, ...ids);
  const inits = await Promise.all(ids.map((id) => containerd.taskPid(id)));
  // There are doors as long as it has room.
  const door = firstDoor("containerd-shim-ts-v2", containerd.address);
  const hasDoors = ids.length < 3;
  await eventually("its first door", () => exists(door) === hasDoors || undefined);
  Deno.kill(pid, "SIGKILL");
  for (const init of inits) await whenGone(init);
  for (const id of ids) {
    await eventually(
      `an end of ${id}`,
      async () =>
        (await containerd.ctr("task", "ls")).stdout.match(new RegExp(`^${id} .*RUNNING`, "m")) ===
          null ||
        undefined,
    );
    await containerd.ctr("task", "rm", "--force", id);
    expectSuccess(await containerd.ctr("container", "rm", id));
  }
  await eventually("no door", () => doors().length === 0 || undefined);
  await eventually("an end of its first door", () => !exists(door) || undefined);
  for (const id of ids) {
    await eventually("no bundle", () => !exists(containerd.bundle(id)) || undefined);
  }
  const [next] = await runAll(containerd, "a");
  assertNotEquals(next, pid);
  await containerd.remove("a");
}

test("a server that is killed ends its containers, and nothing is left of any", async (containerd) => {
  await killServer(containerd, "a", "b", "c");
  await killServer(containerd, "a", "b");
});

test("containerd may be restarted, and further containers join", async (containerd) => {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    const [pid] = await runAll(containerd, "a", "b");
    await containerd.stop(signal);
    await containerd.boot();
    assertEquals((await containerd.exec("b", "echo", "here")).stdout, "here\n");
    assertEquals(await runAll(containerd, "c"), [pid]);
    await containerd.remove("a", "b", "c");
    await whenGone(pid);
  }
});

test("the action delete of one container touches no other", async (containerd) => {
  const one = await DirectShim.run(containerd, "one");
  const two = await DirectShim.run(containerd, "two");
  assertEquals(one.pid, two.pid);
  assertNotEquals(one.address, two.address);
  assertEquals((await one.bundle.delete(containerd)).code, 0);
  await eventually("an end of its socket", () => !exists(toSocketPath(one.address)) || undefined);
  assertEquals((await two.tasks.call("State", { id: "two" })).status, 2);
  assert(isAlive(two.pid));
  await two.end();
  await one.bundle.remove();
});

test("a container that was started for, and not created, keeps no place for ever", async (containerd) => {
  const pids = [];
  const shims: DirectShim[] = [];
  for (const id of ["a", "b", "c"]) {
    shims.push(await DirectShim.start(containerd, id));
    pids.push(shims.at(-1)!.pid);
  }
  assertEquals(new Set(pids).size, 1);
  // Its bundle is gone, and nobody has ever called it.
  shims[1].tasks.client.close();
  await shims[1].bundle.remove();
  await eventually(
    "an end of its socket",
    () => !exists(toSocketPath(shims[1].address)) || undefined,
  );
  const next = await DirectShim.start(containerd, "d");
  assertEquals(next.pid, pids[0]);
  await shutDownAll(shims[0], shims[2], next);
});

test("a server that hangs keeps nobody from starting containers, and is not asked twice", async (containerd) => {
  const [hung] = await runAll(containerd, "a");
  const [door] = doors();
  Deno.kill(hung, "SIGSTOP");
  try {
    const [b] = await runAll(containerd, "b");
    assertNotEquals(b, hung);
    assertEquals(doors().length, 1);
    assertNotEquals(doors(), [door]);
    assertEquals(await runAll(containerd, "c", "d"), [b, b]);
  } finally {
    Deno.kill(hung, "SIGCONT");
  }
  // It has a door again as soon as there is something new to it.
  await runAll(containerd, "e");
  await containerd.remove("a", "b", "c", "d", "e");
});

/** The paths of all doors. */
function doors(): string[] {
  const sockets = "/run/containerd/s";
  return [...Deno.readDirSync(sockets)].filter(({ name }) => name.endsWith(".shared"))
    .flatMap(({ name }) =>
      [...Deno.readDirSync(`${sockets}/${name}`)].map((door) => `${name}/${door.name}`)
    );
}

test("the server becomes the spare when all are gone, and is shared again", async (containerd) => {
  const [pid] = await runAll(containerd, "a", "b");
  await containerd.remove("a", "b");
  await eventually("a spare", () => findProcess(pid)?.command.includes("spare") || undefined);
  assertEquals(await runAll(containerd, "c", "d", "e"), [pid, pid, pid]);
  await containerd.remove("c", "d", "e");
  await containerd.stop();
  await whenGone(pid);
  await containerd.boot();
}, { SHIM_SPARE: "on" });

test("SIGTERM ends it when no process of any container runs", async (containerd) => {
  const [pid] = await runAll(containerd, "a", "b");
  Deno.kill(pid, "SIGTERM");
  await containerd.remove("a");
  assert(isAlive(pid));
  await containerd.remove("b");
  await whenGone(pid);

  const unused = await startOnly(containerd, "unused");
  unused.tasks.client.close();
  Deno.kill(unused.own!, "SIGTERM");
  await whenGone(unused.own!);
  await eventually("no door", () => doors().length === 0 || undefined);
  await unused.bundle.remove();
});

// What must not share a server.

test("a pod has a server of its own", async (containerd) => {
  const [shared] = await runAll(containerd, "a");
  const flags = ["--detach", "--annotation", "io.kubernetes.cri.sandbox-id=pod"];
  for (const id of ["pod", "second"]) {
    expectSuccess(await containerd.run(flags, id, "sleep", "1000"));
  }
  const pod = await containerd.shimPid("pod");
  assertEquals(await containerd.shimPid("second"), pod);
  assertNotEquals(pod, shared);
  assertEquals(await runAll(containerd, "b"), [shared]);
  await containerd.remove("a", "b", "pod", "second");
});

/** What `start` is given, beside what containerd gives it. */
interface Given {
  readonly host?: Partial<Host>;
  readonly options?: Parameters<typeof startShim>[2];
  readonly variables?: Readonly<Record<string, string>>;
}

/** Starts a shim for a container that is never created; it is ended by {@linkcode shutDownAll}. */
async function startOnly(containerd: PrivateContainerd, id: string, given: Given = {}) {
  const { folder, address, namespace, rootfs, runtime } = containerd;
  const host = { ...{ folder, address, namespace, rootfs, runtime }, ...given.host };
  const bundle = await Bundle.make(host, id);
  using _set = environment(given.variables ?? {});
  const socket = await startShim(host, bundle, given.options);
  const path = toSocketPath(socket);
  const own = allProcesses().find(({ command }) => command.includes(path));
  return { id, bundle, tasks: await TaskClient.connect(socket), own: own?.pid };
}

/** Expects a shim with something of its own to have a server of its own, and shims without it, before and after, to share one. */
async function expectOwn(containerd: PrivateContainerd, given: Given): Promise<void> {
  const first = await startOnly(containerd, "first");
  const other = await startOnly(containerd, "other", given);
  const second = await startOnly(containerd, "second");
  assert(isAlive(first.own!));
  assert(isAlive(other.own!));
  assertEquals(second.own, undefined);
  await shutDownAll(first, second);
  await whenGone(first.own!);
  await shutDownAll(other);
  await whenGone(other.own!);
}

test("another namespace of containerd has another server", async (containerd) => {
  await expectOwn(containerd, { host: { namespace: `${containerd.namespace}-other` } });
});

test("another containerd has another server", async (containerd) => {
  await expectOwn(containerd, { host: { address: `${containerd.address}-other` } });
});

test("another environment has another server", async (containerd) => {
  await expectOwn(containerd, { variables: { SHARE_TEST: "other" } });
});

const OTHERS = {
  "a network namespace": "unshare --net",
  "a mount namespace": "unshare --mount",
  "a user namespace": "unshare --user --map-root-user",
  "limits": "prlimit --core=4096:",
  "a nice value": "nice -n 3",
  "an IO priority": "ionice -c 2 -n 6",
  "processors": "taskset --cpu-list 0",
};

for (const [what, command] of Object.entries(OTHERS)) {
  test(`who starts with ${what} of its own has a server of its own`, async (containerd) => {
    const { name, binary } = containerd.runtime;
    const wrapper = `${containerd.folder}/wrapper`;
    await Deno.writeTextFile(wrapper, `#!/bin/sh\nexec ${command} ${binary} "$@"\n`, {
      mode: 0o755,
    });
    await expectOwn(containerd, { host: { runtime: { name, binary: wrapper } } });
    await Deno.remove(wrapper);
  });
}

test("a start that can't give its answer leaves nothing in the server that it has joined", async (containerd) => {
  const first = await startOnly(containerd, "first");
  const server = first.own!;
  const { name, binary } = containerd.runtime;
  const wrapper = `${containerd.folder}/wrapper`;
  await Deno.writeTextFile(wrapper, `#!/bin/sh\nexec ${binary} "$@" >/dev/full\n`, { mode: 0o755 });
  for (const id of ["a", "b", "c"]) {
    const start = startOnly(containerd, id, { host: { runtime: { name, binary: wrapper } } });
    await assertRejects(() => start, Error, "No space left");
    const { folder } = containerd;
    const socket = toSocketPath(await Deno.readTextFile(`${folder}/${id}/address`));
    await eventually("an end of its socket and its log", () => {
      const isListenedOn = Deno.readTextFileSync("/proc/net/unix").includes(socket);
      const isLogged = descriptorsOf(server).includes(`${folder}/${id}/log`);
      return !isListenedOn && !isLogged || undefined;
    });
  }
  const joined = [await startOnly(containerd, "joined"), await startOnly(containerd, "too")];
  assertEquals(joined.map(({ own }) => own), [undefined, undefined]);
  await shutDownAll(first, ...joined);
  await whenGone(server);
  for (const id of ["a", "b", "c"]) {
    await Deno.remove(`${containerd.folder}/${id}`, { recursive: true });
  }
  await Deno.remove(wrapper);
});

test("those with the same options share a server, others have another one", async (containerd) => {
  const options = runcOptions({ noNewKeyring: true });
  await expectOwn(containerd, { options });
  const [one, two] = [
    await startOnly(containerd, "one", { options }),
    await startOnly(containerd, "two", { options }),
  ];
  assertEquals(two.own, undefined);
  await shutDownAll(one, two);
  await whenGone(one.own!);
});

test("a server in a cgroup of its own is shared by nobody", async (containerd) => {
  const path = `/${containerd.namespace}/shims`;
  const folders = await makeCgroup(path);
  const options = runcOptions({ shimCgroup: path });
  const shims = [];
  for (const id of ["one", "two"]) shims.push(await startOnly(containerd, id, { options }));
  const pids = shims.map(({ own }) => own!);
  assertEquals(new Set(pids).size, 2);
  await shutDownAll(...shims);
  for (const pid of pids) await eventually("an end", () => !findProcess(pid) || undefined);
  await removeCgroups(folders);
  await Deno.remove(folders[0].replace(/\/shims$/, "")).catch(() => {});
});

test("after an upgrade of the executable nobody joins an old server", async (containerd) => {
  const [old] = await runAll(containerd, "a");
  const link = `${containerd.folder}/bin/containerd-shim-ts-v2`;
  const upgraded = `${containerd.folder}/upgraded`;
  await Deno.copyFile(await Deno.realPath(link), upgraded);
  await Deno.remove(link);
  await Deno.symlink(upgraded, link);
  const [b, c] = await runAll(containerd, "b", "c");
  assertNotEquals(b, old);
  assertEquals(c, b);
  assertEquals((await containerd.exec("a", "echo", "here")).stdout, "here\n");
  await containerd.remove("a", "b", "c");
});
