import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { REPOSITORY } from "../harness/machine/repository.ts";

function run(command: string, args: string[], options: Deno.CommandOptions = {}) {
  const { code, stdout, stderr } = new Deno.Command(command, { args, ...options }).outputSync();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("task install copies one file, which works from there alone", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const installed = run(Deno.execPath(), ["task", "install", folder], { cwd: REPOSITORY });
    assertEquals(installed.code, 0, installed.stderr);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["containerd-shim-ts-v2"]);
    const shim = join(folder, "containerd-shim-ts-v2");
    assertEquals(Deno.statSync(shim).mode! & 0o777, 0o755);
    // As containerd may start it: nearly nothing in the environment, and the repository hidden under another mount.
    const hidden = `mount -t tmpfs tmpfs '${REPOSITORY}' && cd / && exec '${shim}' -v`;
    const environment = { clearEnv: true, env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } };
    const { code, stdout, stderr } = run(
      "unshare",
      ["--mount", "--propagation", "private", "sh", "-c", hidden],
      environment,
    );
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /^containerd-shim-ts-v2:\n {2}Version: {2}\d+\.\d+\.\d+\n/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("task install says what is wrong with a folder", () => {
  const missing = run(Deno.execPath(), ["task", "install", "/nonexistent"], { cwd: REPOSITORY });
  assertEquals(missing.code, 1);
  assertStringIncludes(missing.stderr, "/nonexistent");
});
