import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { expectSuccess, type PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { test } from "../harness/suite/black_box.ts";

/** A {@linkcode test} with a running container `box`. */
function testInBox(name: string, body: (containerd: PrivateContainerd) => Promise<void>): void {
  test(name, async (containerd) => {
    await containerd.runDetached("box", "sleep", "1000");
    await body(containerd);
    await containerd.remove("box");
  });
}

testInBox(
  "exec passes output and exit code on, and keeps the streams apart",
  async (containerd) => {
    const result = await containerd.exec("box", "sh", "-c", "echo out; echo err >&2; exit 7");
    assertEquals(result, { code: 7, stdout: "out\n", stderr: "err\n" });
  },
);

testInBox("exec tells of a signal by 128 and its number", async (containerd) => {
  const { code } = await containerd.exec("box", "sh", "-c", "kill -TERM $$");
  assertEquals(code, 128 + 15);
});

testInBox("exec passes standard input on, and its end", async (containerd) => {
  const result = await containerd.ctrWithInput(
    "hi\n",
    ...containerd.execArguments([], "box", "cat"),
  );
  assertEquals(result, { code: 0, stdout: "hi\n", stderr: "" });
});

testInBox("exec passes the end of an empty input on", async (containerd) => {
  const args = containerd.execArguments([], "box", "sh", "-c", "echo ready; wc -c");
  const ctr = containerd.spawnCtr(args);
  const output = ctr.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assertEquals((await output.read()).value, "ready\n");
  await ctr.stdin.close();
  assertEquals((await output.read()).value, "0\n");
  assertEquals((await ctr.status).code, 0);
  await Promise.all([output.cancel(), ctr.stderr.cancel()]);
});

testInBox("exec runs beside init, in its namespaces and its cgroup", async (containerd) => {
  await using events = await containerd.recordEvents();
  await containerd.execDetached("box", "visitor", "sleep", "1000");
  const { body } = await events.until(({ topic }) => topic === "/tasks/exec-started");
  const init = await containerd.taskPid("box");
  for (const name of ["ipc", "mnt", "net", "pid", "uts"]) {
    const [ofInit, ofExec] = [init, body.pid].map((pid) =>
      Deno.readLinkSync(`/proc/${pid}/ns/${name}`)
    );
    assertEquals(ofExec, ofInit);
  }
  const [ofInit, ofExec] = [init, body.pid].map((pid) =>
    Deno.readTextFileSync(`/proc/${pid}/cgroup`)
  );
  assertEquals(ofExec, ofInit);
});

testInBox("exec takes a working directory", async (containerd) => {
  const args = containerd.execArguments(["--cwd", "/etc"], "box", "pwd");
  assertEquals((await containerd.ctr(...args)).stdout, "/etc\n");
});

testInBox("exec takes a user", async (containerd) => {
  const args = containerd.execArguments(["--user", "1234:5678"], "box", "sh", "-c", "id -u; id -g");
  assertEquals((await containerd.ctr(...args)).stdout, "1234\n5678\n");
});

testInBox("exec of a command that does not exist", async (containerd) => {
  const { code, stderr } = await containerd.exec("box", "/no/such/command");
  assertEquals(code, 1);
  assertStringIncludes(stderr, "OCI runtime exec failed: ");
  assertStringIncludes(stderr, 'exec: "/no/such/command": stat /no/such/command: no such file');
});

testInBox("exec of a command that is not on the PATH", async (containerd) => {
  const { code, stderr } = await containerd.exec("box", "nosuch");
  assertEquals(code, 1);
  assertStringIncludes(stderr, "OCI runtime exec failed: ");
  assertStringIncludes(stderr, 'exec: "nosuch": executable file not found in $PATH');
});

testInBox("an exec id is free again after a failure and after an end", async (containerd) => {
  for (const [command, expected] of [["nosuch", 1], ["false", 1], ["true", 0]] as const) {
    const { code } = await containerd.ctr("task", "exec", "--exec-id", "again", "box", command);
    assertEquals(code, expected, command);
  }
});

testInBox(
  "exec --detach goes on, is listed by its exec id, and can be removed",
  async (containerd) => {
    const exec = ["--exec-id", "sleeper"];
    expectSuccess(await containerd.ctr("task", "exec", "--detach", ...exec, "box", "sleep", "999"));
    const processes = await containerd.processes("box");
    assertEquals(new Set(processes.values()), new Set([undefined, "sleeper"]));

    const taken = await containerd.ctr("task", "exec", ...exec, "box", "true");
    assertEquals(taken.code, 1);
    // The words of ours, or of the code, which ctr of 2.x leaves out.
    assertMatch(taken.stderr, /already exists|exec id sleeper is taken/);

    const running = await containerd.ctr("task", "rm", ...exec, "box");
    assertEquals(running.code, 1);
    assertStringIncludes(running.stderr, "failed precondition");

    await using events = await containerd.recordEvents();
    expectSuccess(await containerd.ctr("task", "kill", "--signal", "KILL", ...exec, "box"));
    await events.untilExit("box", "sleeper");
    assertEquals((await containerd.ctr("task", "rm", ...exec, "box")).code, 137);
  },
);

test("exec in a stopped container fails", async (containerd) => {
  await using events = await containerd.recordEvents();
  await containerd.runDetached("box", "true");
  await events.untilExit("box");
  const { code, stdout, stderr } = await containerd.exec("box", "true");
  assertEquals({ code, stdout }, { code: 1, stdout: "" });
  assertMatch(stderr, /cannot exec in a stopped state|init process .* is not running/);
  await containerd.remove("box");
});

test("exec in a container that does not exist fails", async (containerd) => {
  const { code, stderr } = await containerd.exec("nosuch", "true");
  assertEquals(code, 1);
  assertStringIncludes(stderr, "not found");
});

testInBox("forty execs at once, each with its exit code and output", async (containerd) => {
  const codes = [...Array(40).keys()];
  const results = await Promise.all(
    codes.map((code) => containerd.exec("box", "sh", "-c", `echo exec ${code}; exit ${code}`)),
  );
  assertEquals(results, codes.map((code) => ({ code, stdout: `exec ${code}\n`, stderr: "" })));
});
