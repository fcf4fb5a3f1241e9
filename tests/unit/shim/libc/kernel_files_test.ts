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

Deno.test("kernel files: one of more than a page is read to its end", async () => {
  const path = await Deno.makeTempFile();
  for (const length of [4095, 4096, 4097, 20_000]) {
    const text = "0123456789".repeat(length / 10 + 1).slice(0, length);
    await Deno.writeTextFile(path, text);
    assertEquals(readTextIfThere(path), text);
  }
  await Deno.remove(path);
});
