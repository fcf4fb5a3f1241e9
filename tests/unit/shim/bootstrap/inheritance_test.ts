import "../../../harness/unit/opened_libc.ts";
import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { inherited, tell, type Told } from "../../../../shim/bootstrap/inherited.ts";
import { SystemError } from "../../../../shim/libc/mod.ts";
import { DEFAULTS } from "../../../../shim/settings/settings.ts";

/** The line that names the version of the program that runs. */
const PROGRAM = 1;

function linesOf(told: Told): string[] {
  return inherited(told).split("\n").filter((_, index) => index !== PROGRAM);
}

/** Calls `body` with what a child would tell, which inherits all from this process. */
async function withChild(
  words: readonly string[],
  body: (told: Told) => void,
): Promise<Told> {
  const child = new Deno.Command(words[0], { args: words.slice(1), stdin: "piped" }).spawn();
  const told = { ...tell(DEFAULTS), pid: child.pid };
  try {
    body(told);
  } finally {
    await child.stdin.close();
    await child.status;
  }
  return told;
}

Deno.test("inherited: a child that was changed in nothing has the same, until it has ended", async () => {
  const told = await withChild(["cat"], (told) => {
    assertEquals(linesOf(told), linesOf(tell(DEFAULTS)));
    assertNotEquals(inherited(told), inherited(tell(DEFAULTS)));
  });
  assertThrows(() => inherited(told), SystemError);
});

Deno.test("inherited: a pid of another PID namespace is another process", async () => {
  await withChild(["cat"], (told) => {
    const other = { ...told, pidNamespace: "pid:[1]" };
    assertNotEquals(linesOf(other), linesOf(tell(DEFAULTS)));
  });
});

Deno.test("inherited: what a child has of its own shows", async () => {
  for (
    const own of [["prlimit", "--core=4096:"], ["nice"], ["env", "OWN=1"], ["unshare", "--uts"]]
  ) {
    const script = [...own, "sh", "-c", "echo; exec cat"];
    const child = new Deno.Command(script[0], {
      args: script.slice(1),
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    // It has begun then.
    const output = child.stdout.getReader();
    await output.read();
    const told = { ...tell(DEFAULTS), pid: child.pid };
    assertNotEquals(linesOf(told), linesOf(tell(DEFAULTS)), own.join(" "));
    await child.stdin.close();
    await output.cancel();
    await child.status;
  }
});
