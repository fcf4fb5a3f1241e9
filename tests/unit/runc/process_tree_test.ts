import "../../harness/unit/opened_libc.ts";
import { assertEquals } from "@std/assert";
import { killTree, youngChildrenBeside } from "../../../runc/process_tree.ts";
import { eventually } from "../../harness/expect/eventually.ts";
import { childrenOf, descendantsOf, isAlive } from "../../harness/machine/processes.ts";

Deno.test("process tree: with a process all below it are killed, and nobody else", async () => {
  const spawn = (script: string) => new Deno.Command("sh", { args: ["-c", script] }).spawn();
  const tree = spawn("sleep 100 & sh -c 'sleep 100; true'; true");
  const other = spawn("sleep 100; true");
  const pids = await eventually("three below it", () => {
    const found = descendantsOf(tree.pid).map(({ pid }) => pid);
    return found.length === 3 ? found : undefined;
  });
  killTree(tree.pid);
  assertEquals((await tree.status).signal, "SIGKILL");
  await eventually("an end of them", () => !pids.some(isAlive) || undefined);
  const sleep = await eventually("the other's", () => childrenOf(other.pid)[0]);
  assertEquals([isAlive(other.pid), isAlive(sleep.pid)], [true, true]);
  killTree(other.pid);
  await other.status;
});

Deno.test("process tree: the young children beside a process are those in its mount namespace", async () => {
  const spawn = (...args: string[]) => new Deno.Command(args[0], { args: args.slice(1) }).spawn();
  const init = spawn("unshare", "--mount", "sleep", "100");
  const namespace = (pid: number) => Deno.readLinkSync(`/proc/${pid}/ns/mnt`);
  const own = namespace(Deno.pid);
  await eventually("a mount namespace", () => namespace(init.pid) !== own || undefined);
  const began = performance.now();
  const inside = spawn("nsenter", `--mount=/proc/${init.pid}/ns/mnt`, "sleep", "100");
  const outside = spawn("sleep", "100");
  await eventually("the same one", () => namespace(inside.pid) !== own || undefined);
  const young = youngChildrenBeside(init.pid, performance.now() - began);
  assertEquals(young, [inside.pid]);
  await eventually(
    "that they are older",
    () => youngChildrenBeside(init.pid, 0).length === 0 || undefined,
  );
  for (const child of [init, inside, outside]) {
    child.kill("SIGKILL");
    await child.status;
  }
  assertEquals(youngChildrenBeside(init.pid, 1e6), []);
});
