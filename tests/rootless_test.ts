/** containerd, shim and runc without power over the machine: in a user namespace, as rootless containers have it. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { findProgram } from "../tools/programs.ts";
import { expectSuccess, PrivateContainerd } from "./private_containerd.ts";
import { testsWith } from "./shared_daemon.ts";

/**
 * Takes the place of containerd on the PATH. The users and groups of the namespace have the numbers that they have outside, so that
 * all files are there, but root there has no capability outside.
 */
const WRAPPER = `#!/bin/sh
unshare --user sleep 60 &
until [ "$(readlink /proc/$!/ns/user)" != "$(readlink /proc/$$/ns/user)" ]; do :; done
echo 0 0 65536 > /proc/$!/uid_map
echo 0 0 65536 > /proc/$!/gid_map
exec nsenter --user --target $! sh -c 'kill $0; exec unshare --mount "$@"' $! CONTAINERD "$@"
`;

/** A containerd in a user namespace. */
async function startRootless(): Promise<PrivateContainerd> {
  const folder = await Deno.makeTempDir({ prefix: "rootless-" });
  const path = Deno.env.get("PATH")!;
  const wrapper = WRAPPER.replace("CONTAINERD", findProgram("containerd")!);
  await Deno.writeTextFile(`${folder}/containerd`, wrapper, { mode: 0o755 });
  Deno.env.set("PATH", `${folder}:${path}`);
  try {
    return await PrivateContainerd.start();
  } finally {
    Deno.env.set("PATH", path);
    await Deno.remove(folder, { recursive: true });
  }
}

const test = testsWith(startRootless);

test("a container in a user namespace lives and ends as any other", async (containerd) => {
  await using events = await containerd.recordEvents();
  assertEquals(await containerd.run(["--rm"], "hello", "echo", "hello"), {
    code: 0,
    stdout: "hello\n",
    stderr: "",
  });
  await containerd.runDetached("box", "sleep", "1000");
  const userNamespace = (pid: number | "self") => Deno.readLinkSync(`/proc/${pid}/ns/user`);
  const pid = await containerd.taskPid("box");
  assertEquals(userNamespace(pid), userNamespace(await containerd.shimPid("box")));
  assertEquals(userNamespace(pid) === userNamespace("self"), false);

  const exec = await containerd.exec("box", "sh", "-c", "echo out; echo err >&2; exit 3");
  assertEquals([exec.code, exec.stdout, exec.stderr], [3, "out\n", "err\n"]);
  expectSuccess(await containerd.ctr("task", "pause", "box"));
  assertEquals((await containerd.tasks()).get("box")!.status, "PAUSED");
  expectSuccess(await containerd.ctr("task", "resume", "box"));
  assertStringIncludes((await containerd.ctr("task", "metrics", "box")).stdout, "memory.usage");
  expectSuccess(await containerd.ctr("task", "kill", "-s", "KILL", "box"));
  assertEquals((await events.untilExit("box")).body.exit_status, 137);
  await containerd.remove("box");
});
