import type { Runtime } from "../../tests/harness/containerd/private_containerd.ts";
import { hasSandboxes, type Pod, PrivateCri } from "../../tests/harness/containerd/private_cri.ts";
import { runName } from "../../tests/harness/machine/private_mounts.ts";
import { childrenOf, privateMemory } from "../../tests/harness/machine/processes.ts";
import type { Family, Round } from "../harness/bench.ts";
import { CountedCgroup } from "../harness/counted_cgroup.ts";
import type { Column, Row } from "../harness/results.ts";
import { untilQuiet } from "../harness/usage.ts";

const CONTAINERS = ["first", "second", "third"];
const COMMAND = ["sleep", "1000"];
/** What a server does when its pod is gone is done by then, in ms. */
const QUIET_MS = 1_500;

/** What is measured of a pod. */
interface Rows {
  readonly life: Row;
  readonly run: Row;
  readonly first: Row;
  readonly further: Row;
  readonly stop: Row;
  readonly remove: Row;
  readonly cpu: Row;
  readonly memory: Row;
  readonly processes: Row;
}

/** How pods are run, and where what is measured of them belongs: Go's is beside all of ours. */
interface Way {
  readonly column: Column;
  /** The handler of their RuntimeClass. */
  readonly handler: string;
  readonly rows: readonly Rows[];
  /** Whether `start` is to answer 2, as before containerd 2.0 (shim/bootstrap/answer_version.ts). */
  readonly answers2?: boolean;
}

const WITH_PAUSE = rowsOf("", 1.1);
const WITH_PAUSE_ALONE = rowsOf(", without the spare");
const ANSWER_2 = rowsOf(", where `start` answers 2");
const WITHOUT_PAUSE = rowsOf(" without a pause container", 0.75, 1);
const WITHOUT_PAUSE_ALONE = rowsOf(" without a pause container, without the spare");

/**
 * Whole pods of three containers, by CRI, from RunPodSandbox to RemovePodSandbox; the containers are killed by StopPodSandbox. The
 * processor time is that of all processes: containerd's, those of CNI, the shims, the runtime, the containers.
 *
 * Without a pause container only ours can, and only with containerd 2.3 or later. Before that `start` may answer 2 or 3, by which
 * containerd calls it and `delete` for each container or for the first alone.
 */
export const pods: Family = {
  name: "pods",
  containerd: "2.1",
  async measure(bench) {
    const [go, ours] = bench.stages.map(({ runtime }) => runtime);
    await using alone = await withoutSpare(ours.binary);
    const sandboxers = hasSandboxes();
    const name = `${runName()}-${crypto.randomUUID().slice(0, 8)}`;
    const cgroup = new CountedCgroup(name);
    await using cri = await PrivateCri.start({
      logLevel: "info",
      cgroup: `/${name}`,
      enter: cgroup.enter,
      handlers: {
        go: { runtime: go },
        alone: { runtime: alone },
        ...(sandboxers && { "sandboxed-alone": { runtime: alone, isSandboxer: true } }),
      },
    });
    const ways: Way[] = [
      { column: "ours", handler: "ts", rows: [WITH_PAUSE] },
      { column: "ours", handler: "alone", rows: [WITH_PAUSE_ALONE] },
      ...(!sandboxers
        ? [{ column: "ours", handler: "ts", rows: [ANSWER_2], answers2: true }] as const
        : [
          { column: "ours", handler: "sandboxed", rows: [WITHOUT_PAUSE] },
          { column: "ours", handler: "sandboxed-alone", rows: [WITHOUT_PAUSE_ALONE] },
        ] as const),
    ];
    for (const row of ways.flatMap(({ rows }) => rows).flatMap(Object.values)) {
      bench.results.place(row);
    }
    const all: Way[] = [
      { column: "Go", handler: "go", rows: ways.flatMap(({ rows }) => rows) },
      ...ways,
    ];
    await bench.inTurn(bench.rounds, all, (way, round) => measureLife(cri, cgroup, way, round));
    await bench.inTurn(
      Math.ceil(bench.rounds / 5),
      all,
      (way, round) => measureIdle(cri, way, round),
    );
  },
};

async function measureLife(
  cri: PrivateCri,
  cgroup: CountedCgroup,
  { handler, rows, answers2 = false }: Way,
  round: Round,
): Promise<void> {
  // A folder of containerd 1.7's.
  const older = `${cri.folder}/state/io.containerd.runtime.v1.linux`;
  if (answers2) await Deno.mkdir(older);
  let began = performance.now();
  const lap = () => {
    const last = began;
    began = performance.now();
    return began - last;
  };
  const used = cgroup.processorTime();
  const pod = await cri.runPod(handler);
  const run = lap();
  const [first, ...others] = CONTAINERS;
  await cri.run(pod, first, COMMAND);
  const create = lap();
  for (const name of others) await cri.run(pod, name, COMMAND);
  const further = lap();
  await cri.stop(pod);
  const stop = lap();
  await cri.removeStopped(pod);
  const remove = lap();
  if (answers2) await Deno.remove(older);
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  const cpu = cgroup.processorTime() - used;
  for (const row of rows) {
    round.add(row.life, run + create + further + stop + remove);
    round.add(row.run, run);
    round.add(row.first, create);
    round.add(row.further, further / others.length);
    round.add(row.stop, stop);
    round.add(row.remove, remove);
    round.add(row.cpu, cpu);
  }
}

/** What there is of a pod beside its containers. */
async function measureIdle(cri: PrivateCri, { handler, rows }: Way, round: Round): Promise<void> {
  const pod = await cri.runPod(handler);
  for (const name of CONTAINERS) await cri.run(pod, name, COMMAND);
  await untilQuiet();
  const processes = processesOf(cri, pod);
  for (const { memory, processes: count } of rows) {
    round.add(memory, processes.map(privateMemory).reduce((sum, each) => sum + each));
    round.add(count, processes.length);
  }
  await cri.remove(pod);
}

/** The shim, and its children but the containers. */
function processesOf(cri: PrivateCri, { podSandboxId }: Pod): number[] {
  const shim = cri.shims().find(({ command }) => command.includes(podSandboxId))!;
  const others = childrenOf(shim.pid).filter(({ command }) =>
    command.join(" ") !== COMMAND.join(" ")
  );
  return [shim, ...others].map(({ pid }) => pid);
}

/** Our shim as if the spare was switched off, under a name of its own. */
async function withoutSpare(binary: string): Promise<Runtime & AsyncDisposable> {
  const program = await Deno.makeTempFile({ prefix: "without-spare-" });
  await Deno.writeTextFile(program, `#!/bin/sh\nSHIM_SPARE=off exec ${binary} "$@"\n`);
  await Deno.chmod(program, 0o755);
  return {
    name: "io.containerd.alone.v2",
    binary: program,
    [Symbol.asyncDispose]: () => Deno.remove(program),
  };
}

/** @param suffix Which pods. */
function rowsOf(suffix: string, ratioAtMost?: number, processesAtMost?: number): Rows {
  const time = (name: string): Row => ({ name: `${name}${suffix}`, unit: "ms" });
  const pod = `pod of ${CONTAINERS.length} containers`;
  return {
    life: { ...time(pod), goal: ratioAtMost === undefined ? undefined : { ratioAtMost } },
    run: time("- RunPodSandbox"),
    first: time("- CreateContainer and StartContainer, the first"),
    further: time("- CreateContainer and StartContainer, a further one"),
    stop: time("- StopPodSandbox"),
    remove: time("- RemovePodSandbox"),
    cpu: { name: `CPU of a ${pod}${suffix}, all processes`, unit: "ms" },
    memory: { name: `private memory of an idle pod${suffix}, but its containers`, unit: "MiB" },
    processes: {
      name: `processes of a pod${suffix}, but its containers`,
      unit: "",
      goal: processesAtMost === undefined ? undefined : { valueAtMost: processesAtMost },
    },
  };
}
