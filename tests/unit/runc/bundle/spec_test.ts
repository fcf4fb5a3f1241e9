import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { hasOwnPidNamespace, readSpec } from "../../../../runc/bundle/spec.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

/** Whether a container with this config.json has its own PID namespace. */
async function read(config: string | undefined): Promise<boolean> {
  const answers: boolean[] = [];
  await withFolder(async (bundle) => {
    if (config !== undefined) await Deno.writeTextFile(join(bundle, "config.json"), config);
    answers.push(hasOwnPidNamespace(readSpec(bundle)));
  });
  return answers[0];
}

const withNamespaces = (...namespaces: unknown[]) => JSON.stringify({ linux: { namespaces } });

Deno.test("spec: a PID namespace is the container's own unless it has a path", async () => {
  assertEquals(await read(withNamespaces({ type: "mount" }, { type: "pid" })), true);
  assertEquals(await read(withNamespaces({ type: "pid", path: "" })), true);
  assertEquals(await read(withNamespaces({ type: "pid", path: "/proc/1/ns/pid" })), false);
});

Deno.test("spec: without a PID namespace it shares that of the shim", async () => {
  assertEquals(await read(withNamespaces({ type: "mount" })), false);
  for (const config of ["{}", '{"linux":{}}', '{"linux":{"namespaces":[]}}']) {
    assertEquals(await read(config), false, config);
  }
});

Deno.test("spec: a config.json that can't be read is an error", async () => {
  await assertRejects(() => read(undefined), Deno.errors.NotFound);
  await assertRejects(() => read("{"), SyntaxError);
});
