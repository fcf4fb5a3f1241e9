import "../../../harness/unit/opened_libc.ts";
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { lockFile, removeAbandonedLocks } from "../../../../shim/bootstrap/lock_file.ts";
import { SystemError } from "../../../../shim/libc/mod.ts";
import { within } from "../../../harness/expect/within.ts";
import { expectNoNewDescriptors } from "../../../harness/unit/descriptors.ts";
import { fixtureAnswer } from "../../../harness/unit/fixture.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

function test(name: string, run: (folder: string) => Promise<void>): void {
  Deno.test({
    name: `lock file: ${name}`,
    fn: () => withFolder((folder) => within(60, "the lock", run(folder))),
    sanitizeOps: true,
    sanitizeResources: true,
  });
}

test("ten lockers in each of three processes exclude each other, and leave no file", async (folder) => {
  await Deno.writeTextFile(join(folder, "count"), "0");
  const program = import.meta.resolve("./fixtures/locked_counter.ts");
  await Promise.all([1, 2, 3].map(() => fixtureAnswer(program, folder)));
  assertEquals(await Deno.readTextFile(join(folder, "count")), "30");
  await assertRejects(() => Deno.stat(join(folder, "lock")), Deno.errors.NotFound);
});

test("who waits gets it when the holder lets go", async (folder) => {
  const path = join(folder, "lock");
  const order: string[] = [];
  const first = await lockFile(path);
  const second = lockFile(path).then((lock) => {
    order.push("taken");
    lock[Symbol.dispose]();
  });
  // Another lock is not in the way, and by then the second one waits.
  (await lockFile(join(folder, "other")))[Symbol.dispose]();
  order.push("let go");
  first[Symbol.dispose]();
  await second;
  assertEquals(order, ["let go", "taken"]);
});

test("a file that a killed process left behind is no lock", async (folder) => {
  const path = join(folder, "lock");
  await Deno.writeTextFile(path, "");
  (await lockFile(path))[Symbol.dispose]();
  await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
});

test("a lock in a folder that is not there is an error", async (folder) => {
  const error = await assertRejects(() => lockFile(join(folder, "no", "lock")), SystemError);
  assertEquals(error.message, `open ${join(folder, "no", "lock")}: no such file or directory`);
});

test("abandoned files are removed, and neither held ones nor others", async (folder) => {
  const [abandoned, held] = ["a", "b"].map((digit) => join(folder, `${digit.repeat(64)}.lock`));
  const others = ["a".repeat(64), "other.lock"].map((name) => join(folder, name));
  for (const path of [abandoned, ...others]) await Deno.writeTextFile(path, "");
  using _lock = await lockFile(held);
  removeAbandonedLocks(folder);
  const left = [...Deno.readDirSync(folder)].map(({ name }) => join(folder, name));
  assertEquals(left.toSorted(), [held, ...others].toSorted());
});

test("a lock whose folder is gone is let go of", async (folder) => {
  const inner = join(folder, "inner");
  await Deno.mkdir(inner);
  await expectNoNewDescriptors(async () => {
    using _lock = await lockFile(join(inner, "lock"));
    await Deno.remove(inner, { recursive: true });
    await Deno.writeTextFile(inner, "no folder");
  });
});
