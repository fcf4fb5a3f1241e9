import { fromFileUrl } from "@std/path";
import { importWasiImage, wasiImage } from "../../tests/examples/wasi_image.ts";
import {
  expectSuccess,
  PrivateContainerd,
  type Runtime,
} from "../../tests/harness/containerd/private_containerd.ts";
import { busyboxImage } from "../../tests/harness/machine/busybox.ts";
import { privateMemory } from "../../tests/harness/machine/processes.ts";
import { build } from "../../tools/build/build.ts";
import type { Bench, Family } from "../harness/bench.ts";
import type { Column, Row } from "../harness/results.ts";

/** What is run: with the Go shim a program of busybox, with ours a WASI module. */
interface Programs {
  readonly runtime: Runtime;
  readonly image: string;
  readonly hello: readonly string[];
  readonly idle: readonly string[];
}

const LIFE: Row = { name: "`ctr run --rm` of hello, as a WASI module", unit: "ms" };
const START: Row = { name: "`ctr task start` of it, until its end", unit: "ms" };
const PROCESS: Row = { name: "private memory of one that sleeps", unit: "MiB" };
const SHIM: Row = { name: "private memory of its server", unit: "MiB" };

/** A hello world under examples/wasi beside one under the Go shim and runc. */
export const wasi: Family = {
  name: "wasi",
  async measure(bench) {
    const binary = await build(fromFileUrl(new URL("../../examples/wasi", import.meta.url)));
    const programs: Record<Column, Programs> = {
      Go: {
        runtime: bench.stages[0].runtime,
        image: busyboxImage,
        hello: ["echo", "hello"],
        idle: ["sleep", "1000"],
      },
      ours: {
        runtime: { name: "io.containerd.ts-wasi.v1", binary },
        image: wasiImage,
        hello: ["hello.wasm"],
        idle: ["sleep.wasm"],
      },
    };
    await using containerd = await PrivateContainerd.start(
      Object.values(programs).map(({ runtime }) => runtime),
    );
    await importWasiImage(containerd);
    await measureWith(containerd, programs, bench);
  },
};

async function measureWith(
  containerd: PrivateContainerd,
  programs: Record<Column, Programs>,
  bench: Bench,
): Promise<void> {
  const ctr = async (...args: string[]) => void expectSuccess(await containerd.ctr(...args));
  await bench.inRounds(bench.rounds, async ({ column }, round) => {
    const { runtime: { name }, image, hello, idle } = programs[column];
    const { id } = round;
    const runtime = ["--runtime", name];
    await round.time(LIFE, () => ctr("run", "--rm", ...runtime, image, id, ...hello));
    await ctr("run", "--detach", ...runtime, image, id, ...idle);
    round.add(PROCESS, privateMemory(await containerd.taskPid(id)));
    round.add(SHIM, privateMemory(await containerd.shimPid(id)));
    await containerd.remove(id);
    await ctr("container", "create", ...runtime, image, id, ...hello);
    await round.time(START, () => ctr("task", "start", id));
    await ctr("container", "rm", id);
  });
}
