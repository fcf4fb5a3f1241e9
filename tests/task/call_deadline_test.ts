/** Calls whose deadline passes, or whose client goes, while the runtime hangs: it ends, and the container is free for who comes next. */

import { assertEquals, assertRejects } from "@std/assert";
import { StatusCode, StatusError } from "../../shim/ttrpc/mod.ts";
import { runcOptions } from "../harness/containerd/runtime_options.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { within } from "../harness/expect/within.ts";
import { descendantsOf, isAlive } from "../harness/machine/processes.ts";
import { DirectShim, shutDown } from "../harness/shim/direct_shim.ts";
import { SlowRunc } from "../harness/shim/slow_runc.ts";
import { jsonAny, processSpec, TaskClient } from "../harness/shim/task_client.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

const id = "box";
/** Longer than it takes until the runtime is called. */
const options = { timeoutMs: 1000 };

/** Expects a call to be given up at its deadline. */
async function expectLate(call: Promise<unknown>): Promise<void> {
  const error = await assertRejects(() => call, StatusError);
  assertEquals(error.code, StatusCode.DEADLINE_EXCEEDED);
}

/** Tells a shim to end as soon as a Create under way has failed, and waits for that. */
async function endAfterCreate(tasks: TaskClient, pid: number): Promise<void> {
  await tasks.call("Shutdown", { id, now: true }).catch((error) => {
    if (error.code !== StatusCode.UNAVAILABLE) throw error;
  });
  await eventually("an end of the shim", () => !isAlive(pid) || undefined);
}

test("a Create that hangs ends with its deadline, and leaves nothing", async (containerd) => {
  const shim = await DirectShim.start(containerd, id);
  const { tasks, bundle, pid } = shim;
  using runc = await SlowRunc.make(bundle.path, "begin create");
  const request = { ...await bundle.createRequest(containerd), options: runc.options };
  await expectLate(tasks.call("Create", request, options));
  // As containerd does then.
  const remove = () => tasks.call("Delete", { id });
  const { code } = await assertRejects(() => within(30, "Delete", remove()), StatusError);
  assertEquals(code, StatusCode.NOT_FOUND);
  await endAfterCreate(tasks, pid);
  await bundle.remove();
});

// A server of the Go shim stays, and waits for somebody who ends it.
testBetterThanGo(
  "a Create that hangs ends with its client, and so does the shim",
  async (containerd) => {
    const shim = await DirectShim.start(containerd, id);
    const { bundle, pid } = shim;
    using runc = await SlowRunc.make(bundle.path, "begin create");
    const create = shim.create(containerd, { options: runc.options });
    await runc.untilHeld("begin create");
    shim.tasks.client.close();
    await assertRejects(() => create, StatusError);
    await eventually("an end of the shim", () => !isAlive(pid) || undefined);
    await bundle.remove();
  },
);

// The Go shim kills runc, and the exec has failed.
testBetterThanGo("the start of an exec goes on where its client has gone", async (containerd) => {
  const shim = await DirectShim.start(containerd, id);
  const { bundle } = shim;
  using runc = await SlowRunc.make(bundle.path, "begin exec");
  await shim.create(containerd, { options: runc.options });
  await shim.tasks.call("Start", { id });
  const visitor = { id, execId: "visitor" };
  const start = shim.exec("visitor", ["sh", "-c", "exit 3"]);
  await runc.untilHeld("begin exec");
  shim.tasks.client.close();
  await assertRejects(() => start, StatusError);
  const tasks = await TaskClient.connect(shim.address);
  await runc.release();
  assertEquals((await tasks.call("Wait", visitor)).exitStatus, 3);
  await tasks.call("Kill", { id, signal: 9 });
  await tasks.call("Wait", { id });
  await tasks.call("Delete", { id });
  await shutDown(tasks, id);
  await bundle.remove();
});

// The Go shim does not answer the Create then.
testBetterThanGo(
  "a shim that is told to end while it creates a container ends when that has failed",
  async (containerd) => {
    const shim = await DirectShim.start(containerd, id);
    const { tasks, bundle, pid } = shim;
    using runc = await SlowRunc.make(bundle.path, "begin create");
    const create = tasks.call("Create", { id, bundle: bundle.path, options: runc.options });
    await runc.untilHeld("begin create");
    const end = endAfterCreate(tasks, pid);
    await runc.release();
    // There is no root file system.
    await assertRejects(() => create, StatusError, "OCI runtime create failed");
    await end;
    await bundle.remove();
  },
);

test("an exec whose start hangs ends with the deadline, and can be deleted", async (containerd) => {
  const shim = await DirectShim.start(containerd, id);
  const { tasks, bundle } = shim;
  using runc = await SlowRunc.make(bundle.path, "begin exec");
  await shim.create(containerd, { options: runc.options });
  await tasks.call("Start", { id });
  const exec = { id, execId: "visitor" };
  await tasks.call("Exec", { ...exec, spec: processSpec(["sleep", "1000"]) });
  await expectLate(tasks.call("Start", exec, options));
  await within(30, "an end of the exec", tasks.call("Delete", exec));
  await within(30, "an end of the container", shim.end());
});

for (
  const [command, call] of [
    ["pause", (tasks) => tasks.call("Pause", { id }, options)],
    ["update", (tasks) => {
      const resources = jsonAny("LinuxResources", { pids: { limit: 50 } });
      return tasks.call("Update", { id, resources }, options);
    }],
  ] satisfies [string, (tasks: TaskClient) => Promise<unknown>][]
) {
  test(`a runc ${command} that hangs ends with the deadline of its call`, async (containerd) => {
    const shim = await DirectShim.start(containerd, id);
    const { tasks, bundle } = shim;
    using runc = await SlowRunc.make(bundle.path, `begin ${command}`);
    await shim.create(containerd, { options: runc.options });
    await tasks.call("Start", { id });
    await expectLate(call(tasks));
    await within(30, "an end of the container", shim.end());
  });
}

for (const command of ["create", "exec", "pause"]) {
  testBetterThanGo(
    `what a runc ${command} that hangs has started ends with it`,
    async (containerd) => {
      const shim = await DirectShim.start(containerd, id);
      const { tasks, bundle, pid } = shim;
      const hanging = `${bundle.path}/hanging-runc`;
      const script = `#!/bin/sh
case " $* " in *" ${command} "*) sh -c "sleep 1001 & sleep 1002; true"; exit 1; esac
exec runc "$@"
`;
      await Deno.writeTextFile(hanging, script, { mode: 0o755 });
      const options = runcOptions({ binaryName: hanging });
      const request = { ...await bundle.createRequest(containerd), options };
      const late = { timeoutMs: 1000 };
      let left: string[] = [];
      if (command === "create") {
        await expectLate(tasks.call("Create", request, late));
      } else {
        await tasks.call("Create", request);
        await tasks.call("Start", { id });
        left = ["sleep 1000"];
      }
      if (command === "exec") {
        const exec = { id, execId: "visitor" };
        await tasks.call("Exec", { ...exec, spec: processSpec(["true"]) });
        await expectLate(tasks.call("Start", exec, late));
      }
      if (command === "pause") await expectLate(tasks.call("Pause", { id }, late));
      const commands = () => descendantsOf(pid).map((each) => each.command.join(" ")).toSorted();
      await eventually("an end of the others", () => `${commands()}` === `${left}` || undefined)
        .catch(() => assertEquals(commands(), left));
      if (command === "create") await shim.shutDown();
      else await shim.end();
    },
  );
}

test("a Delete that hangs ends with its deadline, and can be called again", async (containerd) => {
  const shim = await DirectShim.start(containerd, id);
  const { tasks, bundle } = shim;
  using runc = await SlowRunc.make(bundle.path, "begin delete");
  await shim.create(containerd, { options: runc.options });
  await tasks.call("Start", { id });
  await tasks.call("Kill", { id, signal: 9 });
  await tasks.call("Wait", { id });
  const late = expectLate(tasks.call("Delete", { id }, { timeoutMs: 3000 }));
  await runc.untilHeld("begin delete");
  await late;
  const again = tasks.call("Delete", { id });
  await runc.untilHeld("begin delete");
  await runc.release();
  assertEquals((await again).exitStatus, 137);
  await shutDown(tasks, id);
  await bundle.remove();
});
