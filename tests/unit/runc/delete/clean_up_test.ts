import { assertEquals, assertMatch } from "@std/assert";
import { dirname, join } from "@std/path";
import { cleanUp } from "../../../../runc/delete/clean_up.ts";
import { parseArguments } from "../../../../shim/bootstrap/arguments.ts";
import type { Ended } from "../../../../shim/bootstrap/delete_response.ts";
import { keepExit } from "../../../../shim/bootstrap/keep_exit.ts";
import { spawner } from "../../../../shim/process/spawn.ts";
import { mountRootfs } from "../../../../shim/rootfs/rootfs.ts";
import { eventually } from "../../../harness/expect/eventually.ts";
import { within } from "../../../harness/expect/within.ts";
import { exists } from "../../../harness/machine/files.ts";
import { inPrivateMounts } from "../../../harness/machine/private_mounts.ts";
import { ClientFifo } from "../../../harness/streams/client_fifo.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

interface Fixture {
  readonly bundle: string;
  /** The folder of the runtime's state for the container. */
  readonly state: string;
  /** The path of the runtime. */
  readonly binary: string;
  /** Does the action; what it answers, and what it warns of. */
  cleanUp(): Promise<{ answer: Ended; warnings: string[] }>;
  /** The runtime's calls so far, without what is the same in all. */
  calls(): string[];
}

/**
 * A bundle of a container `c1`, and a runtime that notes its calls, knows a container while there is a folder for it, and removes that
 * at `delete --force`.
 */
function test(name: string, run: (fixture: Fixture) => Promise<void>): void {
  Deno.test(`clean up: ${name}`, () =>
    withFolder(async (folder) => {
      const [bundle, root] = [join(folder, "bundle"), join(folder, "root")];
      const binary = join(folder, "runtime");
      const state = join(root, "n", "c1");
      await Deno.mkdir(bundle);
      await Deno.writeTextFile(
        binary,
        `#!/bin/sh
        shift 6
        echo "$@" >> ${folder}/calls
        [ "$1" = wait ] && read never
        [ "$1 $2" = "delete --force" ] && exec rm -r ${root}/n/$3
        exit 1
        `,
        { mode: 0o755 },
      );
      const options = JSON.stringify({ binary_name: binary, root });
      await Deno.writeTextFile(join(bundle, "options.json"), options);
      const args = parseArguments(["-namespace", "n", "-id", "c1", "-bundle", bundle, "delete"]);
      const clean = async () => {
        const warnings: string[] = [];
        const { error } = console;
        console.error = (text: string) => void warnings.push(text);
        try {
          return { answer: await cleanUp(args), warnings };
        } finally {
          console.error = error;
        }
      };
      const calls = () => {
        try {
          return Deno.readTextFileSync(join(folder, "calls")).trim().split("\n");
        } catch {
          return [];
        }
      };
      await within(60, "the end", run({ bundle, state, binary, cleanUp: clean, calls }));
    }));
}

test("of what is left nothing: no program is run", async ({ bundle, cleanUp, calls }) => {
  await Deno.writeTextFile(join(bundle, "init.pid"), "4321");
  const before = Date.now();
  const { answer, warnings } = await cleanUp();
  assertEquals([answer.pid, answer.exitStatus], [4321, 137]);
  const exitedAt = answer.exitedAt.getTime();
  assertEquals(exitedAt >= before && exitedAt <= Date.now(), true);
  assertEquals([warnings, calls()], [[], []]);
});

test("a bundle that is gone is no error", async ({ bundle, cleanUp }) => {
  await Deno.remove(bundle, { recursive: true });
  const { answer, warnings } = await cleanUp();
  assertEquals([answer.pid, answer.exitStatus, warnings], [0, 137, []]);
});

test("a container that the runtime has is removed by force", async ({ bundle, state, cleanUp, calls }) => {
  await Deno.mkdir(state, { recursive: true });
  await Deno.writeTextFile(join(bundle, "init.pid"), "4321");
  const { answer, warnings } = await cleanUp();
  assertEquals([answer.pid, warnings], [4321, []]);
  assertEquals(calls(), ["delete --force c1"]);
  assertEquals(exists(state), false);
});

test("a runtime that still runs for the bundle is killed, others are not", async (fixture) => {
  const { bundle, binary, cleanUp } = fixture;
  await Deno.mkdir(`${bundle}2`);
  const run = (log: string) =>
    new Deno.Command(binary, {
      args: ["--root", "/r", "--log", log, "--log-format", "json", "wait"],
      stdin: "piped",
    }).spawn();
  const ours = [run(`${bundle}/log.json`), run(`${bundle}/e1.log.json`)];
  const others = [run(`${bundle}2/log.json`), run(`${bundle}/other`)];
  assertEquals((await cleanUp()).warnings, []);
  for (const child of ours) assertEquals((await child.status).signal, "SIGKILL");
  for (const child of others) {
    child.kill("SIGTERM");
    assertEquals((await child.status).signal, "SIGTERM");
  }
  await Promise.all([...ours, ...others].map((child) => child.stdin.close().catch(() => {})));
});

test("a root file system is unmounted, however much lies on it", async ({ bundle, cleanUp }) => {
  if (!inPrivateMounts()) throw new Error("expected private mounts: run `deno task test`");
  const rootfs = join(bundle, "rootfs");
  await Deno.mkdir(rootfs);
  const tmpfs = (target: string) => ({ type: "tmpfs", source: "tmpfs", target, options: [] });
  await mountRootfs(spawner, [tmpfs("")], rootfs);
  await Deno.mkdir(join(rootfs, "a"));
  await mountRootfs(spawner, [tmpfs("")], rootfs);
  await Deno.mkdir(join(rootfs, "a"));
  await mountRootfs(spawner, [tmpfs("")], join(rootfs, "a"));
  assertEquals((await cleanUp()).warnings, []);
  assertEquals(Deno.readTextFileSync("/proc/self/mounts").includes(bundle), false);
});

test("a dead shim's socket is removed, and that of one that others use stays", async ({ bundle, cleanUp }) => {
  const path = join(bundle, "s");
  await Deno.writeTextFile(join(bundle, "address"), `unix://${path}`);
  await Deno.writeTextFile(join(bundle, "init.pid"), "1");
  const other = join(dirname(bundle), "other");
  await Deno.mkdir(other);
  await Deno.writeTextFile(join(other, "bootstrap.json"), JSON.stringify({ address: path }));
  const listener = Deno.listen({ transport: "unix", path: `${path}2` });
  // Under another name the file stays when the listener is closed, as after a kill.
  await Deno.rename(`${path}2`, path);
  assertEquals([(await cleanUp()).warnings, exists(path)], [[], true]);
  listener.close();
  assertEquals([(await cleanUp()).warnings, exists(path)], [[], false]);
  assertEquals(exists(`${path}.lock`), false);
});

test("a server that is there and gives no answer is warned of", async ({ bundle, cleanUp }) => {
  const path = join(bundle, "s");
  await Deno.writeTextFile(join(bundle, "address"), path);
  using _listener = Deno.listen({ transport: "unix", path });
  const { answer, warnings } = await cleanUp();
  assertEquals([answer.exitStatus, warnings.length], [137, 1]);
  assertMatch(warnings[0], /^can't end the shim: /);
});

test("mounts are gone however long the runtime takes", async (fixture) => {
  const { bundle, state, binary, cleanUp } = fixture;
  await Deno.mkdir(state, { recursive: true });
  await Deno.writeTextFile(join(bundle, "init.pid"), "4321");
  await Deno.mkdir(join(bundle, "rootfs"));
  const tmpfs = { type: "tmpfs", source: "tmpfs", target: "", options: [] };
  await mountRootfs(spawner, [tmpfs], join(bundle, "rootfs"));
  using gate = await ClientFifo.make(join(bundle, "gate"));
  await Deno.writeTextFile(binary, `#!/bin/sh\nread line < ${gate.path}\n`);
  const cleaned = cleanUp();
  const isMounted = () => Deno.readTextFileSync("/proc/self/mounts").includes(bundle);
  await eventually("an unmount", () => !isMounted() || undefined);
  await gate.write("go\n");
  assertEquals((await cleaned).warnings, []);
});

test("a pod's other containers go, whatever fails of one of them", async (fixture) => {
  const { bundle, state, binary, cleanUp, calls } = fixture;
  const mounts = { type: "tmpfs", source: "tmpfs", target: "", options: [] };
  const ids = ["c2", "c3", "c4"];
  for (const id of ids) {
    await Deno.mkdir(join(dirname(state), id), { recursive: true });
    await Deno.writeTextFile(join(bundle, `container-${id}`), "");
    const rootfs = join(dirname(bundle), id, "rootfs");
    await Deno.mkdir(rootfs, { recursive: true });
    await mountRootfs(spawner, [mounts], rootfs);
  }
  const script = await Deno.readTextFile(binary);
  await Deno.writeTextFile(binary, script.replace("shift 6", 'shift 6; [ "$3" = c3 ] && exit 5'));
  await Deno.writeTextFile(join(bundle, "init.pid"), "4321");
  const { answer, warnings } = await cleanUp();
  assertEquals([answer.pid, warnings.length], [4321, 1]);
  assertMatch(warnings[0], /^can't remove the other containers: .* exit status 5/);
  assertEquals(calls().toSorted(), ["delete --force c2", "delete --force c4"]);
  assertEquals(ids.map((id) => exists(join(dirname(state), id))), [false, true, false]);
  assertEquals(Deno.readTextFileSync("/proc/self/mounts").includes(dirname(bundle)), false);
});

test("the true exit is told where the server could not", async ({ bundle, cleanUp }) => {
  await Deno.writeTextFile(join(bundle, "init.pid"), "4321");
  const file = join(bundle, "init.exit");
  const exitedAt = new Date("2026-01-31T12:34:56.789Z");
  keepExit(bundle, { status: 42, exitedAt });
  assertEquals((await cleanUp()).answer, { pid: 4321, exitStatus: 42, exitedAt });
  const asOldVersionsDid = JSON.stringify({ status: 42, exitedAt });
  await Deno.writeTextFile(file, asOldVersionsDid);
  assertEquals((await cleanUp()).answer, { pid: 4321, exitStatus: 42, exitedAt });
  for (
    const spoilt of [
      "",
      "{",
      "null",
      "42",
      '{"status":42}',
      '{"status":"42","exitedAt":"2026-01-31T12:34:56Z"}',
      '{"status":-1,"exitedAt":"2026-01-31T12:34:56Z"}',
      '{"status":1.5,"exitedAt":"2026-01-31T12:34:56Z"}',
      '{"status":42,"exitedAt":"yesterday"}',
      '{"status":42,"exitedAt":"1969-12-31T23:59:59Z"}',
      '{"status":42,"exitedAt":-1}',
      '{"status":42,"exitedAt":true}',
    ]
  ) {
    await Deno.writeTextFile(file, spoilt);
    const { answer, warnings } = await cleanUp();
    assertEquals([answer.exitStatus, warnings], [137, []], spoilt);
    assertEquals(answer.exitedAt > exitedAt, true, spoilt);
  }
});

test("what fails is warned of, and does not keep the rest from being done", async (fixture) => {
  const { bundle, state, binary, cleanUp } = fixture;
  await Deno.mkdir(state, { recursive: true });
  await Deno.mkdir(join(bundle, "rootfs"));
  const tmpfs = { type: "tmpfs", source: "tmpfs", target: "", options: [] };
  await mountRootfs(spawner, [tmpfs], join(bundle, "rootfs"));
  await Deno.writeTextFile(binary, "#!/bin/sh\nexit 5\n");
  const { answer, warnings } = await cleanUp();
  assertEquals(answer.exitStatus, 137);
  assertEquals(warnings, [
    `can't remove the container: ${binary} delete ended with exit status 5 and logged no error`,
  ]);
  assertEquals(Deno.readTextFileSync("/proc/self/mounts").includes(bundle), false);
});

for (const text of ["", "{", "null", "[]", '"a"', '{"root":5}', '{"systemd_cgroup":"yes"}']) {
  test(`options that are none, ${text}, are warned of`, async ({ bundle, cleanUp, calls }) => {
    await Deno.writeTextFile(join(bundle, "options.json"), text);
    const { answer, warnings } = await cleanUp();
    assertEquals([answer.exitStatus, warnings.length], [137, 1]);
    assertMatch(warnings[0], /^can't read .*: expected the options of a runtime in .*options.json/);
    assertEquals(calls(), []);
  });
}

test("a runtime that was killed is tried once more", async ({ bundle, state, binary, cleanUp, calls }) => {
  await Deno.mkdir(state, { recursive: true });
  await Deno.writeTextFile(join(bundle, "init.pid"), "4321");
  const script = await Deno.readTextFile(binary);
  const died = join(bundle, "died");
  const die = `[ -e ${died} ] || { : > ${died}; kill -9 $$; }`;
  await Deno.writeTextFile(binary, script.replace("shift 6", () => `${die}\nshift 6`));
  assertEquals([(await cleanUp()).warnings, calls()], [[], ["delete --force c1"]]);
  assertEquals(exists(state), false);
});

test("a runtime that is killed again is told of", async ({ state, binary, cleanUp }) => {
  await Deno.mkdir(state, { recursive: true });
  await Deno.writeTextFile(binary, "#!/bin/sh\nkill -9 $$\n");
  const { warnings } = await cleanUp();
  assertEquals(warnings.length, 1);
  assertMatch(warnings[0], /^can't remove the container: .*signal 9/);
});

test("a note of what is no id is left alone", async ({ bundle, state, cleanUp, calls }) => {
  await Deno.mkdir(dirname(state), { recursive: true });
  for (const id of ["", "..", "-x"]) await Deno.writeTextFile(join(bundle, `container-${id}`), "");
  assertEquals([(await cleanUp()).warnings, calls()], [[], []]);
});
