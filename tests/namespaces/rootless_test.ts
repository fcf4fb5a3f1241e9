/** containerd, shim and runc without power over the machine: run by a user who is not root, in namespaces made by rootlesskit. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  expectSuccess,
  PrivateContainerd,
  runtimeUnderTest,
} from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { cgroupMounts, removeCgroups } from "../harness/machine/cgroups.ts";
import { descendantsOf, isAlive } from "../harness/machine/processes.ts";
import { findRootlesskit, RootlessUser } from "../harness/machine/rootless_user.ts";
import { testsWith } from "../harness/suite/shared_daemon.ts";

/** Has a child from the moment on that it ends by SIGTERM, and by nothing else, with 4. */
const UNTIL_TERMINATED = [
  ...["sh", "-c"],
  "trap 'exit 4' TERM; sleep 1000 & while true; do wait; done",
];

const usualPath = Deno.env.get("PATH")!;
const noRootlesskit = await findRootlesskit();
if (noRootlesskit !== undefined) console.warn(`rootless can't be tested: ${noRootlesskit}`);

Deno.test.afterAll(() => Deno.env.set("PATH", usualPath));

const runtime = runtimeUnderTest();
const register = testsWith(async () =>
  PrivateContainerd.start([runtime], { user: await RootlessUser.make(runtime.binary) })
);

function test(name: string, body: (containerd: PrivateContainerd) => Promise<void>): void {
  register(name, body, noRootlesskit !== undefined);
}

/** A {@linkcode test} of what our shim does better than the Go shim: ignored with that one. */
const testBetterThanGo: typeof test = runtime.name === "io.containerd.runc.v2"
  ? (name) => Deno.test.ignore(name, () => {})
  : test;

test("a container of a user who is not root lives and ends as any other", async (containerd) => {
  await using _cgroups = await delegateCgroups(containerd);
  await using events = await containerd.recordEvents();
  assertEquals(await containerd.run(["--rm"], "hello", "echo", "hello"), {
    code: 0,
    stdout: "hello\n",
    stderr: "",
  });
  await containerd.runDetached("box", "sleep", "1000");
  const userNamespace = (pid: number | "self") => Deno.readLinkSync(`/proc/${pid}/ns/user`);
  const pid = await containerd.taskPid("box");
  assertEquals(userNamespace(pid), userNamespace(await containerd.shimPid("box")));
  assertEquals(userNamespace(pid) === userNamespace("self"), false);

  const exec = await containerd.exec("box", "sh", "-c", "echo out; echo err >&2; exit 3");
  assertEquals([exec.code, exec.stdout, exec.stderr], [3, "out\n", "err\n"]);
  expectSuccess(await containerd.ctr("task", "pause", "box"));
  assertEquals((await containerd.tasks()).get("box")!.status, "PAUSED");
  expectSuccess(await containerd.ctr("task", "resume", "box"));
  assertStringIncludes((await containerd.ctr("task", "metrics", "box")).stdout, "memory.usage");
  expectSuccess(await containerd.ctr("task", "kill", "-s", "KILL", "box"));
  assertEquals((await events.untilExit("box")).body.exit_status, 137);
  await containerd.remove("box");
});

test("a container without cgroups lives and ends as any other", async (containerd) => {
  await runWithoutCgroups(containerd, "box", UNTIL_TERMINATED);
  const init = await containerd.taskPid("box");
  await eventually("a child", () => descendantsOf(init).length === 1 || undefined);
  const exec = await containerd.exec("box", "sh", "-c", "echo out; echo err >&2; exit 3");
  assertEquals([exec.code, exec.stdout, exec.stderr], [3, "out\n", "err\n"]);
  await using events = await containerd.recordEvents();
  expectSuccess(await containerd.ctr("task", "kill", "-s", "TERM", "box"));
  assertEquals((await events.untilExit("box")).body.exit_status, 4);
  await containerd.remove("box");
});

testBetterThanGo(
  "without cgroups, what runs beside a container is not taken for its own",
  async (containerd) => {
    const [program, ...args] = [...containerd.user!.enter, "sleep", "1000"];
    const bystander = new Deno.Command(program, { args }).spawn();
    await runWithoutCgroups(containerd, "box", UNTIL_TERMINATED);
    await containerd.execDetached("box", "visitor", "sleep", "1000");
    const shim = await containerd.shimPid("box");
    const all = await eventually("init, its child, and the visitor", () => {
      const all = descendantsOf(shim);
      return all.length === 3 ? all.map(({ pid }) => pid).toSorted() : undefined;
    });
    const processes = async () => [...(await containerd.processes("box")).keys()].toSorted();
    assertEquals(await processes(), all);
    // Better none than those of all that there is.
    const metrics = await containerd.ctr("task", "metrics", "box");
    assertStringIncludes(metrics.stderr, "no metrics received");
    // containerd 1.7 ends a shim that it finds again without processes.
    await containerd.restart("SIGKILL");
    assertEquals(await processes(), all);

    await using events = await containerd.recordEvents();
    expectSuccess(await containerd.ctr("task", "kill", "--all", "-s", "TERM", "box"));
    assertEquals((await events.untilExit("box", "visitor")).body.exit_status, 128 + 15);
    assertEquals((await events.untilExit("box")).body.exit_status, 4);
    assertEquals(isAlive(bystander.pid), true);
    await containerd.remove("box");
    bystander.kill("SIGKILL");
    await bystander.status;
  },
);

testBetterThanGo(
  "without cgroups, execs end with an init in the host's PID namespace",
  async (containerd) => {
    await runWithoutCgroups(containerd, "box", ["sleep", "1000"], { hostPidNamespace: true });
    await containerd.execDetached("box", "visitor", "sh", "-c", "sleep 1000 & wait");
    const shim = await containerd.shimPid("box");
    await eventually("all three", () => descendantsOf(shim).length === 3 || undefined);
    await using events = await containerd.recordEvents();
    expectSuccess(await containerd.ctr("task", "kill", "-s", "KILL", "box"));
    assertEquals((await events.untilExit("box", "visitor")).body.exit_status, 137);
    assertEquals((await events.untilExit("box")).body.exit_status, 137);
    await eventually("an end of all", () => descendantsOf(shim).length === 0 || undefined);
    await containerd.remove("box");
  },
);

testBetterThanGo("nothing is left of a shim that was killed", async (containerd) => {
  await using events = await containerd.recordEvents();
  await runWithoutCgroups(containerd, "box", ["sleep", "1000"]);
  Deno.kill(await containerd.shimPid("box"), "SIGKILL");
  assertEquals((await events.untilExit("box")).body.exit_status, 137);
  expectSuccess(await containerd.ctr("containers", "rm", "box"));
  const run = `/proc/${containerd.user!.pid}/root/run/containerd`;
  for (const folder of ["s", `runc/${containerd.namespace}`]) {
    assertEquals([...Deno.readDirSync(`${run}/${folder}`)], []);
  }
});

/** `ctr run --detach`, where ctr itself would ask for a cgroup. */
async function runWithoutCgroups(
  containerd: PrivateContainerd,
  id: string,
  args: string[],
  { hostPidNamespace = false } = {},
): Promise<void> {
  const spec = JSON.parse(expectSuccess(await containerd.ctr("oci", "spec")).stdout);
  spec.root = { path: containerd.rootfs, readonly: true };
  Object.assign(spec.process, { args, env: ["PATH=/bin"] });
  delete spec.linux.cgroupsPath;
  // The root file system has no such folder.
  spec.mounts = spec.mounts.filter((mount: { destination: string }) =>
    mount.destination !== "/run"
  );
  if (hostPidNamespace) {
    spec.linux.namespaces = spec.linux.namespaces
      .filter(({ type }: { type: string }) => type !== "pid");
    // The kernel mounts a proc only for one's own PID namespace.
    const proc = { destination: "/proc", source: "/proc", type: "bind", options: ["rbind"] };
    spec.mounts = [proc, ...spec.mounts.slice(1)];
  }
  const file = `${containerd.folder}/${id}.json`;
  await Deno.writeTextFile(file, JSON.stringify(spec));
  const runtime = ["--runtime", containerd.runtime.name];
  expectSuccess(await containerd.ctr("run", "--detach", ...runtime, "--config", file, id));
  await Deno.remove(file);
}

/** Gives the user the cgroups of containerd's namespace, as systemd does with those of its sessions. */
async function delegateCgroups(
  { namespace, user }: PrivateContainerd,
): Promise<AsyncDisposable> {
  const folders = cgroupMounts().map((mount) => `${mount}/${namespace}`);
  for (const folder of folders) {
    await Deno.mkdir(folder);
    await user!.own(folder);
    for (const { name } of Deno.readDirSync(folder)) await user!.own(`${folder}/${name}`);
  }
  return {
    async [Symbol.asyncDispose]() {
      await removeCgroups(folders);
    },
  };
}
