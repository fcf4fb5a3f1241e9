import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { build } from "../../tools/build/build.ts";
import { expectSuccess, PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { isAlive } from "../harness/machine/processes.ts";
import { ctrAtTerminal } from "../harness/streams/pseudo_terminal.ts";
import { testsWith } from "../harness/suite/shared_daemon.ts";

const SKELETON = fromFileUrl(new URL("../../examples/skeleton", import.meta.url));

const test = testsWith(async () => {
  const binary = await build(SKELETON);
  return await PrivateContainerd.start([{ name: "io.containerd.skeleton.v1", binary }]);
});

test("skeleton: run passes the streams and the exit code on", async (containerd) => {
  const script = "read line; echo $line; cat; echo err >&2; exit 7";
  const ctr = containerd.spawnCtr(containerd.runArguments(["--rm"], "box", "sh", "-c", script));
  const input = ctr.stdin.getWriter();
  const output = ctr.stdout.pipeThrough(new TextDecoderStream()).getReader();
  await input.write(new TextEncoder().encode("typed\n"));
  assertEquals((await output.read()).value, "typed\n");
  await input.close();
  assertEquals(await output.read(), { value: undefined, done: true });
  assertEquals(await new Response(ctr.stderr).text(), "err\n");
  assertEquals((await ctr.status).code, 7);
});

test("skeleton: a container is a process of the host", async (containerd) => {
  const result = await containerd.run(["--rm"], "box", "readlink", "/proc/self/ns/mnt");
  assertEquals(result.stdout.trim(), await Deno.readLink("/proc/self/ns/mnt"));
});

for (const [signal, status] of [["SIGTERM", 143], ["SIGKILL", 137]] as const) {
  test(`skeleton: ${signal} ends it with the status ${status}`, async (containerd) => {
    await containerd.runDetached("box", "sleep", "1000");
    const wait = containerd.ctr("task", "attach", "box");
    expectSuccess(await containerd.ctr("task", "kill", "--signal", signal, "box"));
    // It removes the task.
    assertEquals((await wait).code, status);
    expectSuccess(await containerd.ctr("containers", "rm", "box"));
  });
}

test("skeleton: what a container leaves of its process group ends with it", async (containerd) => {
  const script = "sleep 1000 >/dev/null 2>&1 & echo $!";
  const { stdout } = expectSuccess(await containerd.run(["--rm"], "box", "sh", "-c", script));
  assertMatch(stdout, /^\d+\n$/);
  await eventually("its end", () => !isAlive(Number(stdout)) || undefined);
});

test("skeleton: a program that is not there", async (containerd) => {
  const { code, stderr } = await containerd.run(["--rm"], "box", "nosuch");
  assertEquals(code, 127);
  assertStringIncludes(stderr, "nosuch: not found");
});

test("skeleton: exec and a terminal are refused", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  const exec = await containerd.exec("box", "true");
  assertEquals(exec.code, 1);
  assertStringIncludes(exec.stderr, "Exec is not implemented by this shim");
  await containerd.remove("box");

  const args = containerd.runArguments(["--rm", "--tty"], "other", "true");
  await using terminal = ctrAtTerminal(containerd, args);
  await terminal.output.until(/the container other can't have a terminal/);
  assertEquals((await terminal.end()).code, 1);
});

test("skeleton: a shim that is killed leaves nothing", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  const [pid, shim] = [await containerd.taskPid("box"), await containerd.shimPid("box")];
  Deno.kill(shim, "SIGKILL");
  await eventually("the end of the container", () => !isAlive(pid) || undefined);
  await eventually(
    "the end of the task",
    async () => !(await containerd.tasks()).has("box") || undefined,
  );
  expectSuccess(await containerd.ctr("container", "rm", "box"));
});

test("skeleton: a container lives while containerd is away", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  await containerd.stop("SIGKILL");
  await containerd.boot();
  assertEquals((await containerd.tasks()).get("box")?.status, "RUNNING");
  await using events = await containerd.recordEvents();
  Deno.kill(await containerd.taskPid("box"), "SIGKILL");
  assertEquals((await events.untilExit("box")).body.exit_status, 137);
  await containerd.remove("box");
});
