import { assertEquals } from "@std/assert";
import { expectSuccess, outputOf } from "../harness/containerd/private_containerd.ts";
import { test } from "../harness/suite/black_box.ts";

test("task attach passes input, output and exit code on", async (containerd) => {
  const script = 'read line; echo "got $line"; echo err >&2; read line; exit 5';
  // Its input stays open: an end of it would reach the container.
  const run = containerd.spawnCtr(containerd.runArguments(["--detach"], "box", "sh", "-c", script));
  assertEquals((await run.status).code, 0);
  await Promise.all([run.stdin.close(), run.stdout.cancel(), run.stderr.cancel()]);

  const attach = containerd.spawnCtr(["task", "attach", "box"]);
  const input = attach.stdin.getWriter();
  const output = attach.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const errors = attach.stderr.pipeThrough(new TextDecoderStream()).getReader();
  await input.write(new TextEncoder().encode("hello\n"));
  // ctr drops what it has not read when the task ends, so that has to wait.
  assertEquals((await output.read()).value, "got hello\n");
  assertEquals((await errors.read()).value, "err\n");
  await input.write(new TextEncoder().encode("bye\n"));
  assertEquals((await attach.status).code, 5);
  await Promise.all([input.close(), output.cancel(), errors.cancel()]);
  expectSuccess(await containerd.ctr("containers", "rm", "box"));
});

test("task attach can be left, and taken up again", async (containerd) => {
  const script = "trap 'exit 9' TERM; while :; do echo tick; sleep 0.01; done";
  await containerd.runDetached("box", "sh", "-c", script);
  for (let visit = 0; visit < 3; visit++) {
    const attach = containerd.spawnCtr(["task", "attach", "box"]);
    const output = attach.stdout.pipeThrough(new TextDecoderStream()).getReader();
    assertEquals((await output.read()).value?.slice(0, 5), "tick\n");
    attach.kill("SIGKILL");
    await attach.status;
    await Promise.all([output.cancel(), attach.stderr.cancel(), attach.stdin.close()]);
  }
  const attach = containerd.spawnCtr(["task", "attach", "box"], { stdin: "null" });
  const result = outputOf(attach);
  expectSuccess(await containerd.ctr("task", "kill", "box"));
  assertEquals((await result).code, 9);
  expectSuccess(await containerd.ctr("containers", "rm", "box"));
});

test("task attach to a stopped task answers its exit code", async (containerd) => {
  await using events = await containerd.recordEvents();
  await containerd.runDetached("box", "sh", "-c", "exit 6");
  await events.untilExit("box");
  assertEquals((await containerd.ctr("task", "attach", "box")).code, 6);
  expectSuccess(await containerd.ctr("containers", "rm", "box"));
});
