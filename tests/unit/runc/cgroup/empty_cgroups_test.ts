import { assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import { removeEmptyCgroups } from "../../../../runc/cgroup/empty_cgroups.ts";
import { cgroupMounts } from "../../../harness/machine/cgroups.ts";
import { runName } from "../../../harness/machine/private_mounts.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

/** Of all cgroups here, as nobody else has one; a slice has dashes between its parts. */
const NAME = runName().replace("-", "");

/** The paths of those of ours that there are in a hierarchy. */
function cgroups(root: string, path = ""): string[] {
  const names = [...Deno.readDirSync(join(root, path))]
    .filter(({ name, isDirectory }) => isDirectory && (path !== "" || name.startsWith(NAME)))
    .map(({ name }) => `${path}/${name}`);
  return names.toSorted().flatMap((name) => [name, ...cgroups(root, name)]);
}

interface Fixture {
  /** Makes cgroups in every hierarchy. */
  make(...paths: string[]): void;
  /** Makes a bundle. */
  bundle(id: string, cgroupsPath?: string): Promise<string>;
  /** Moves a process to a cgroup. */
  fill(path: string, pid: number): void;
  /** What there is, in each hierarchy alike. */
  left(): string[];
}

function test(name: string, run: (fixture: Fixture) => Promise<void>): void {
  Deno.test(`empty cgroups: ${name}`, () =>
    withFolder(async (folder) => {
      const roots = cgroupMounts();
      try {
        await run({
          make: (...paths) => {
            for (const root of roots) for (const path of paths) Deno.mkdirSync(join(root, path));
          },
          bundle: async (id, cgroupsPath) => {
            const bundle = join(folder, id);
            await Deno.mkdir(bundle);
            const spec = JSON.stringify({ linux: { cgroupsPath } });
            await Deno.writeTextFile(join(bundle, "config.json"), spec);
            return bundle;
          },
          fill: (path, pid) => {
            for (const root of roots) {
              const settings = [...Deno.readDirSync(dirname(join(root, path)))];
              // A cpuset takes no process before it has processors and memory.
              for (const file of ["cpuset.cpus", "cpuset.mems"]) {
                if (!settings.some(({ name }) => name === file)) continue;
                const given = Deno.readTextFileSync(join(dirname(join(root, path)), file));
                Deno.writeTextFileSync(join(root, path, file), given);
              }
              Deno.writeTextFileSync(join(root, path, "cgroup.procs"), `${pid}`);
            }
          },
          left: () => {
            const [first, ...others] = roots.map((root) => cgroups(root));
            for (const other of others) assertEquals(other, first);
            return first;
          },
        });
      } finally {
        for (const root of roots) {
          for (const path of cgroups(root).reverse()) Deno.removeSync(root + path);
        }
      }
    }));
}

const CGROUPFS = { systemdCgroup: false };
const SYSTEMD = { systemdCgroup: true };

test("the one of the spec goes, and those around it stay", async ({ make, bundle, left }) => {
  make(`/${NAME}`, `/${NAME}/c1`, `/${NAME}/c2`);
  await removeEmptyCgroups(await bundle("c1", `/${NAME}/x/../c1`), CGROUPFS);
  assertEquals(left(), [`/${NAME}`, `/${NAME}/c2`]);
  await removeEmptyCgroups(await bundle("c3", `/${NAME}`), CGROUPFS);
  assertEquals(left(), [`/${NAME}`, `/${NAME}/c2`]);
});

test("systemd's form names a scope in slices", async ({ make, bundle, left }) => {
  const slices = [`/${NAME}.slice`, `/${NAME}.slice/${NAME}-a.slice`];
  make(...slices, `${slices[1]}/cri-c1.scope`);
  const c1 = await bundle("c1", `${NAME}-a.slice:cri:c1`);
  await removeEmptyCgroups(await bundle("c2", `${NAME}-a.slice:cri:c2`), SYSTEMD);
  await removeEmptyCgroups(await bundle("c3", `${NAME}.slice:cri:c1`), SYSTEMD);
  await removeEmptyCgroups(c1, CGROUPFS);
  assertEquals(left(), [...slices, `${slices[1]}/cri-c1.scope`]);
  await removeEmptyCgroups(c1, SYSTEMD);
  assertEquals(left(), slices);
});

test("a path in systemd's form is one of folders where systemd makes none", async (fixture) => {
  const { make, bundle, left } = fixture;
  const path = `${NAME}.slice:cri:c1`;
  make(path);
  await removeEmptyCgroups(await bundle("c1", path), CGROUPFS);
  assertEquals(left(), []);
});

test("one that another bundle names stays", async ({ make, bundle, left }) => {
  make(`/${NAME}`);
  const c1 = await bundle("c1", `/${NAME}`);
  const c2 = await bundle("c2", `/${NAME}`);
  await removeEmptyCgroups(c1, CGROUPFS);
  assertEquals(left(), [`/${NAME}`]);
  await Deno.remove(c2, { recursive: true });
  await removeEmptyCgroups(c1, CGROUPFS);
  assertEquals(left(), []);
});

test("one with a process stays, and goes when that ends", async ({ make, bundle, fill, left }) => {
  make(`/${NAME}`);
  const child = new Deno.Command("sleep", { args: ["1000"] }).spawn();
  fill(`/${NAME}`, child.pid);
  const c1 = await bundle("c1", `/${NAME}`);
  await removeEmptyCgroups(c1, CGROUPFS);
  assertEquals(left(), [`/${NAME}`]);
  const removed = removeEmptyCgroups(c1, CGROUPFS);
  child.kill("SIGKILL");
  await removed;
  assertEquals(left(), []);
  await child.status;
});

test("a bundle that is gone or names none is no matter", async ({ bundle }) => {
  await removeEmptyCgroups(await bundle("c1"), CGROUPFS);
  await removeEmptyCgroups(await bundle("c2", "/"), CGROUPFS);
  await removeEmptyCgroups("/nosuch/bundle", CGROUPFS);
});
