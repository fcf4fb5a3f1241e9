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

/** Starts a program with the environment that this process was executed with: other tests may have changed it since. */
function spawn(words: readonly string[]): Deno.ChildProcess {
  const variables = Deno.readTextFileSync("/proc/self/environ").split("\0").filter(Boolean);
  return new Deno.Command(words[0], {
    args: words.slice(1),
    clearEnv: true,
    env: Object.fromEntries(variables.map((each) => /^([^=]*)=(.*)$/s.exec(each)!.slice(1))),
    stdin: "piped",
    stdout: "piped",
  }).spawn();
}

/**
 * Calls `body` with what a child would tell, which inherits all from this process but what is its own.
 * @param own A command that changes something, and executes another one.
 */
async function withChild(
  own: readonly string[],
  body: (told: Told) => void,
): Promise<Told> {
  const child = spawn([...own, "cat"]);
  const [input, output] = [child.stdin.getWriter(), child.stdout.getReader()];
  await input.write(Uint8Array.of(0));
  // What answers is the command behind all others.
  await output.read();
  const told = { ...tell(DEFAULTS), pid: child.pid };
  try {
    body(told);
  } finally {
    await input.close();
    await output.cancel();
    await child.status;
  }
  return told;
}

Deno.test("inherited: a child that was changed in nothing has the same, until it has ended", async () => {
  const told = await withChild([], (told) => {
    assertEquals(linesOf(told), linesOf(tell(DEFAULTS)));
    assertNotEquals(inherited(told), inherited(tell(DEFAULTS)));
  });
  assertThrows(() => inherited(told), SystemError);
});

Deno.test("inherited: a pid of another PID namespace is another process", async () => {
  await withChild([], (told) => {
    const other = { ...told, pidNamespace: "pid:[1]" };
    assertNotEquals(linesOf(other), linesOf(tell(DEFAULTS)));
  });
});

for (
  const own of [["prlimit", "--core=4096:"], ["nice"], ["env", "OWN=1"], ["unshare", "--uts"]]
) {
  Deno.test(`inherited: what a child has of its own shows: ${own.join(" ")}`, async () => {
    await withChild(own, (told) => assertNotEquals(linesOf(told), linesOf(tell(DEFAULTS))));
  });
}
