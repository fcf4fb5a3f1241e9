/**
 * `deno run -A bench/wasi.ts [rounds]`: a hello world as a WASI module under examples/wasi beside one of busybox under Go's shim and runc,
 * by ctr: the whole life; how long Create and Start take until the output; and what it takes of memory while it waits.
 */
import { fromFileUrl } from "@std/path";
import { importWasiImage, wasiImage } from "../tests/examples/wasi_image.ts";
import { busyboxImage } from "../tests/harness/machine/busybox.ts";
import {
  expectSuccess,
  PrivateContainerd,
} from "../tests/harness/containerd/private_containerd.ts";
import { enterPrivateMounts } from "../tests/harness/machine/private_mounts.ts";
import { build } from "../tools/build/build.ts";
import { runPrivately } from "../tools/common/private_run.ts";
import { expectProgram } from "../tests/harness/machine/programs.ts";
import { type Competitor, inRounds } from "./rounds.ts";

await enterPrivateMounts();
const rounds = Number(Deno.args[0] ?? 15);

/** What each competitor runs. */
const PROGRAMS: Record<string, { image: string; hello: string[]; idle: string[] }> = {
  runc: { image: busyboxImage, hello: ["echo", "hello"], idle: ["sleep", "1000"] },
  wasi: { image: wasiImage, hello: ["hello.wasm"], idle: ["sleep.wasm"] },
};

/** What a process has written to and shares with nobody (proc(5), smaps_rollup), in MiB. */
function privateMemory(pid: number): number {
  const rollup = Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`);
  return Number(rollup.match(/^Private_Dirty: +(\d+) kB$/m)![1]) / 1024;
}

await runPrivately(async () => {
  const go = expectProgram("containerd-shim-runc-v2");
  const binary = await build(fromFileUrl(new URL("../examples/wasi", import.meta.url)));
  const competitors: Competitor[] = [
    { column: "runc", name: "io.containerd.runc.v2", binary: go },
    { column: "wasi", name: "io.containerd.ts-wasi.v1", binary },
  ];
  const containerd = await PrivateContainerd.start(competitors);
  await importWasiImage(containerd);
  const measured = await inRounds(competitors, rounds, async ({ column, name }, id, measured) => {
    const { image, hello, idle } = PROGRAMS[column];
    const ctr = (...args: string[]) => containerd.ctr(...args).then(expectSuccess);
    const runtime = ["--runtime", name];
    await measured.time(
      "ctr run --rm hello, ms",
      column,
      () => ctr("run", "--rm", ...runtime, image, id, ...hello),
    );
    await ctr("run", "--detach", ...runtime, image, id, ...idle);
    const [pid, shim] = [await containerd.taskPid(id), await containerd.shimPid(id)];
    measured.add("memory of the process, MiB", column, privateMemory(pid));
    measured.add("memory of the shim, MiB", column, privateMemory(shim));
    await containerd.remove(id);
    await ctr("container", "create", ...runtime, image, id, ...hello);
    await measured.time("ctr task start of hello, ms", column, () => ctr("task", "start", id));
    await ctr("container", "rm", id);
  });
  console.log(measured.table(`medians of ${rounds} rounds`));
  await containerd[Symbol.asyncDispose]();
});
Deno.exit(0);
