import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { expectSuccess } from "../harness/containerd/private_containerd.ts";
import { busyboxImage } from "../harness/machine/busybox.ts";
import { test } from "../harness/suite/black_box.ts";

// docker and Kubernetes read the exit codes 126 and 127 from these words.
const createFailed = "OCI runtime create failed: ";

test("a command that does not exist", async (containerd) => {
  const { code, stdout, stderr } = await containerd.run(["--rm"], "box", "/no/such/command");
  assertEquals({ code, stdout }, { code: 1, stdout: "" });
  assertStringIncludes(stderr, createFailed);
  assertStringIncludes(stderr, 'exec: "/no/such/command": stat /no/such/command: no such file');
});

test("a command that is not on the PATH", async (containerd) => {
  const { code, stderr } = await containerd.run(["--rm"], "box", "nosuch");
  assertEquals(code, 1);
  assertStringIncludes(stderr, createFailed);
  assertStringIncludes(stderr, 'exec: "nosuch": executable file not found in $PATH');
});

test("a command that is not executable", async (containerd) => {
  const { code, stderr } = await containerd.run(["--rm"], "box", "/etc/passwd");
  assertEquals(code, 1);
  assertStringIncludes(stderr, createFailed);
  assertStringIncludes(stderr, 'exec: "/etc/passwd": permission denied');
});

test("a bind mount of a folder that does not exist", async (containerd) => {
  const mount = "type=bind,src=/no/such/folder,dst=/mnt,options=rbind:ro";
  const { code, stderr } = await containerd.run(["--rm", "--mount", mount], "box", "true");
  assertEquals(code, 1);
  assertStringIncludes(stderr, createFailed);
  assertStringIncludes(stderr, "/no/such/folder: no such file or directory");
});

test("a root file system that does not exist", async (containerd) => {
  const flags = ["--rm", "--runtime", containerd.runtime.name, "--rootfs", "/no/such/rootfs"];
  const { code, stderr } = await containerd.ctr("run", ...flags, "box", "true");
  assertEquals(code, 1);
  assertStringIncludes(stderr, createFailed);
  assertStringIncludes(stderr, "/no/such/rootfs: no such file or directory");
});

test("a snapshot that can't be mounted", async (containerd) => {
  const snapshots = `${containerd.folder}/root/io.containerd.snapshotter.v1.overlayfs/snapshots`;
  const before = new Set([...Deno.readDirSync(snapshots)].map(({ name }) => name));
  const flags = ["--runtime", containerd.runtime.name];
  expectSuccess(
    await containerd.ctr("containers", "create", ...flags, busyboxImage, "box", "true"),
  );
  const [snapshot] = [...Deno.readDirSync(snapshots)].filter(({ name }) => !before.has(name));
  await Deno.remove(`${snapshots}/${snapshot.name}/work`, { recursive: true });

  const { code, stderr } = await containerd.ctr("task", "start", "box");
  assertEquals(code, 1);
  assertMatch(stderr, /failed to mount rootfs.*no such file or directory/);
  expectSuccess(await containerd.ctr("containers", "rm", "box"));
});

test("a spec that runc refuses", async (containerd) => {
  const spec = `${containerd.folder}/spec.json`;
  await Deno.writeTextFile(
    spec,
    JSON.stringify({
      ociVersion: "1.0.2",
      process: { args: ["true"], cwd: "not/absolute", user: { uid: 0, gid: 0 } },
      root: { path: containerd.rootfs },
      linux: { namespaces: [{ type: "mount" }, { type: "pid" }] },
    }),
  );
  const flags = ["--rm", "--runtime", containerd.runtime.name, "--config", spec];
  const { code, stderr } = await containerd.ctr("run", ...flags, "box");
  await Deno.remove(spec);
  assertEquals(code, 1);
  assertStringIncludes(stderr, createFailed);
  assertStringIncludes(stderr, "must be an absolute path");
});

test("a runtime that is not installed", async (containerd) => {
  const { code, stderr } = await containerd.run(
    ["--rm", "--runtime", "io.containerd.nosuch.v2"],
    "box",
    "true",
  );
  assertEquals(code, 1);
  assertStringIncludes(stderr, '"containerd-shim-nosuch-v2"');
});

test("an id that is taken", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  const { code, stderr } = await containerd.run(["--detach"], "box", "sleep", "1000");
  assertEquals(code, 1);
  assertStringIncludes(stderr, "already exists");
  assertEquals((await containerd.tasks()).get("box")?.status, "RUNNING");
  await containerd.remove("box");
});

test("the same id works after a failure", async (containerd) => {
  assertEquals((await containerd.run(["--rm"], "box", "nosuch")).code, 1);
  assertEquals((await containerd.run(["--rm"], "box", "echo", "well")).stdout, "well\n");
});
