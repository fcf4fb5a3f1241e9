/** What containerd executes for the further containers of a pod, which depends on the version that `start` has answered. */

import { assertEquals } from "@std/assert";
import { runtimeUnderTest, shimName } from "../harness/containerd/private_containerd.ts";
import { PrivateCri } from "../harness/containerd/private_cri.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { readVersion } from "../harness/machine/programs.ts";
import { testsWith } from "../harness/suite/shared_daemon.ts";

const test = testsWith(() => PrivateCri.start());

/** Puts in the place of the shim's program one that notes its actions, before it goes on as the shim. */
async function noteActions(cri: PrivateCri): Promise<{ actions(): string[] } & AsyncDisposable> {
  const { name, binary } = runtimeUnderTest();
  const program = `${cri.folder}/bin/${shimName(name)}`;
  const noted = `${cri.folder}/actions`;
  await Deno.remove(program);
  const script = `#!/bin/sh
for action; do :; done
echo "$action" >> ${noted}
exec ${binary} "$@"
`;
  await Deno.writeTextFile(program, script, { mode: 0o755 });
  return {
    actions: () => Deno.readTextFileSync(noted).trim().split("\n"),
    async [Symbol.asyncDispose]() {
      await Deno.remove(program);
      await Deno.symlink(binary, program);
      await Deno.remove(noted);
    },
  };
}

const isSince2 = readVersion("containerd") >= "2";

test("from containerd 2.0 on a pod costs one start and one delete", async (cri) => {
  await using noted = await noteActions(cri);
  const pod = await cri.runPod();
  const first = await cri.run(pod, "first", ["sleep", "1000"]);
  await cri.run(pod, "second", ["sleep", "1000"]);
  assertEquals((await cri.exec(first, "echo", "hello")).stdout, "hello\n");
  assertEquals(noted.actions(), ["start"]);
  await cri.remove(pod);
  await eventually("the delete", () => noted.actions().length > 1 || undefined);
  assertEquals(noted.actions(), ["start", "delete"]);
}, !isSince2);
