import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { execPidFile, initPidFile, readPid, writtenPid } from "../../../../runc/bundle/pid_file.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

Deno.test("pid file: its name is init's or the exec's", () => {
  assertEquals(initPidFile("/b"), "/b/init.pid");
  assertEquals(execPidFile("/b", "e1"), "/b/e1.exec.pid");
  assertEquals(execPidFile("/b", "init"), "/b/init.exec.pid");
});

Deno.test("pid file: a pid is read, with or without a newline", () =>
  withFolder((folder) => {
    const path = join(folder, "pid");
    for (const text of ["4194304", "4194304\n"]) {
      Deno.writeTextFileSync(path, text);
      assertEquals(readPid(path), 4194304);
    }
  }));

Deno.test("pid file: it may hold a pid or none", () =>
  withFolder((folder) => {
    const path = join(folder, "pid");
    assertEquals(writtenPid(path), undefined);
    Deno.writeTextFileSync(path, "x");
    assertEquals(writtenPid(path), undefined);
    Deno.writeTextFileSync(path, "7");
    assertEquals(writtenPid(path), 7);
  }));

Deno.test("pid file: what is no pid is an error that shows it", () =>
  withFolder((folder) => {
    const path = join(folder, "pid");
    // One more than there can be; and what would be another pid in 32 bits.
    const tooHigh = ["4194305", "4294967297"];
    for (const text of ["", "0", "-1", "1.5", "x", "12 13", " 5", "0x10", "1e3", ...tooHigh]) {
      Deno.writeTextFileSync(path, text);
      assertThrows(() => readPid(path), Error, `expected a pid in ${path}, not ${text}`);
    }
    assertThrows(() => readPid(join(folder, "none")), Deno.errors.NotFound);
    Deno.writeTextFileSync(path, "x".repeat(1 << 20));
    const { message } = assertThrows(() => readPid(path), Error);
    assertEquals(message, `expected a pid in ${path}, not ${"x".repeat(100)}`);
  }));
