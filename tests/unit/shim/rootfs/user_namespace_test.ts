import "../../../harness/unit/opened_libc.ts";
import { assertRejects } from "@std/assert";
import type { Spawner } from "../../../../shim/process/spawn.ts";
import { withUserNamespace } from "../../../../shim/rootfs/user_namespace.ts";

Deno.test("user namespace: what has failed is told, whatever fails after it", async () => {
  // A process that is not there, and whose streams can't be closed.
  const refuse = () => Promise.reject(new Error("can't be closed"));
  const child = {
    pid: 2 ** 30,
    stdin: new WritableStream({ close: refuse }),
    stdout: new ReadableStream({ start: (output) => output.enqueue(1), cancel: refuse }),
    stderr: new ReadableStream({ cancel: refuse }),
    status: Promise.resolve(),
  };
  const spawner = { spawn: () => child } as unknown as Spawner;
  const mapping = { uids: "0:1000:1", gids: "0:1000:1" };
  await assertRejects(
    () => withUserNamespace(spawner, mapping, () => Promise.resolve()),
    Error,
    `open /proc/${child.pid}/uid_map: no such file`,
  );
});
