import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { execPidFile, initPidFile, readPid } from "../../runc/pid_file.ts";
import { withFolder } from "./temporary_folder.ts";

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

Deno.test("pid file: what is no pid is an error that shows it", () =>
  withFolder((folder) => {
    const path = join(folder, "pid");
    for (const text of ["", "0", "-1", "1.5", "x", "12 13"]) {
      Deno.writeTextFileSync(path, text);
      assertThrows(() => readPid(path), Error, `expected a pid in ${path}, not ${text}`);
    }
    assertThrows(() => readPid(join(folder, "none")), Deno.errors.NotFound);
  }));
