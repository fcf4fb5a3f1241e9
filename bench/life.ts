/**
 * `deno task bench [rounds]`: what the life of a container, and an exec, costs with the Go shim and with ours, side by side under
 * one private containerd. SHIM_BINARY names another file to measure as ours.
 */
import { PrivateContainerd } from "../tests/harness/containerd/private_containerd.ts";
import { enterPrivateMounts, inPrivateMounts } from "../tests/harness/machine/private_mounts.ts";
import { expectProgram } from "../tests/harness/machine/programs.ts";
import { fail } from "../tools/common/fail.ts";
import { runPrivately } from "../tools/common/private_run.ts";
import { prepare } from "../tools/test/prepare.ts";
import { measureByCtr } from "./by_ctr.ts";
import { measureByTtrpc } from "./by_ttrpc.ts";
import type { Competitor } from "./rounds.ts";

const rounds = Number(Deno.args[0] ?? 15);
if (!Number.isInteger(rounds) || rounds < 1) {
  fail(`expected a number of rounds from 1 on, got ${Deno.args[0]}`);
}
// Both shims are measured, whichever is under test.
Deno.env.delete("SHIM_RUNTIME");
if (!inPrivateMounts()) await prepare();
await enterPrivateMounts();

await runPrivately(async () => {
  const go = expectProgram("containerd-shim-runc-v2");
  const competitors: Competitor[] = [
    { column: "Go", name: "io.containerd.runc.v2", binary: go },
    { column: "ours", name: "io.containerd.ts.v2", binary: Deno.env.get("SHIM_BINARY")! },
  ];
  console.log(`\nMedians of ${rounds} rounds.\n`);
  {
    await using containerd = await PrivateContainerd.start(competitors);
    const byCtr = await measureByCtr(containerd, competitors, rounds);
    console.log(byCtr.table("by ctr, in ms"));
  }
  // Another one: a spare server of the first was for it, and not for who calls the shim without it.
  await using containerd = await PrivateContainerd.start(competitors);
  const { phases, memory } = await measureByTtrpc(containerd, competitors, rounds);
  console.log(`\n${phases.table("by ttrpc, without containerd, in ms")}`);
  console.log(`\n${memory.table("private memory, in MiB")}`);
});
