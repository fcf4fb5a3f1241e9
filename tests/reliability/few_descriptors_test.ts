/** A shim that has no descriptors left: its calls fail, and it goes on when there are some again. */

import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { exists } from "../../shim/common/files.ts";
import { StatusError } from "../../shim/ttrpc/mod.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { within } from "../harness/expect/within.ts";
import {
  descendantsOf,
  descriptorsOf,
  isAlive,
  limitDescriptors,
} from "../harness/machine/processes.ts";
import { Bundle, DirectShim } from "../harness/shim/direct_shim.ts";
import { SlowRunc } from "../harness/shim/slow_runc.ts";
import { processSpec } from "../harness/shim/task_client.ts";
import { ClientFifo } from "../harness/streams/client_fifo.ts";
import { testBetterThanGo } from "../harness/suite/black_box.ts";

const id = "box";

for (const terminal of [false, true]) {
  const streams = terminal ? "a terminal" : "pipes";
  // The Go shim leaves some open, too.
  testBetterThanGo(
    `an exec with ${streams} that lacks descriptors leaves no process`,
    async (containerd) => {
      const shim = await DirectShim.run(containerd, id);
      const { bundle, pid, tasks } = shim;
      const init = (await tasks.call("State", { id })).pid;
      using stdin = await ClientFifo.make(`${bundle.path}/stdin`);
      using stdout = await ClientFifo.make(`${bundle.path}/stdout`);
      const exec = { id, execId: "visitor" };
      const spec = processSpec(["sleep", "1000"], { terminal });
      const streams = { terminal, stdin: stdin.path, stdout: stdout.path };
      const others = () => descendantsOf(pid).filter((each) => each.pid !== init);
      let failures = 0;
      for (let limit = 10, started = false; !started; limit++) {
        await tasks.call("Exec", { ...exec, ...streams, spec });
        const wait = tasks.call("Wait", exec);
        await limitDescriptors(pid, limit);
        started = await tasks.call("Start", exec).then(() => true, (error) => {
          if (!(error instanceof StatusError)) throw error;
          failures++;
          return false;
        });
        await limitDescriptors(pid, 1000);
        if (started) await tasks.call("Kill", { ...exec, signal: 9 });
        assertEquals((await wait).exitStatus, started ? 137 : 255);
        await tasks.call("Delete", exec);
        await eventually("init alone", () => others().length === 0 || undefined)
          .catch(() => assertEquals(others(), []));
      }
      assertEquals(failures > 3, true);
      await shim.end();
    },
  );

  // The Go shim leaves some open, too.
  testBetterThanGo(
    `a Create with ${streams} that lacks descriptors leaves none open`,
    async (containerd) => {
      const shim = await DirectShim.start(containerd, id, { terminal });
      const { bundle, pid, tasks } = shim;
      using stdin = await ClientFifo.make(`${bundle.path}/stdin`);
      using stdout = await ClientFifo.make(`${bundle.path}/stdout`);
      using stderr = await ClientFifo.make(`${bundle.path}/stderr`);
      const outputs = terminal
        ? { stdout: stdout.path }
        : { stdout: stdout.path, stderr: stderr.path };
      const request = {
        ...await bundle.createRequest(containerd),
        ...{ terminal, stdin: stdin.path, ...outputs },
      };
      const end = async () => {
        await tasks.call("Kill", { id, signal: 9 });
        await tasks.call("Wait", { id });
        await tasks.call("Delete", { id });
      };
      // What is opened once and kept is open then.
      await tasks.call("Create", request);
      await end();
      let before: string[] = [];
      await eventually("nothing but what is kept", () => {
        const last = before;
        before = descriptorsOf(pid).sort();
        return before.join() === last.join() || undefined;
      });

      let failures = 0;
      for (let limit = 10, created = false; !created; limit++) {
        await limitDescriptors(pid, limit);
        created = await tasks.call("Create", request).then(() => true, (error) => {
          if (!(error instanceof StatusError)) throw error;
          failures++;
          return false;
        });
        await limitDescriptors(pid, 1000);
        if (created) await end();
        // Of what was open before some may have been about to be closed.
        await eventually(`no more than was open before: ${before}`, () => {
          const now = descriptorsOf(pid);
          return now.length <= before.length && now.every((each) => before.includes(each)) ||
            undefined;
        });
      }
      assertEquals(failures > 3, true);
      await shim.shutDown();
    },
  );
}

// The Go shim dies.
testBetterThanGo(
  "a server that lacks descriptors before its first Create refuses it, and works when it has some again",
  async (containerd) => {
    let failures = 0;
    for (let few = 0; few <= 6; few++) {
      const shim = await DirectShim.start(containerd, id);
      const { pid, tasks } = shim;
      // The answer to a call says that the server has accepted the connection, which takes a descriptor.
      await assertRejects(() => tasks.call("State", { id }), StatusError);
      // The lowest free numbers are taken first.
      await limitDescriptors(pid, lowestFree(pid) + few);
      const error = await within(
        10,
        `an answer to Create with ${few} descriptors`,
        shim.create(containerd).then(() => undefined, (error) => error),
      );
      await limitDescriptors(pid, 1000);
      if (error) {
        assertInstanceOf(error, StatusError);
        failures++;
        await shim.create(containerd);
      }
      await tasks.call("Start", { id });
      await shim.end();
    }
    assertEquals(failures > 1, true);
  },
);

testBetterThanGo(
  "a Create and an exec whose descriptors go while the runtime works succeed",
  async (containerd) => {
    const bundle = await Bundle.make(containerd, id);
    using runc = await SlowRunc.make(bundle.path, "end create", "end exec");
    const shim = await DirectShim.startIn(containerd, bundle, runc.options);
    const { pid, tasks } = shim;
    const withoutDescriptors = async <Result>(point: string, call: Promise<Result>) => {
      await runc.untilHeld(point);
      await limitDescriptors(pid, lowestFree(pid));
      await runc.release();
      const result = await within(30, "an answer", call);
      await limitDescriptors(pid, 1000);
      return result;
    };
    const create = shim.create(containerd, { options: runc.options });
    await withoutDescriptors("end create", create);
    await tasks.call("Start", { id });
    const visitor = await withoutDescriptors("end exec", shim.exec("visitor", ["sleep", "1000"]));
    assertEquals(isAlive(visitor), true);
    await shim.end();
  },
);

testBetterThanGo(
  "a Create whose descriptors go, and whose runtime is killed then, leaves nothing",
  async (containerd) => {
    const bundle = await Bundle.make(containerd, id);
    using runc = await SlowRunc.make(bundle.path, "end create");
    const shim = await DirectShim.startIn(containerd, bundle, runc.options);
    const { pid, tasks } = shim;
    const create = shim.create(containerd, { options: runc.options });
    await runc.untilHeld("end create");
    const init = Number(await Deno.readTextFile(`${bundle.path}/init.pid`));
    await limitDescriptors(pid, lowestFree(pid));
    await runc.kill();
    await assertRejects(() => within(30, "an answer", create), StatusError);
    assertEquals(isAlive(init), false);

    await limitDescriptors(pid, 1000);
    await runc.free();
    await shim.create(containerd, { options: runc.options });
    await tasks.call("Start", { id });
    await shim.end();
  },
);

function lowestFree(pid: number): number {
  for (let number = 0;; number++) if (!exists(`/proc/${pid}/fd/${number}`)) return number;
}
