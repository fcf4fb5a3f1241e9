import { assertEquals, assertThrows } from "@std/assert";
import { Errno, readTextIfThere, SystemError } from "../../../../shim/libc/mod.ts";
import { expectNoNewDescriptors } from "../../../harness/unit/descriptors.ts";

Deno.test("kernel files: one that is not there is undefined, and one that can't be read an error", () =>
  expectNoNewDescriptors(() => {
    assertEquals(readTextIfThere("/proc/self/comm"), Deno.readTextFileSync("/proc/self/comm"));
    assertEquals(readTextIfThere("/proc/self/nothing"), undefined);
    const error = assertThrows(() => readTextIfThere("/proc/self/mem"), SystemError);
    assertEquals(error.errno, Errno.EIO);
  }));
