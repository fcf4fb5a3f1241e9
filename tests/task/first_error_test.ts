/** What is told where a second thing goes wrong behind the first: the first one; the second one is logged. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Any } from "../../proto/mod.ts";
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import { runcOptions } from "../harness/containerd/runtime_options.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { expectProgram } from "../harness/machine/programs.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { jsonAny } from "../harness/shim/task_client.ts";
import { testBetterThanGo } from "../harness/suite/black_box.ts";

const id = "box";
/** containerd.v1.types.Status */
const RUNNING = 2;

/** Makes a runtime in a folder: a shell script that gets runc's arguments, and for each command a function that is called first. */
async function makeRuntime(folder: string, functions: string): Promise<Any.Properties> {
  const path = `${folder}/runtime`;
  const script = `#!/bin/sh
root=$2 log=$4
fail() { echo '{"level":"error","msg":"'$1'"}' >> $log; exit 1; }
create() { :; }; delete() { :; }; after_exec() { :; }
${functions}
for word; do case $word in
  create|delete) $word;;
  exec) ${expectProgram("runc")} "$@" && after_exec; exit;;
esac; done
exec ${expectProgram("runc")} "$@"
`;
  await Deno.writeTextFile(path, script, { mode: 0o755 });
  return runcOptions({ binaryName: path });
}

testBetterThanGo(
  "a Create fails, and so does the runtime that is to clean up",
  async (containerd) => {
    const shim = await DirectShim.start(containerd, id);
    const functions = `create() { mkdir -p $root/${id}; fail first; }; delete() { fail second; }`;
    const options = await makeRuntime(shim.bundle.path, functions);
    const create = shim.create(containerd, { options });
    assertEquals(
      await expectStatus(StatusCode.UNKNOWN, create),
      "OCI runtime create failed: first",
    );
    await Deno.remove(`/run/containerd/runc/${containerd.namespace}/${id}`);
    assertStringIncludes(await shim.shutDown(), "error=second");
  },
);

testBetterThanGo("a Create fails, and nothing can be unmounted", async (containerd) => {
  const shim = await DirectShim.start(containerd, id);
  const { bundle: { path } } = shim;
  // So that nothing below the bundle can be found any more.
  const functions = `create() { mv ${path} ${path}-moved; touch ${path}; exit 7; }`;
  const options = await makeRuntime(path, functions);
  const create = shim.create(containerd, { options });
  assertStringIncludes(
    await expectStatus(StatusCode.UNKNOWN, create),
    "create ended with exit status 7",
  );
  await Deno.remove(path);
  await Deno.rename(`${path}-moved`, path);
  await new Deno.Command("umount", { args: [`${path}/rootfs`] }).output();
  assertStringIncludes(await shim.shutDown(), "can't unmount the root file system of box");
});

testBetterThanGo("an Update fails, and its file can't be removed", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  const file = `${shim.bundle.path}/resources.json`;
  await Deno.mkdir(`${file}/full`, { recursive: true });
  const resources = jsonAny("LinuxResources", {});
  const message = await expectStatus(
    StatusCode.UNKNOWN,
    shim.tasks.call("Update", { id, resources }),
  );
  assertStringIncludes(message, `OCI runtime update failed: open ${file}: is a directory`);
  assertStringIncludes(await shim.end(), "can't remove the resources of box");
});

testBetterThanGo("an exec fails, and its file can't be removed", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  const file = `${shim.bundle.path}/visitor.process.json`;
  await Deno.mkdir(`${file}/full`, { recursive: true });
  const message = await expectStatus(StatusCode.UNKNOWN, shim.exec("visitor", ["true"]));
  assertStringIncludes(message, `OCI runtime exec failed: open ${file}: is a directory`);
  assertStringIncludes(await shim.end(), `can't remove ${file}`);
});

testBetterThanGo("an exec runs whose file can't be removed", async (containerd) => {
  const shim = await DirectShim.start(containerd, id);
  const file = `${shim.bundle.path}/visitor.process.json`;
  const functions = `after_exec() { rm ${file}; mkdir -p ${file}/full; }`;
  await shim.create(containerd, { options: await makeRuntime(shim.bundle.path, functions) });
  const { tasks } = shim;
  await tasks.call("Start", { id });
  const visitor = { id, execId: "visitor" };
  await shim.exec("visitor", ["sleep", "1000"]);
  assertEquals((await tasks.call("State", visitor)).status, RUNNING);
  await tasks.call("Kill", { ...visitor, signal: 9 });
  assertEquals((await tasks.call("Wait", visitor)).exitStatus, 137);
  await tasks.call("Delete", visitor);
  assertStringIncludes(await shim.end(), `can't remove ${file}`);
});
