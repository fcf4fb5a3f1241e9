import { assertEquals, assertStringIncludes } from "@std/assert";
import { expectSuccess } from "../harness/containerd/private_containerd.ts";
import { test } from "../harness/suite/black_box.ts";

test("run --rm passes the output on", async (containerd) => {
  const result = await containerd.run(["--rm"], "box", "echo", "hello");
  assertEquals(result, { code: 0, stdout: "hello\n", stderr: "" });
});

for (const code of [0, 1, 7, 127, 255]) {
  test(`run --rm passes exit code ${code} on`, async (containerd) => {
    const result = await containerd.run(["--rm"], "box", "sh", "-c", `exit ${code}`);
    assertEquals(result, { code, stdout: "", stderr: "" });
  });
}

test("run keeps standard output and standard error apart", async (containerd) => {
  const script = "for i in 1 2 3; do echo out $i; echo err $i >&2; done";
  const result = await containerd.run(["--rm"], "box", "sh", "-c", script);
  assertEquals(result, {
    code: 0,
    stdout: "out 1\nout 2\nout 3\n",
    stderr: "err 1\nerr 2\nerr 3\n",
  });
});

test("run passes standard input on, and its end", async (containerd) => {
  const ctr = containerd.spawnCtr(containerd.runArguments(["--rm"], "box", "cat"));
  const input = ctr.stdin.getWriter();
  const output = ctr.stdout.pipeThrough(new TextDecoderStream()).getReader();
  for (const line of ["one\n", "two\n"]) {
    await input.write(new TextEncoder().encode(line));
    assertEquals((await output.read()).value, line);
  }
  await input.close();
  assertEquals(await output.read(), { value: undefined, done: true });
  assertEquals((await ctr.status).code, 0);
  await ctr.stderr.cancel();
});

test("run works on a root file system without a snapshot", async (containerd) => {
  const { name } = containerd.runtime;
  const flags = ["--rm", "--runtime", name, "--rootfs", containerd.rootfs];
  const result = await containerd.ctr("run", ...flags, "box", "/bin/cat", "/etc/passwd");
  assertEquals(result, { code: 0, stdout: "root:x:0:0:root:/root:/bin/sh\n", stderr: "" });
});

test("run works without any standard streams", async (containerd) => {
  const result = await containerd.run(
    ["--rm", "--null-io"],
    "box",
    "sh",
    "-c",
    "echo lost; exit 4",
  );
  assertEquals(result, { code: 4, stdout: "", stderr: "" });
});

test("run --detach leaves a running task", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  assertEquals((await containerd.tasks()).get("box")?.status, "RUNNING");
  await containerd.remove("box");
});

test("a container sees its own files only, and nothing of the host", async (containerd) => {
  const script = "ls /; hostname; echo $$; touch /made";
  const { stdout } = expectSuccess(await containerd.run(["--rm"], "box", "sh", "-c", script));
  assertStringIncludes(stdout, "bin\ndev\netc\nproc\nroot\nrun\nsys\ntmp\n");
  assertEquals(stdout.trim().split("\n").at(-1), "1");
});

test("ten runs of one id in a row", async (containerd) => {
  for (let run = 0; run < 10; run++) {
    const result = await containerd.run(["--rm"], "box", "sh", "-c", `echo ${run}; exit ${run}`);
    assertEquals(result, { code: run, stdout: `${run}\n`, stderr: "" });
  }
});

test("two containers at once, each with a shim of its own unless they share one", async (containerd) => {
  await containerd.runDetached("one", "sleep", "1000");
  await containerd.runDetached("two", "sleep", "1000");
  assertEquals([...(await containerd.tasks()).keys()].sort(), ["one", "two"]);
  const shims = await Promise.all(["one", "two"].map((id) => containerd.shimPid(id)));
  const areShared = Number(Deno.env.get("SHIM_SHARE") || 1) > 1;
  assertEquals(new Set(shims).size, areShared ? 1 : 2);

  await containerd.remove("one");
  assertEquals((await containerd.exec("two", "echo", "here")).stdout, "here\n");
  await containerd.remove("two");
});

test("eight containers started at the same time", async (containerd) => {
  const codes = [...Array(8).keys()];
  const results = await Promise.all(
    codes.map((code) =>
      containerd.run(["--rm"], `box${code}`, "sh", "-c", `echo ${code}; exit ${code}`)
    ),
  );
  assertEquals(results, codes.map((code) => ({ code, stdout: `${code}\n`, stderr: "" })));
});
