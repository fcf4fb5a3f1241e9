/** Exec: which exec ids and specs it takes, and in which state of the container. */

import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import type { Any } from "../../proto/mod.ts";
import { StatusCode, StatusError } from "../../shim/ttrpc/mod.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { within } from "../harness/expect/within.ts";
import { Bundle, DirectShim, type StreamPaths } from "../harness/shim/direct_shim.ts";
import { jsonAny, processSpec } from "../harness/shim/task_client.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

const id = "box";
const spec = processSpec(["true"]);
/** containerd.v1.types.Status */
const CREATED = 1, RUNNING = 2, STOPPED = 3, PAUSED = 4;

test("an exec id is taken until its process is deleted", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  const { tasks } = shim;
  const exec = { id, execId: "visitor" };
  const refuse = () =>
    expectStatus(StatusCode.ALREADY_EXISTS, tasks.call("Exec", { ...exec, spec }));
  for (const status of [3, 4]) {
    await tasks.call("Exec", { ...exec, spec: processSpec(["sh", "-c", `exit ${status}`]) });
    await refuse();
    await tasks.call("Start", exec);
    assertEquals((await tasks.call("Wait", exec)).exitStatus, status);
    await refuse();
    assertEquals((await tasks.call("Delete", exec)).exitStatus, status);
  }
  await shim.end();
});

test("of two that ask for one exec id at once, one gets it", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  const answers = await Promise.allSettled(
    [1, 2].map(() => shim.tasks.call("Exec", { id, execId: "visitor", spec })),
  );
  assertEquals(answers.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
  await shim.end();
});

test("containers that share a shim have exec ids of their own", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  const { tasks } = shim;
  const other = await Bundle.make(containerd, "other");
  await tasks.call("Create", await other.createRequest(containerd));
  await tasks.call("Start", { id: other.id });
  const ids = [id, other.id];
  const execs = ids.map((id) => ({ id, execId: "visitor" }));
  for (const [index, exec] of execs.entries()) {
    await tasks.call("Exec", { ...exec, spec: processSpec(["sh", "-c", `exit ${index}`]) });
  }
  await Promise.all(execs.map((exec) => tasks.call("Start", exec)));
  const exits = await Promise.all(execs.map((exec) => tasks.call("Wait", exec)));
  assertEquals(exits.map(({ exitStatus }) => exitStatus), [0, 1]);
  for (const exec of execs) await tasks.call("Delete", exec);
  await tasks.call("Kill", { id: other.id, signal: 9 });
  await tasks.call("Wait", { id: other.id });
  await tasks.call("Delete", { id: other.id });
  await shim.end();
  await other.remove();
});

/** Among them what has files of the shim's own in the bundle. */
const odd = [id, "log", "config.json", "a..b", "_", "x".repeat(76)];
testExecIds(test, odd);
testExecIds(testBetterThanGo, ["init"]);

function testExecIds(register: typeof test, execIds: string[]): void {
  register(`exec ids may be odd: ${execIds.join(", ")}`, async (containerd) => {
    const shim = await DirectShim.run(containerd, id);
    const { tasks, bundle } = shim;
    const files = () =>
      [...Deno.readDirSync(bundle.path)].filter(({ isFile }) => isFile)
        .map(({ name }) => [name, Deno.readTextFileSync(`${bundle.path}/${name}`)])
        .toSorted();
    const before = files();
    for (const execId of execIds) {
      const pid = await shim.exec(execId, ["sh", "-c", "exit 3"]);
      assertEquals((await tasks.call("Wait", { id, execId })).exitStatus, 3);
      assertEquals((await tasks.call("State", { id })).status, RUNNING);
      assertEquals((await tasks.call("Delete", { id, execId })).pid, pid);
      assertEquals(files(), before, "the bundle is as it was");
    }
    await shim.end();
  });
}

testBetterThanGo("what is no exec id is an invalid argument", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  for (const execId of ["", ".", "..", "a/b", "/a", "-x", "a b", "a\n", "x".repeat(77)]) {
    const answer = shim.tasks.call("Exec", { id, execId, spec });
    assertStringIncludes(await expectStatus(StatusCode.INVALID_ARGUMENT, answer), "an exec id");
  }
  await shim.end();
});

const garbage: [name: string, spec: Any.Properties | undefined, shown: string][] = [
  ["nothing", undefined, `""`],
  ["no JSON", { typeUrl: "", value: new TextEncoder().encode("garbage") }, `"garbage"`],
  ["an array", jsonAny("Process", []), `"[]"`],
  ["1 MiB of garbage", { typeUrl: "", value: new Uint8Array(2 ** 20).fill(120) }, `xxx…"`],
];
testBetterThanGo("a spec that is no JSON object is an invalid argument", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  for (const [name, spec, shown] of garbage) {
    const answer = shim.tasks.call("Exec", { id, execId: "visitor", spec });
    const message = await expectStatus(StatusCode.INVALID_ARGUMENT, answer);
    assertStringIncludes(message, "expected an OCI process as a JSON object, not ", name);
    assertEquals(message.endsWith(shown), true, message);
  }
  await shim.tasks.call("Exec", { id, execId: "visitor", spec });
  await shim.end();
});

test("a limit that JavaScript has no number for is set as it came", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  const { tasks, bundle } = shim;
  const exec = { id, execId: "visitor" };
  const output = `${bundle.path}/output`;
  // As docker sends it for a container with --ulimit core=-1.
  const spec =
    `{"args":["sh","-c","ulimit -c"],"cwd":"/","env":["PATH=/bin"],"user":{"uid":0,"gid":0},
    "rlimits":[{"type":"RLIMIT_CORE","hard":18446744073709551615,"soft":18446744073709551615}]}`;
  await tasks.call("Exec", {
    ...exec,
    stdout: `file://${output}`,
    stderr: `file://${output}`,
    spec: { typeUrl: "", value: new TextEncoder().encode(spec) },
  });
  await tasks.call("Start", exec);
  assertEquals((await tasks.call("Wait", exec)).exitStatus, 0);
  await tasks.call("Delete", exec);
  assertEquals(await Deno.readTextFile(output), "unlimited\n");
  await shim.end();
});

test("a spec that is no process is refused in runc's words", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  const { tasks } = shim;
  const exec = { id, execId: "visitor" };
  await tasks.call("Exec", { ...exec, spec: jsonAny("Process", { args: ["true"] }) });
  const error = await assertRejects(() => tasks.call("Start", exec), StatusError);
  assertStringIncludes(error.message, "OCI runtime exec failed: ");
  assertStringIncludes(error.message, "Cwd property must not be empty");
  await tasks.call("Delete", exec);
  await shim.end();
});

/** What keeps an exec from being run, before any command: its streams, or what is in the bundle. */
const obstacles: [
  name: string,
  make: (bundle: string) => Promise<StreamPaths> | StreamPaths,
  reason: RegExp,
][] = [
  ["a FIFO that is not there", (bundle) => ({ stdout: `${bundle}/nosuch` }), /expected a FIFO/],
  ["a terminal without its FIFO", (bundle) => {
    return { stdout: `${bundle}/nosuch`, terminal: true };
  }, /expected a FIFO/],
  ["an input that is no FIFO", (bundle) => {
    return { stdin: `${bundle}/config.json` };
  }, /expected a FIFO/],
  ["an unknown scheme", () => ({ stdout: "nosuch:///x" }), /unknown scheme/],
  ["a logging program that is not there", () => {
    return { stdout: "binary:///no/such/program" };
  }, /can't start a logging program/],
  ["a logging program that fails", () => {
    return { stdout: "binary:///bin/false" };
  }, /logging program .* exit status 1/],
  ["a file that can't be written", async (bundle) => {
    await Deno.mkdir(`${bundle}/visitor.process.json/x`, { recursive: true });
    return {};
  }, /OCI runtime exec failed: .*[Ii]s a directory/],
];
for (const [name, make, reason] of obstacles) {
  testBetterThanGo(`an exec has failed for good by ${name}`, async (containerd) => {
    const shim = await DirectShim.run(containerd, id);
    const { tasks, bundle } = shim;
    const exec = { id, execId: "visitor" };
    await tasks.call("Exec", { ...exec, spec, ...await make(bundle.path) });
    const wait = tasks.call("Wait", exec);
    const error = await assertRejects(() => tasks.call("Start", exec), StatusError);
    assertMatch(error.message, reason);
    assertEquals((await within(30, "an end of the exec", wait)).exitStatus, 255);
    const { status, exitStatus } = await tasks.call("State", exec);
    assertEquals([status, exitStatus], [STOPPED, 255]);
    await expectStatus(StatusCode.FAILED_PRECONDITION, tasks.call("Start", exec));
    await expectStatus(StatusCode.NOT_FOUND, tasks.call("Kill", { ...exec, signal: 9 }));
    assertEquals((await tasks.call("Delete", exec)).exitStatus, 255);
    await Deno.remove(`${bundle.path}/visitor.process.json`, { recursive: true }).catch(() => {});
    await shim.exec("visitor", ["true"]);
    await shim.end();
  });
}

test("an exec may come before init's start", async (containerd) => {
  const shim = await DirectShim.start(containerd, id);
  const { tasks } = shim;
  await shim.create(containerd);
  await shim.exec("visitor", ["sh", "-c", "exit 3"]);
  assertEquals((await tasks.call("Wait", { id, execId: "visitor" })).exitStatus, 3);
  assertEquals((await tasks.call("State", { id })).status, CREATED);
  await tasks.call("Start", { id });
  await shim.end();
});

testBetterThanGo(
  "a paused container takes no exec, and starts none until it goes on",
  async (containerd) => {
    const shim = await DirectShim.run(containerd, id);
    const { tasks } = shim;
    const exec = { id, execId: "visitor" };
    await tasks.call("Exec", { ...exec, spec: processSpec(["sh", "-c", "exit 3"]) });
    await tasks.call("Pause", { id });
    const another = tasks.call("Exec", { id, execId: "another", spec });
    assertStringIncludes(await expectStatus(StatusCode.FAILED_PRECONDITION, another), "paused");
    const start = tasks.call("Start", exec);
    assertStringIncludes(await expectStatus(StatusCode.FAILED_PRECONDITION, start), "paused");
    assertEquals((await tasks.call("State", exec)).status, PAUSED);
    await tasks.call("Resume", { id });
    assertEquals((await tasks.call("State", exec)).status, CREATED);
    await tasks.call("Start", exec);
    assertEquals((await tasks.call("Wait", exec)).exitStatus, 3);
    await shim.end();
  },
);

testBetterThanGo(
  "a container whose init has died takes no exec, and starts none",
  async (containerd) => {
    const shim = await DirectShim.run(containerd, id);
    const { tasks } = shim;
    const exec = { id, execId: "visitor" };
    await tasks.call("Exec", { ...exec, spec });
    await tasks.call("Kill", { id, signal: 9 });
    await tasks.call("Wait", { id });
    for (
      const answer of [
        tasks.call("Exec", { id, execId: "another", spec }),
        tasks.call("Start", exec),
      ]
    ) {
      const message = await expectStatus(StatusCode.FAILED_PRECONDITION, answer);
      assertStringIncludes(message, "init process of container box is not running");
    }
    assertEquals((await tasks.call("Delete", exec)).pid, 0);
    await tasks.call("Delete", { id });
    await shim.shutDown();
  },
);
