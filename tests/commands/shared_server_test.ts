/** The commands where one process is the shims of several containers. */
import { assertEquals } from "@std/assert";
import { type Json, jsonOf, runCommand } from "../harness/shim/commands.ts";
import { test } from "../reliability/sharing.ts";

test("the commands tell its shims apart", async (containerd) => {
  const ids = ["a", "b"];
  const place = ["--address", containerd.address];
  for (const id of ids) await containerd.runDetached(id, "sleep", "1000");
  const pid = await containerd.shimPid("a");
  assertEquals(await containerd.shimPid("b"), pid);
  const { shims } = await jsonOf("ps", ...place);
  const sockets = await Promise.all(ids.map((id) => containerd.findShim(id)));
  assertEquals(
    shims.map(({ id, pid, socket, containers }: Json) => [
      id,
      pid,
      socket,
      containers.map(({ id, status }: Json) => `${id} ${status}`),
    ]),
    ids.map((id, index) => [
      id,
      pid,
      sockets[index].address.replace("unix://", ""),
      [`${id} running`],
    ]),
  );
  assertEquals((await jsonOf("inspect", "b", ...place)).pid, await containerd.taskPid("b"));
  const { containers } = await jsonOf("stats", "--once", ...place);
  assertEquals(containers.map(({ id, pids }: Json) => [id, pids]), [["a", 1], ["b", 1]]);
  const tree = await jsonOf("tree", "b", ...place);
  const inits = tree.children.flatMap(({ children }: Json) => children);
  assertEquals(inits.map(({ container }: Json) => container), ["b"]);
  // The one that the process was started for goes first.
  await containerd.remove("a");
  const left = await jsonOf("ps", ...place);
  assertEquals(left.shims.map(({ id, pid }: Json) => [id, pid]), [["b", pid]]);
  const { stdout } = await runCommand("doctor");
  assertEquals(stdout.includes(containerd.namespace), false, stdout);
  await containerd.remove("b");
});
