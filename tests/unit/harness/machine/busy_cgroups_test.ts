import { assertEquals } from "@std/assert";
import { cgroupFolders, makeCgroup, removeCgroups } from "../../../harness/machine/cgroups.ts";
import { runName } from "../../../harness/machine/private_mounts.ts";

Deno.test("cgroups: one is removed as soon as its last process has ended", async () => {
  const name = `${runName()}-unit-${crypto.randomUUID()}`;
  const folders = await makeCgroup(`/${name}`);
  const process = new Deno.Command("sleep", { args: ["1000"] }).spawn();
  for (const folder of folders) Deno.writeTextFileSync(`${folder}/cgroup.procs`, `${process.pid}`);
  const removed = removeCgroups(folders);
  process.kill("SIGKILL");
  await Promise.all([removed, process.status]);
  assertEquals(cgroupFolders(name), []);
});
