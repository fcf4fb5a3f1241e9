/** The spare: a server whose containers are gone, which the next `start` of the same containerd takes. */
import { assertEquals, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  expectSuccess,
  PrivateContainerd,
  runtimeUnderTest,
} from "../harness/containerd/private_containerd.ts";
import { runcOptions } from "../harness/containerd/runtime_options.ts";
import { hasSandboxes, PrivateCri } from "../harness/containerd/private_cri.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { within } from "../harness/expect/within.ts";
import { cgroupFolders, makeCgroup, removeCgroups } from "../harness/machine/cgroups.ts";
import {
  findProcess,
  isAlive,
  isSpare,
  type Process,
  processesOfThisRun,
} from "../harness/machine/processes.ts";
import { Bundle, DirectShim, startShim } from "../harness/shim/direct_shim.ts";
import { openFolders } from "../harness/machine/user_namespaces.ts";
import {
  makeNetns,
  mappedOptions,
  POD,
  podOptions,
  SandboxShim,
  USERS,
} from "../harness/shim/sandbox_shim.ts";
import { expectNoLeaks, takeTraces } from "../harness/suite/leaks.ts";
import { environment } from "./sharing.ts";

const isOurs = runtimeUnderTest().name === "io.containerd.ts.v2";

/** A test with a containerd of its own, whose shims may become spares; these must be gone when it is. */
function testWith<Daemon extends AsyncDisposable>(
  start: () => Promise<Daemon>,
  name: string,
  body: (containerd: Daemon) => Promise<void>,
  spare = "on",
): void {
  Deno.test({
    name: `spare: ${name}`,
    ignore: !isOurs,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const before = takeTraces();
      {
        using _set = environment({ SHIM_SPARE: spare, SHIM_SHARE: "1" });
        await using containerd = await start();
        await within(180, "an end of the test", body(containerd));
      }
      await eventually("an end of all spares", () => spares().length === 0 || undefined);
      await expectNoLeaks(before);
    },
  });
}

const test = (
  name: string,
  body: (containerd: PrivateContainerd) => Promise<void>,
  spare?: string,
) => testWith(() => PrivateContainerd.start(), name, body, spare);

/** See {@linkcode isSpare}. */
const commandOf = ({ command }: Process) => command.filter((arg) => arg !== "");

/** The pids of the spares. */
function spares(): number[] {
  return processesOfThisRun().filter(isSpare).map(({ pid }) => pid);
}

/** Runs a container to its end, and waits for the spare that its server becomes. */
async function makeSpare(containerd: PrivateContainerd): Promise<number> {
  const before = spares();
  expectSuccess(await containerd.run(["--rm"], "first", "true"));
  return await eventually("a spare", () => spares().find((pid) => !before.includes(pid)));
}

async function whenGone(pid: number): Promise<void> {
  await eventually(`an end of ${pid}`, () => !isAlive(pid) || undefined);
}

test("the server of a life serves the next one, as one that was started for it", async (containerd) => {
  const spare = await makeSpare(containerd);
  assertEquals(commandOf(findProcess(spare)!).slice(1), ["-address", containerd.address, "spare"]);
  for (const id of ["second", "third"]) {
    await containerd.runDetached(id, "sh", "-c", "read line; exit 4");
    assertEquals(await containerd.shimPid(id), spare);
    const command = commandOf(findProcess(spare)!);
    assertEquals(findProcess(spare)!.parent, 1);
    assertEquals(command.slice(1, 5), ["-namespace", containerd.namespace, "-id", id]);
    assertEquals(command.slice(-1), ["serve"]);
    const { stdout } = await containerd.exec(id, "echo", "here");
    assertEquals(stdout, "here\n");
    await containerd.remove(id);
    await eventually("a spare", () => spares().includes(spare) || undefined);
  }
  const result = await containerd.run(
    ["--rm"],
    "last",
    "sh",
    "-c",
    "echo out; echo err >&2; exit 3",
  );
  assertEquals(result, { code: 3, stdout: "out\n", stderr: "err\n" });
});

test("what it says goes to the log of the container that it serves", async (containerd) => {
  const spare = await makeSpare(containerd);
  await containerd.runDetached("box", "sleep", "1000");
  const from = containerd.log.length;
  Deno.kill(spare, "SIGUSR1");
  await containerd.untilLogged(/state of a process.*container=box/, from);
  await containerd.remove("box");
});

test("only one waits, and starts at the same time have servers of their own", async (containerd) => {
  const spare = await makeSpare(containerd);
  const ids = ["a", "b", "c", "d"];
  await Promise.all(ids.map((id) => containerd.runDetached(id, "sleep", "1000")));
  const pids = await Promise.all(ids.map((id) => containerd.shimPid(id)));
  assertEquals(new Set(pids).size, ids.length);
  assertEquals(pids.includes(spare), true);
  await containerd.remove(...ids);
  await eventually("one spare", () => spares().length === 1 || undefined);
  await eventually("an end of the others", () => pids.filter(isAlive).length === 1 || undefined);
});

test("it ends with its containerd, however that ends", async (containerd) => {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    const spare = await makeSpare(containerd);
    await containerd.stop(signal);
    await whenGone(spare);
    await containerd.boot();
  }
});

test("SIGTERM ends it", async (containerd) => {
  const spare = await makeSpare(containerd);
  Deno.kill(spare, "SIGTERM");
  await whenGone(spare);
  expectSuccess(await containerd.run(["--rm"], "box", "true"));
});

test("one that was killed, or hangs, keeps nobody from starting a container", async (containerd) => {
  Deno.kill(await makeSpare(containerd), "SIGKILL");
  const spare = await makeSpare(containerd);
  Deno.kill(spare, "SIGSTOP");
  await containerd.runDetached("box", "sleep", "1000");
  assertNotEquals(await containerd.shimPid("box"), spare);
  Deno.kill(spare, "SIGCONT");
  await containerd.remove("box");
});

test("a start with another environment has a server of its own", async (containerd) => {
  const spare = await makeSpare(containerd);
  await containerd.stop();
  Deno.env.set("SPARE_TEST", "other");
  try {
    await containerd.boot();
  } finally {
    Deno.env.delete("SPARE_TEST");
  }
  await containerd.runDetached("box", "sleep", "1000");
  const shim = await containerd.shimPid("box");
  assertNotEquals(shim, spare);
  assertStringIncludes(Deno.readTextFileSync(`/proc/${shim}/environ`), "SPARE_TEST=other");
  await containerd.remove("box");
});

test("a start that wants no spare leaves it to others", async (containerd) => {
  const spare = await makeSpare(containerd);
  {
    using _set = environment({ SHIM_SPARE: "off" });
    const shim = await DirectShim.run(containerd, "alone");
    assertNotEquals(shim.pid, spare);
    await shim.end();
  }
  await containerd.runDetached("box", "sleep", "1000");
  assertEquals(await containerd.shimPid("box"), spare);
  await containerd.remove("box");
});

test("what is wrong with a start that it can't serve, start says, and it goes on waiting", async (containerd) => {
  const first = await DirectShim.run(containerd, "first");
  await first.end();
  const bundle = await Bundle.make(containerd, "bad");
  const config = await Deno.readTextFile(`${bundle.path}/config.json`);
  await Deno.writeTextFile(`${bundle.path}/config.json`, "{");
  const failed = await assertRejects(() => startShim(containerd, bundle), Error);
  assertStringIncludes(failed.message, `can't read the OCI spec ${bundle.path}/config.json`);
  await Deno.writeTextFile(`${bundle.path}/config.json`, config);
  const shim = await DirectShim.startIn(containerd, bundle);
  assertEquals(shim.pid, first.pid);
  await shim.shutDown();
  // Who has executed these `start`s goes on.
  Deno.kill(shim.pid, "SIGTERM");
  await whenGone(shim.pid);
});

const CHANGES = {
  "limits": ["prlimit", "--core=4096:", "--pid"],
  "an IO priority": ["ionice", "-c", "2", "-n", "6", "-p"],
  "a nice value": ["renice", "-n", "3", "-p"],
  "processors": ["taskset", "--all-tasks", "--cpu-list", "--pid", "0"],
};

for (const [what, [program, ...args]] of Object.entries(CHANGES)) {
  test(`a start with ${what} of its own has a server of its own, and ends it`, async (containerd) => {
    const spare = await makeSpare(containerd);
    // Each thread of containerd may be the one that executes the shim; it may have made one meanwhile.
    const changed = new Set<string>();
    const unchanged = () =>
      [...Deno.readDirSync(`/proc/${containerd.pid}/task`)].map(({ name }) => name)
        .filter((task) => !changed.has(task));
    for (let tasks; (tasks = unchanged()).length > 0;) {
      for (const task of tasks) {
        new Deno.Command(program, { args: [...args, task] }).outputSync();
        changed.add(task);
      }
    }
    await containerd.runDetached("box", "sleep", "1000");
    const shim = await containerd.shimPid("box");
    assertNotEquals(shim, spare);
    // It would keep others from becoming the spare, and nobody could take it.
    await whenGone(spare);
    await containerd.remove("box");
    await eventually("a spare", () => spares().includes(shim) || undefined);
  });
}

test("an upgrade of the executable ends it", async (containerd) => {
  const spare = await makeSpare(containerd);
  const link = `${containerd.folder}/bin/containerd-shim-ts-v2`;
  const upgraded = `${containerd.folder}/upgraded`;
  await Deno.copyFile(await Deno.realPath(link), upgraded);
  await Deno.remove(link);
  await Deno.symlink(upgraded, link);
  await containerd.runDetached("box", "sleep", "1000");
  assertNotEquals(await containerd.shimPid("box"), spare);
  await whenGone(spare);
  await containerd.remove("box");
});

/** Has containerd, from its next start on, and its shims read settings from a file. */
async function bootWithSettings(containerd: PrivateContainerd, path: string): Promise<void> {
  await containerd.stop();
  Deno.env.set("SHIM_CONFIG", path);
  try {
    await containerd.boot();
  } finally {
    Deno.env.delete("SHIM_CONFIG");
  }
}

test("a change of the settings ends it", async (containerd) => {
  const path = `${containerd.folder}/settings.json`;
  await Deno.writeTextFile(path, "{}");
  await bootWithSettings(containerd, path);
  const spare = await makeSpare(containerd);
  await Deno.writeTextFile(path, '{"logLevel": "warn"}');
  await containerd.runDetached("box", "sleep", "1000");
  assertNotEquals(await containerd.shimPid("box"), spare);
  await whenGone(spare);
  await containerd.remove("box");
});

test("a server that still has a child does not become one", async (containerd) => {
  const script = "sleep 4321 </dev/null >/dev/null 2>&1 &";
  const hooks = { poststart: [{ path: "/bin/sh", args: ["sh", "-c", script] }] };
  const shim = await DirectShim.run(containerd, "box", { hooks });
  const child = await eventually(
    "the child",
    () =>
      processesOfThisRun().find(({ command, parent }) =>
        command[1] === "4321" && parent === shim.pid
      ),
  );
  await shim.end();
  await whenGone(shim.pid);
  Deno.kill(child.pid, "SIGKILL");
});

test("the server of a pod without a pause container serves the next one", async (containerd) => {
  const [netns, mapped] = [`${containerd.folder}/netns`, `${containerd.folder}/mapped`];
  await using _netns = await makeNetns(netns);
  await using _mapped = await makeNetns(mapped, USERS);
  await openFolders(containerd);
  let server: number | undefined;
  for (
    const [id, network, options, shared] of [
      ["one", netns, podOptions(), {}],
      ["two", mapped, mappedOptions(), { users: USERS }],
      ["three", mapped, mappedOptions([USERS], { pid: POD }), { users: USERS, pids: true }],
      ["four", netns, podOptions(), {}],
    ] as const
  ) {
    const shim = await SandboxShim.start(containerd, id);
    const namespaces = namespacesOf(shim.pid);
    const pid = await shim.run(network, options);
    assertNotEquals(namespacesOf(pid), namespaces);
    const script = "hostname; ls -A /dev/shm";
    const { stdout } = await shim.runContainer(`${id}-box`, pid, script, shared);
    await shim.tasks.call("Wait", { id: `${id}-box` });
    assertEquals(await Deno.readTextFile(stdout), "pod-host\n");
    await shim.tasks.call("Delete", { id: `${id}-box` });
    await shim.shutDown();
    await eventually("a spare", () => spares().includes(shim.pid) || undefined);
    assertEquals(findProcess(pid), undefined);
    assertEquals(namespacesOf(shim.pid), namespaces);
    assertEquals(shim.pid, server ??= shim.pid);
  }
  Deno.kill(server!, "SIGTERM");
  await whenGone(server!);
});

function namespacesOf(pid: number): string[] {
  return ["ipc", "mnt", "net", "uts"].map((kind) => Deno.readLinkSync(`/proc/${pid}/ns/${kind}`));
}

test("a server in a cgroup of its own does not become one", async (containerd) => {
  const path = `/${containerd.namespace}/shims`;
  const folders = await makeCgroup(path);
  const options = runcOptions({ shimCgroup: path });
  const shim = await DirectShim.run(containerd, "box", { options }, { options });
  await shim.end();
  await eventually("an end of the server", () => !findProcess(shim.pid) || undefined);
  await removeCgroups(folders);
  await removeCgroups(cgroupFolders(containerd.namespace));
});

// When CRI makes its first pod, containerd adds to its PATH, so that nobody can take the server of that one.
testWith(
  () => PrivateCri.start(),
  "the server of a pod serves the next one",
  async (cri) => {
    const handlers = hasSandboxes() ? ["ts", "sandboxed"] : ["ts"];
    const run = async (handler: string) => {
      const pod = await cri.runPod(handler);
      const [{ pid }] = cri.shims();
      await cri.run(pod, "box", ["sleep", "1000"]);
      await cri.remove(pod);
      await eventually("a spare", () => spares().includes(pid) || undefined);
      return pid;
    };
    const server = await run("ts");
    for (const handler of handlers) assertEquals(await run(handler), server);
  },
);

test("garbage at its socket does it no harm", async (containerd) => {
  const spare = await makeSpare(containerd);
  const sockets = [...Deno.readDirSync("/run/containerd/s")].map(({ name }) => name);
  const path = `/run/containerd/s/${sockets.find((name) => !name.endsWith(".lock"))}`;
  const offers = [[], [0], [0, 0, 0, 2, 1, 2], [255, 255, 255, 255, 1], [0, 0, 0, 2, 0x7b, 0x7d]];
  for (const bytes of offers) {
    const connection = await Deno.connect({ transport: "unix", path });
    await connection.write(Uint8Array.from(bytes));
    connection.close();
  }
  await containerd.runDetached("box", "sleep", "1000");
  assertEquals(await containerd.shimPid("box"), spare);
  await containerd.remove("box");
});

test("SHIM_SPARE=off has none", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  const shim = await containerd.shimPid("box");
  await containerd.remove("box");
  await whenGone(shim);
  assertEquals(spares(), []);
}, "off");

test("the settings can say that there is none", async (containerd) => {
  const path = `${containerd.folder}/settings.json`;
  await Deno.writeTextFile(path, '{"spare": false}');
  await bootWithSettings(containerd, path);
  await containerd.runDetached("box", "sleep", "1000");
  const shim = await containerd.shimPid("box");
  await containerd.remove("box");
  await whenGone(shim);
  assertEquals(spares(), []);
}, "");
