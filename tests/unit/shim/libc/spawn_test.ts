import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import {
  close,
  closeAllOnExec,
  Errno,
  isExiting,
  kill,
  open,
  OpenFlag,
  pipe,
  reap,
  spawnProgram,
  SystemError,
} from "../../../../shim/libc/mod.ts";
import { eventually } from "../../../harness/expect/eventually.ts";
import { expectNoNewDescriptors, readToEnd, toFile } from "../../../harness/unit/descriptors.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

// What this process has inherited itself.
closeAllOnExec();

const decoder = new TextDecoder();

/** What a program writes to its descriptor 3, and its exit status. */
async function outputOf(
  path: string,
  args: string[],
  { env = {}, more = [] }: { env?: Record<string, string>; more?: number[] } = {},
): Promise<{ text: string; status: number; pid: number }> {
  const { read, write } = pipe();
  const descriptors = [null, null, null, write, ...more];
  const pid = spawnProgram(path, { args, env, descriptors, newSession: true });
  close(write);
  using output = toFile(read, "read");
  const text = decoder.decode(await readToEnd(output));
  const { status } = await eventually("an end", () => reap(pid));
  return { text, status, pid };
}

function test(name: string, run: () => Promise<void> | void): void {
  Deno.test(`spawn program: ${name}`, () => expectNoNewDescriptors(run));
}

test("it has its arguments and environment, and nothing but these", async () => {
  const args = ["-c", "cat /proc/$$/cmdline /proc/$$/environ >&3; exit 7", "a b", "", "é\n"];
  const { text, status } = await outputOf("/bin/sh", args, { env: { A: "1", EMPTY: "", C: "é=" } });
  assertEquals(text, ["/bin/sh", ...args, "A=1", "EMPTY=", "C=é=", ""].join("\0"));
  assertEquals(status, 7);
  const alone = await outputOf("/bin/sh", ["-c", "cat /proc/$$/environ >&3"]);
  assertEquals(alone.text, "");
});

test("it has no other descriptors than those given to it, in their order", async () => {
  const files = ["/dev/zero", "/dev/full", "/dev/random"].map((path) =>
    open(path, OpenFlag.RDONLY)
  );
  for (const more of [files, files.toReversed(), [files[0], files[0]]]) {
    const { text } = await outputOf("/bin/sh", ["-c", "exec ls -l /proc/self/fd >&3"], { more });
    const links = [...text.matchAll(/ (\d+ -> .*)$/gm)].map(([, link]) => link);
    assertEquals(links.map((link) => link.replace(/\[\d+\]|(?<=proc\/)\d+/, "")), [
      "0 -> /dev/null",
      "1 -> pipe:",
      "2 -> /dev/null",
      "3 -> pipe:",
      ...more.map((file, index) => `${4 + index} -> ${Deno.readLinkSync(`/proc/self/fd/${file}`)}`),
      // The folder that it reads.
      `${4 + more.length} -> /proc//fd`,
    ]);
  }
  for (const file of files) close(file);
});

test("it leads a session, and ignores and blocks no signal", async () => {
  const script = "exec cat /proc/self/stat /proc/self/status >&3";
  const { text, pid } = await outputOf("/bin/sh", ["-c", script]);
  const [, , , , group, session] = text.split(" ");
  assertEquals([group, session], [`${pid}`, `${pid}`]);
  for (const name of ["SigIgn", "SigBlk"]) {
    assertEquals(/\t(.*)/.exec(text.slice(text.indexOf(name)))?.[1], "0".repeat(16), name);
  }
});

test("what can't be executed is an error", async () => {
  await withFolder(async (folder) => {
    const noProgram = join(folder, "no-program");
    await Deno.writeTextFile(noProgram, "what is this?", { mode: 0o755 });
    for (
      const [path, errno, reason] of [
        [join(folder, "nowhere"), Errno.ENOENT, "no such file or directory"],
        [folder, 13, "permission denied"],
        ["/etc/passwd", 13, "permission denied"],
        [noProgram, 8, "exec format error"],
      ] as const
    ) {
      const options = { args: [], env: {}, descriptors: [] };
      const error = assertThrows(() => spawnProgram(path, options), SystemError);
      assertEquals([error.errno, error.message], [errno, `execute ${path}: ${reason}`]);
    }
  });
});

test("it is ending once its descriptors have been closed by that, and not when it closes them", async () => {
  for (
    const [script, exiting] of [["exit 3", true], ["exec 3>&-; exec sleep 100", false]] as const
  ) {
    const { read, write } = pipe();
    const pid = spawnProgram("/bin/sh", {
      args: ["-c", script],
      env: {},
      descriptors: [null, null, null, write],
    });
    close(write);
    using output = toFile(read, "read");
    await readToEnd(output);
    assertEquals(isExiting(pid), exiting);
    if (!exiting) kill(pid, 9);
    await eventually("an end", () => reap(pid));
    assertEquals(isExiting(pid), true);
  }
});
