import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { parseHierarchies } from "../../../../runc/cgroup/hierarchy.ts";
import { pidsIn } from "../../../../runc/cgroup/processes.ts";
import { removeCgroups, unifiedMount } from "../../../harness/machine/cgroups.ts";
import { inPrivateMounts, runName } from "../../../harness/machine/private_mounts.ts";
import { runFixture } from "../../../harness/unit/fixture.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

Deno.test("cgroup: the pids in a cgroup and all below it", () =>
  withFolder(async (folder) => {
    const cgroups: Record<string, string> = { ".": "1\n20\n", a: "", "a/b": "300\n", c: "4000\n" };
    for (const [path, pids] of Object.entries(cgroups)) {
      await Deno.mkdir(join(folder, path), { recursive: true });
      await Deno.writeTextFile(join(folder, path, "cgroup.procs"), pids);
    }
    assertEquals(pidsIn(folder).toSorted((a, b) => a - b), [1, 20, 300, 4000]);
    assertEquals(pidsIn(join(folder, "a")), [300]);
    assertEquals(pidsIn(join(folder, "d")), []);
  }));

const unified = unifiedMount();

Deno.test(
  "cgroup: the processes with threads in cgroups of their own are told once",
  { ignore: unified === undefined },
  async () => {
    const cgroup = `${unified}/${runName()}-unit-${crypto.randomUUID()}`;
    const folders = [cgroup, `${cgroup}/threads`, `${cgroup}/threads/more`];
    for (const folder of folders) await Deno.mkdir(folder);
    for (const folder of folders.slice(1)) {
      await Deno.writeTextFile(`${folder}/cgroup.type`, "threaded");
    }
    const process = new Deno.Command("sleep", { args: ["1000"] }).spawn();
    try {
      await Deno.writeTextFile(`${cgroup}/cgroup.procs`, `${process.pid}`);
      await Deno.writeTextFile(`${cgroup}/threads/cgroup.threads`, `${process.pid}`);
      assertEquals(pidsIn(cgroup), [process.pid]);
    } finally {
      process.kill();
      await process.status;
      await removeCgroups(folders.reverse());
    }
  },
);

Deno.test("cgroup: one that is removed while the pids are looked for has none", () =>
  withFolder(async (folder) => {
    // As the kernel shows it then: a folder that has lost its files.
    await Deno.writeTextFile(join(folder, "cgroup.procs"), "1\n");
    await Deno.mkdir(join(folder, "removed"));
    assertEquals(pidsIn(folder), [1]);
  }));

/** The folder of a cgroup in every hierarchy in use. */
function foldersOf(cgroup: string): string[] {
  return parseHierarchies(Deno.readTextFileSync("/proc/self/mountinfo"))
    .map(({ mountPoint }) => join(mountPoint, cgroup));
}

const JOINING = import.meta.resolve("./fixtures/joining.ts");

Deno.test("cgroup: a process joins a cgroup in every hierarchy that has it", async () => {
  if (!inPrivateMounts()) throw new Error("expected private mounts: run `deno task test`");
  const cgroup = `/${runName()}-unit-${crypto.randomUUID()}`;
  // cpuset takes no process before it was given processors.
  const folders = foldersOf(cgroup).filter((each) => !each.includes("cpuset"));
  for (const each of folders) await Deno.mkdir(each);
  try {
    const { stdout, stderr } = await runFixture(JOINING, cgroup);
    assertEquals(stderr, "");
    assertEquals(stdout.split(`:${cgroup}\n`).length - 1, folders.length, stdout);
  } finally {
    await removeCgroups(folders);
  }
});

Deno.test("cgroup: to join one that does not exist is an error that tells where it was looked for", async () => {
  const { code, stderr } = await runFixture(JOINING, "/no/such/cgroup");
  assertEquals(code, 1);
  const paths = foldersOf("/no/such/cgroup").map((each) => `${each}/cgroup.procs`);
  const message =
    `the cgroup /no/such/cgroup for the shim does not exist: expected one of ${paths}`;
  assertEquals(stderr.includes(message), true, stderr);
});
