/** Processes that outlive the one that started them, and keep its standard output open. */

import { assertEquals } from "@std/assert";
import { expectSuccess } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { within } from "../harness/expect/within.ts";
import { childrenOf } from "../harness/machine/processes.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { ClientFifo } from "../harness/streams/client_fifo.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

test("exec ends though a grandchild holds its output", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  await using events = await containerd.recordEvents();
  const script = "sleep 2000 & echo started; exit 3";
  const exec = containerd.ctr("task", "exec", "--exec-id", "visitor", "box", "sh", "-c", script);
  const { body } = await within(30, "an end of the exec", events.untilExit("box", "visitor"));
  assertEquals(body.exit_status, 3);

  const grandchild = await eventually("the grandchild, by its own command", async () => {
    const { stdout } = await containerd.exec("box", "ps", "-o", "pid,args");
    return stdout.match(/^ *(\d+) sleep 2000$/m)?.[1];
  });
  // ctr of containerd 2.4 waits for the end of the output, the others do not.
  expectSuccess(await containerd.exec("box", "kill", grandchild));
  const result = await within(30, "an end of ctr task exec", exec);
  assertEquals(result, { code: 3, stdout: "started\n", stderr: "" });
  await within(30, "an end of the removal", containerd.remove("box"));
});

testBetterThanGo(
  "Wait and Delete of an exec do not wait for such a grandchild",
  async (containerd) => {
    const shim = await DirectShim.run(containerd, "box");
    const { tasks, bundle } = shim;
    using stdout = await ClientFifo.make(`${bundle.path}/stdout`);
    const exec = { id: "box", execId: "visitor" };
    const script = "sleep 2000 & echo started; exit 3";
    await shim.exec(exec.execId, ["sh", "-c", script], { stdout: stdout.path });
    await stdout.output.until(/started\n/);
    // The Go shim takes ten seconds for the Delete.
    assertEquals((await within(8, "an answer to Wait", tasks.call("Wait", exec))).exitStatus, 3);
    await within(8, "an answer to Delete", tasks.call("Delete", exec));
    assertEquals(
      (await tasks.call("Pids", { id: "box" })).processes.length,
      2,
      "init and the grandchild",
    );
    await shim.end();
  },
);

test("a container ends with its init though another process holds its output", async (containerd) => {
  const script = "sleep 2000 & echo started; exit 3";
  const run = containerd.run(["--rm"], "box", "sh", "-c", script);
  const result = await within(30, "an end of ctr run", run);
  assertEquals(result, { code: 3, stdout: "started\n", stderr: "" });
});

test("so it does without a PID namespace of its own: the others are killed", async (containerd) => {
  const flags = ["--rm", "--with-ns", "pid:/proc/self/ns/pid"];
  const script = "sleep 2000 & echo started; exit 3";
  const run = containerd.run(flags, "box", "sh", "-c", script);
  const result = await within(30, "an end of ctr run", run);
  assertEquals(result, { code: 3, stdout: "started\n", stderr: "" });
});

test("what is orphaned in a container is reaped", async (containerd) => {
  // Without a PID namespace the orphans become the shim's children.
  const flags = ["--detach", "--with-ns", "pid:/proc/self/ns/pid"];
  await using events = await containerd.recordEvents();
  const orphans = "for i in $(seq 50); do (true & true) & done";
  await containerd.run(flags, "box", "sh", "-c", `${orphans}; wait; exec sleep 1000`);
  assertEquals((await containerd.exec("box", "sh", "-c", `${orphans}; wait; exit 4`)).code, 4);
  const shim = await containerd.shimPid("box");
  await events.catchUp();
  const zombies = () => childrenOf(shim).filter(({ state }) => state === "Z");
  await eventually("no zombie", () => zombies().length === 0 || undefined);
  await containerd.remove("box");
});
