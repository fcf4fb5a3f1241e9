import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { keepRuntime } from "../../../../runc/bundle/keep_runtime.ts";
import { readRuntime, runtimeOf } from "../../../../runc/bundle/runtime.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

const DEFAULT = { binary: "runc", root: "/run/containerd/runc/n", systemdCgroup: false };

Deno.test("runtime: runc, where the options name none", () => {
  assertEquals(runtimeOf({ binaryName: "", root: "", systemdCgroup: false }, "n"), DEFAULT);
});

Deno.test("runtime: the one of the options, each namespace with a folder of its own", () => {
  const options = { binaryName: "/opt/crun", root: "/run/crun", systemdCgroup: true };
  assertEquals(runtimeOf(options, "k8s.io"), {
    binary: "/opt/crun",
    root: "/run/crun/k8s.io",
    systemdCgroup: true,
  });
});

Deno.test("runtime: what was kept in a bundle is read again", () =>
  withFolder((bundle) => {
    keepRuntime(bundle, { binaryName: "crun", root: "/run/crun", systemdCgroup: true });
    const kept = { binary: "crun", root: "/run/crun/n", systemdCgroup: true };
    assertEquals(readRuntime(bundle, "n"), kept);
    keepRuntime(bundle, { binaryName: "", root: "", systemdCgroup: false });
    assertEquals(readRuntime(bundle, "n"), DEFAULT);
    assertEquals(Deno.statSync(join(bundle, "options.json")).mode! & 0o777, 0o600);
  }));

Deno.test("runtime: a bundle in which nothing was kept has the default", () =>
  withFolder((bundle) => {
    assertEquals(readRuntime(bundle, "n"), DEFAULT);
    assertEquals(readRuntime(join(bundle, "gone"), "n"), DEFAULT);
  }));

Deno.test("runtime: what the Go shim kept is read, too", () =>
  withFolder((bundle) => {
    Deno.writeTextFileSync(
      join(bundle, "options.json"),
      '{"binary_name":"crun","root":"/r","systemd_cgroup":true}',
    );
    const kept = { binary: "crun", root: "/r/n", systemdCgroup: true };
    assertEquals(readRuntime(bundle, "n"), kept);
  }));

Deno.test("runtime: a broken file is told of, with the default", () =>
  withFolder((bundle) => {
    Deno.writeTextFileSync(join(bundle, "options.json"), '{"binary_name":');
    const { fault, ...runtime } = readRuntime(bundle, "n");
    assertEquals(runtime, DEFAULT);
    assertStringIncludes(fault!.message, "options.json");
  }));

Deno.test("runtime: what is kept is there whole, or not at all", () =>
  withFolder((bundle) => {
    const file = join(bundle, "options.json");
    keepRuntime(bundle, { binaryName: "crun", root: "", systemdCgroup: false });
    const { ino } = Deno.statSync(file);
    keepRuntime(bundle, { binaryName: "runc", root: "", systemdCgroup: false });
    assertNotEquals(Deno.statSync(file).ino, ino);
    assertEquals([...Deno.readDirSync(bundle)].map(({ name }) => name), ["options.json"]);
  }));
