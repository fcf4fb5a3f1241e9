/** Runtime options as containerd's CRI sends them to a runtime of any name but runc's: as TOML. */

import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { RuntimeInfo } from "../../proto/mod.ts";
import { StatusCode, StatusError } from "../../shim/ttrpc/mod.ts";
import { RecordingRuntime, runtimeOptions } from "../harness/containerd/runtime_options.ts";
import { Bundle, callShim, DirectShim, startShim } from "../harness/shim/direct_shim.ts";
import { testBetterThanGo } from "../harness/suite/black_box.ts";

testBetterThanGo("Create reads options in TOML", async (containerd) => {
  await using runtime = await RecordingRuntime.make(`${containerd.folder}/recording-runc`);
  const root = `${containerd.folder}/runc-root`;
  const toml = `
    # of a RuntimeClass
    BinaryName = "${runtime.path}"
    Root = "${root}"
    noPivotRoot = true
    NoNewKeyring = false
    SystemdCgroup = true
  `;
  const shim = await DirectShim.start(containerd, "box");
  await shim.create(containerd, { options: runtimeOptions({ toml }) });
  const [create] = await runtime.callsOf("create");
  assertEquals(create.root, `${root}/${containerd.namespace}`);
  assertEquals(create.systemdCgroup, true);
  assertEquals(create.args.filter((arg) => /^--no-/.test(arg)), ["--no-pivot"]);
  await shim.end();
  await Deno.remove(root, { recursive: true });
});

testBetterThanGo("ctr's --runtime-config-path names a file with options", async (containerd) => {
  await using runtime = await RecordingRuntime.make(`${containerd.folder}/recording-runc`);
  const path = `${containerd.folder}/options.toml`;
  await Deno.writeTextFile(path, `BinaryName = "${runtime.path}"\n`);
  const result = await containerd.run(
    ["--runtime-config-path", path, "--rm"],
    "box",
    ...["echo", "hello"],
  );
  assertEquals(result, { code: 0, stdout: "hello\n", stderr: "" });
  assertEquals((await runtime.callsOf("create")).length, 1);
  await Deno.remove(path);
});

testBetterThanGo(
  "a file with options that is not there is told to the user",
  async (containerd) => {
    const flags = ["--runtime-config-path", "/no/such/options.toml", "--rm"];
    const { code, stderr } = await containerd.run(flags, "box", "true");
    assertEquals(code, 1);
    assertMatch(stderr, /runtime options in \/no\/such\/options\.toml: No such file or directory/);
  },
);

testBetterThanGo("start reads options in TOML", async (containerd) => {
  const bundle = await Bundle.make(containerd, "box");
  const options = runtimeOptions({ toml: 'ShimCgroup = "/no/such/cgroup"' });
  const { message } = await assertRejects(() => startShim(containerd, bundle, options), Error);
  assertStringIncludes(message, "the cgroup /no/such/cgroup for the shim does not exist");
  await bundle.remove();
});

testBetterThanGo("-info reads options in TOML", async (containerd) => {
  await using runtime = await RecordingRuntime.make(`${containerd.folder}/recording-runc`);
  const options = runtimeOptions({ toml: `BinaryName = "${runtime.path}"` });
  const { code, stdout } = await callShim(containerd, "/", ["-info"], {}, options);
  assertEquals(code, 0);
  const info = RuntimeInfo.decode(stdout);
  assertEquals(info.options?.typeUrl, options.typeUrl);
  assertStringIncludes(new TextDecoder().decode(info.features?.value), "ociVersionMin");
  assertEquals((await runtime.calls()).map(({ command }) => command), ["features"]);
});

testBetterThanGo("an option of an unknown name is a warning in the log", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  const toml = 'TypeUrl = "containerd.runc.v1.Options"\nNoSuch = 1';
  await shim.create(containerd, { options: runtimeOptions({ toml }) });
  const warnings = (await shim.end()).split("\n").filter((line) => line.includes("level=warning"));
  assertEquals(warnings.length, 1);
  assertStringIncludes(warnings[0], 'msg="passed over an unknown runtime option: NoSuch"');
});

testBetterThanGo(
  "TOML that can't be read is an invalid argument, which says why",
  async (containerd) => {
    const shim = await DirectShim.start(containerd, "box");
    const cases: [toml: string, reason: string][] = [
      ['Root = "/r"\nIoUid = one', "line 2, column 8"],
      ['IoUid = "1000"', 'a whole number from 0 to 4294967295 for IoUid, not "1000"'],
      ["SystemdCgroup = 1", "a boolean for SystemdCgroup, not 1"],
    ];
    for (const [toml, reason] of cases) {
      const create = shim.create(containerd, { options: runtimeOptions({ toml }) });
      const error = await assertRejects(() => create, StatusError);
      assertEquals(error.code, StatusCode.INVALID_ARGUMENT);
      assertStringIncludes(error.message, reason);
    }
    await shim.shutDown();
  },
);
