/** What the commands tell of cgroups, of whichever version: `deno task test:cgroup2` runs these where there is v2 alone. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { expectSuccess } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { cgroupMounts, isFrozen } from "../harness/machine/cgroups.ts";
import { age, exists } from "../harness/machine/files.ts";
import { findProcess } from "../harness/machine/processes.ts";
import { sh } from "../harness/machine/shell.ts";
import { findings, type Json, jsonOf } from "../harness/shim/commands.ts";
import { Bundle } from "../harness/shim/direct_shim.ts";
import { GO_SHIM } from "../harness/shim/go_shim.ts";
import { test } from "../harness/suite/both_shims.ts";

const MEMORY = 64 << 20;

test("stats and inspect tell what is used and what may be, of both shims", async (containerd) => {
  const { address } = containerd;
  for (const [id, ...flags] of [["ours"], ["theirs", "--runtime", GO_SHIM.name]]) {
    const limit = ["--memory-limit", `${MEMORY}`];
    const args = ["--detach", ...limit, ...flags];
    expectSuccess(await containerd.run(args, id, "sh", "-c", "sleep 1000 & wait"));
  }
  const containers = await eventually("two processes of each", async () => {
    const { containers } = await jsonOf("stats", "--once", "--address", address);
    return containers.every(({ pids }: Json) => pids === 2) ? containers : undefined;
  });
  assertEquals(containers.map(({ id }: Json) => id), ["ours", "theirs"]);
  for (const { id, ...usage } of containers) {
    assertEquals([usage.pids, usage.pidsLimit, usage.memoryLimitBytes], [2, null, MEMORY], id);
    assert(usage.memoryBytes > 0 && usage.memoryBytes < MEMORY, `${usage.memoryBytes}`);
    assert(usage.cpuNanoseconds > 0 && usage.cpuPercent < 50, `${usage.cpuPercent}`);
    const inspected = await jsonOf("inspect", id, "--address", address);
    assertEquals(inspected.usage.memoryLimitBytes, MEMORY);
    assertEquals(inspected.usage.pids, 2);
  }
  await containerd.remove("ours", "theirs");
});

test("a container that is frozen is told from a paused one, and the command mends it", async (containerd) => {
  const { address, namespace } = containerd;
  const initIn = async (id: string) => {
    const { children: [shim] } = await jsonOf("tree", id, "--address", address);
    return shim.children.find(({ role }: Json) => role === "init");
  };
  for (const id of ["frozen", "paused"]) await containerd.runDetached(id, "sleep", "1000");
  assertEquals((await initIn("paused")).cgroup, `/${namespace}/paused`);
  await containerd.ctr("task", "pause", "paused");
  assertEquals((await initIn("paused")).waitsFor, "is frozen");
  assertEquals(await findings([`${namespace}/`]), []);
  await sh(`runc --root /run/containerd/runc/${namespace} pause frozen`);
  const [found, ...rest] = await findings([`${namespace}/`], "--fix");
  assertEquals([found.kind, found.certainty, found.isFixed, rest], [
    "frozen-container",
    "certain",
    false,
    [],
  ]);
  assertMatch(found.what, /\/frozen is frozen \(\/sys\/.*\), and its shim says running/);
  await sh(found.mend);
  assertEquals(await findings([`${namespace}/`]), []);
  assert((await initIn("frozen")).waitsFor !== "is frozen");
  await containerd.ctr("task", "resume", "paused");
  await containerd.remove("frozen", "paused");
});

test("a cgroup that is frozen, and whose container nobody knows", async (containerd) => {
  const bundle = await Bundle.make(containerd, "frozen");
  await sh(`cp -r ${containerd.rootfs}/. ${bundle.path}/rootfs`);
  const root = `${containerd.folder}/runc`;
  const runc = `runc --root ${root}`;
  await sh(`cd ${bundle.path} && ${runc} run -d frozen </dev/null >/dev/null 2>&1`);
  const { init_process_pid: pid } = JSON.parse(
    await Deno.readTextFile(`${root}/frozen/state.json`),
  );
  const path = `/${containerd.namespace}/frozen`;
  const folders = cgroupMounts().map((mount) => `${mount}${path}`).filter(exists);
  age(...folders);
  // Its processes run: somebody's work.
  assertEquals(await findings([path]), []);
  await sh(`${runc} pause frozen && rm -r ${root}`);
  age(...folders);
  const [found, ...rest] = await findings([path], "--fix");
  assertEquals([found.kind, found.certainty, found.isFixed, rest], [
    "frozen-cgroup",
    "certain",
    false,
    [],
  ]);
  assertMatch(
    found.what,
    / is frozen with processes in it \(\d+\), and nobody knows its container frozen$/,
  );
  assert(isFrozen(pid));
  await sh(found.mend);
  assert(!isFrozen(pid));
  assertEquals(await findings([path]), []);
  Deno.kill(pid, "SIGKILL");
  await eventually("an end", () => findProcess(pid) === undefined || undefined);
  assertEquals((await findings([path], "--fix")).map(({ kind, isFixed }) => [kind, isFixed]), [
    ["leftover-cgroup", true],
  ]);
  await bundle.remove();
});
