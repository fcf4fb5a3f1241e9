/** The file of settings, as an operator sees it. */

import { assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { DeleteResponse } from "../../proto/mod.ts";
import { type PrivateContainerd, shimName } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { isAlive } from "../harness/machine/processes.ts";
import {
  Bundle,
  callShim,
  DirectShim,
  shimArguments,
  shutDown,
  startShim,
} from "../harness/shim/direct_shim.ts";
import { TaskClient } from "../harness/shim/task_client.ts";
import { testBetterThanGo } from "../harness/suite/black_box.ts";

/** Has the program, whoever calls it, read these settings meanwhile. */
async function withSettings(
  containerd: PrivateContainerd,
  text: string,
  run: (path: string) => Promise<void>,
): Promise<void> {
  const path = `${containerd.folder}/settings.json`;
  await Deno.writeTextFile(path, text);
  Deno.env.set("SHIM_CONFIG", path);
  try {
    await run(path);
  } finally {
    Deno.env.delete("SHIM_CONFIG");
    await Deno.remove(path);
  }
}

/** What `start` says on standard error, which must fail. */
async function refusal(containerd: PrivateContainerd, bundle: Bundle): Promise<string> {
  const args = shimArguments(containerd, bundle.id, "start");
  const { code, stdout, stderr } = await callShim(containerd, bundle.path, args);
  assertEquals([code, stdout.length], [1, 0]);
  return stderr;
}

testBetterThanGo("start refuses a wrong file, and says where what is wrong", async (containerd) => {
  const bundle = await Bundle.make(containerd, "box");
  await withSettings(containerd, '{\n  // one\n  "spair": false\n}', async (path) => {
    const name = shimName(containerd.runtime.name);
    assertStringIncludes(
      await refusal(containerd, bundle),
      `${name}: ${path}:3: unknown key spair; known are logLevel, `,
    );
    assertEquals(await bundle.delete(containerd).then(({ code, stderr }) => [code, stderr]), [
      0,
      "",
    ]);
  });
  await bundle.remove();
});

testBetterThanGo("the file is /etc/containerd-shim-ts-v2.json", async (containerd) => {
  const bundle = await Bundle.make(containerd, "box");
  const file = `/etc/${shimName(containerd.runtime.name)}.json`;
  // In a mount namespace of its own.
  const script = `mount -t tmpfs none /etc && echo '{"share' > ${file} && exec "$@"`;
  const args = shimArguments(containerd, "box", "start");
  const { code, stderr } = await new Deno.Command("unshare", {
    args: ["--mount", "sh", "-c", script, "sh", containerd.runtime.binary, ...args],
    cwd: bundle.path,
    stdin: "null",
  }).output();
  assertEquals(code, 1);
  assertStringIncludes(new TextDecoder().decode(stderr), `${file}:1: expected a key in quotes`);
  await bundle.remove();
});

testBetterThanGo("a file that is spoilt later touches no running container", async (containerd) => {
  const shim = await DirectShim.run(containerd, "box");
  await withSettings(containerd, "{", async () => {
    await shim.exec("one", ["true"]);
    assertEquals((await shim.tasks.call("Wait", { id: "box", execId: "one" })).exitStatus, 0);
    Deno.kill(shim.pid, "SIGKILL");
    await eventually("an end", () => !isAlive(shim.pid) || undefined);
    const { code, stdout, stderr } = await shim.bundle.delete(containerd);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(DeleteResponse.decode(stdout).exitStatus, 137);
  });
  shim.tasks.client.close();
  await shim.bundle.remove();
});

testBetterThanGo("containerd's client is told what is wrong in the file", async (containerd) => {
  await containerd.stop();
  await withSettings(containerd, '{"spare": 1}', async (path) => {
    await containerd.boot();
    const { code, stderr } = await containerd.run(["--rm"], "box", "true");
    assertNotEquals(code, 0);
    assertStringIncludes(stderr, `${path}:1: expected true or false as spare, not 1`);
    await containerd.stop();
  });
  await containerd.boot();
});

testBetterThanGo(
  "a server logs at the file's level, whatever containerd asks for",
  async (containerd) => {
    await withSettings(containerd, '{"logLevel": "error"}', async () => {
      const shim = await DirectShim.start(containerd, "box"); // with -debug
      await shim.create(containerd);
      assertEquals(await shim.end(), "");
    });
    await withSettings(containerd, '{"logLevel": "debug"}', async () => {
      const bundle = await Bundle.make(containerd, "box");
      const address = await startShim(containerd, bundle, {}, []);
      await shutDown(await TaskClient.connect(address), "box");
      assertMatch(await bundle.remove(), /level=debug msg="the shim listens"/);
    });
  },
);
