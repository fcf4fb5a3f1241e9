import "../../../harness/unit/opened_libc.ts";
import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { type Caller, ownCaller } from "../../../../shim/bootstrap/door.ts";
import { inherited, inheritedBy } from "../../../../shim/bootstrap/inherited.ts";
import { SystemError } from "../../../../shim/libc/mod.ts";

/** The line that names the version of the program that runs. */
const PROGRAM = 1;

function linesOf(inherited: string): string[] {
  return inherited.split("\n").filter((_, index) => index !== PROGRAM);
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
 * Calls `body` with what a child would tell at a door, which inherits all from this process but what is its own.
 * @param own A command that changes something, and executes another one.
 */
async function withChild(
  own: readonly string[],
  body: (caller: Caller) => void,
): Promise<Caller> {
  const child = spawn([...own, "cat", "-u"]);
  const [input, output] = [child.stdin.getWriter(), child.stdout.getReader()];
  await input.write(Uint8Array.of(0));
  // What answers is the command behind all others.
  await output.read();
  const caller = { ...ownCaller(), pid: child.pid, words: ["-u"] };
  try {
    body(caller);
  } finally {
    await input.close();
    await output.cancel();
    await child.status;
  }
  return caller;
}

Deno.test("inherited: a child that was changed in nothing has the same, until it has ended", async () => {
  const caller = await withChild([], (caller) => {
    assertEquals(linesOf(inheritedBy(caller)), linesOf(inherited()));
    assertNotEquals(inheritedBy(caller), inherited());
  });
  assertThrows(() => inheritedBy(caller), SystemError);
});

Deno.test("inherited: a process with other arguments is another one, as in another PID namespace", async () => {
  await withChild([], (caller) => {
    const other = { ...caller, words: ["start"] };
    assertThrows(() => inheritedBy(other), Error, "expected start as arguments of the process");
  });
});

for (
  const own of [["prlimit", "--core=4096:"], ["nice"], ["env", "OWN=1"], ["unshare", "--uts"]]
) {
  Deno.test(`inherited: what a child has of its own shows: ${own.join(" ")}`, async () => {
    await withChild(own, (caller) => {
      assertNotEquals(linesOf(inheritedBy(caller)), linesOf(inherited()));
    });
  });
}
