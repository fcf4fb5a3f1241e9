import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  giveInput,
  sayAnswerGiven,
  waitUntilListening,
} from "../../../../shim/bootstrap/handshake.ts";
import {
  close,
  type Pipe,
  pipe,
  read,
  setNonblocking,
  SystemError,
  write,
} from "../../../../shim/libc/mod.ts";
import { limitDescriptors } from "../../../harness/machine/processes.ts";
import { expectNoNewDescriptors } from "../../../harness/unit/descriptors.ts";
import { fixtureCommand } from "../../../harness/unit/fixture.ts";
import type { Action } from "./fixtures/handshake_server.ts";

// The first child of a program makes Deno open descriptors that stay.
await new Deno.Command("true").output();

/** Runs a server as `start` spawns it; what it says on standard error is taken. */
function test(
  name: string,
  action: Action,
  run: (input: Pipe, output: Pipe, child: Deno.ChildProcess) => Promise<void>,
): void {
  Deno.test(`handshake: ${name}`, () =>
    expectNoNewDescriptors(async () => {
      const [input, output] = [pipe(), pipe()];
      const child = fixtureCommand(
        import.meta.resolve("./fixtures/handshake_server.ts"),
        [action],
        {
          // Deno takes descriptors here, though its types do not say so.
          stdin: input.read as unknown as "null",
          stdout: output.write as unknown as "null",
          stderr: "piped",
        },
      ).spawn();
      await run(input, output, child);
    }));
}

/** What a server has said on standard error when it has ended. */
async function told(child: Deno.ChildProcess): Promise<string> {
  const { code, stderr } = await child.output();
  return `${code} ${new TextDecoder().decode(stderr)}`;
}

test(
  "the server gets the options whole, and goes on when start has given its answer",
  "serve",
  async (input, output, child) => {
    giveInput(input, Uint8Array.from({ length: 300_000 }, (_, index) => index % 251));
    assertEquals(waitUntilListening(output), true);
    sayAnswerGiven(input.write);
    assertEquals(await told(child), `0 300000 true\n${Deno.ppid} true\nalive null\n`);
  },
);

test(
  "a server that may open no more descriptors by the time that start has answered goes on",
  "serveWithoutDescriptors",
  async (input, output, child) => {
    giveInput(input, new Uint8Array());
    waitUntilListening(output);
    await limitDescriptors(child.pid, 3);
    sayAnswerGiven(input.write);
    assertEquals(await told(child), "0 true null\n");
  },
);

test(
  "no options are an empty input",
  "tellLengthOfInput",
  async (input, output, child) => {
    giveInput(input, new Uint8Array());
    waitUntilListening(output);
    sayAnswerGiven(input.write);
    assertEquals(await told(child), "0 0\n");
  },
);

test(
  "a server that has found another one is told from one that listens",
  "findAnother",
  async (input, output, child) => {
    giveInput(input, new Uint8Array());
    assertEquals(waitUntilListening(output), false);
    close(input.write);
    assertEquals(await told(child), "0 ");
  },
);

test(
  "a start that ends without an answer is told from one that has given it",
  "tellWhetherAnswered",
  async (input, output, child) => {
    giveInput(input, new Uint8Array());
    waitUntilListening(output);
    close(input.write);
    assertEquals(await told(child), "0 false\n");
  },
);

test(
  "a server whose start has ended can say what it likes",
  "speakTooLate",
  async (input, output, child) => {
    close(output.read);
    close(output.write);
    giveInput(input, new Uint8Array());
    close(input.write);
    assertEquals(await told(child), "0 false\n");
  },
);

const CUT_SHORT = {
  "no input": [],
  "half a head": [0, 0, 0, 7, 0],
  "half an input": [0, 0, 0, 7, 0, 0, 0, 3, 1],
};
for (const [kind, bytes] of Object.entries(CUT_SHORT)) {
  test(
    `${kind} of a start that has ended is an error`,
    "tellWhatIsWrongWithInput",
    async (input, output, child) => {
      close(output.read);
      close(output.write);
      close(input.read);
      write(input.write, Uint8Array.from(bytes));
      close(input.write);
      assertEquals(
        await told(child),
        "0 expected on standard input what start hands on, and it was cut short\n",
      );
    },
  );
}

test(
  "a server that ends before it listens has told its reason",
  "giveReasonAndEnd",
  async (input, output, child) => {
    giveInput(input, Uint8Array.of(1));
    const error = assertThrows(() => waitUntilListening(output), Error);
    assertEquals(error.message, "the server ended before it listened: no room left");
    assertEquals(await told(child), "1 ");
    const late = assertThrows(() => sayAnswerGiven(input.write), SystemError);
    assertStringIncludes(late.message, "broken pipe");
    close(input.write);
  },
);

test(
  "a server that is killed gave no reason, and options that it did not take are no matter",
  "die",
  async (input, output, child) => {
    giveInput(input, new Uint8Array(1 << 20));
    const error = assertThrows(() => waitUntilListening(output), Error);
    assertEquals(error.message, "the server ended before it listened: it gave no reason");
    close(input.write);
    assertEquals((await child.output()).signal, "SIGKILL");
  },
);

test(
  "input that is to be waited for comes whole, though the descriptor does not wait",
  "tellInput",
  async (input, output, child) => {
    setNonblocking(input.read);
    close(input.read);
    assertEquals(readLine(output.read), "reading\n");
    write(input.write, new TextEncoder().encode("la"));
    write(input.write, new TextEncoder().encode("te"));
    close(input.write);
    waitUntilListening(output);
    assertEquals(await told(child), "0 late\n");
  },
);

function readLine(descriptor: number): string {
  const buffer = new Uint8Array(100);
  return new TextDecoder().decode(buffer.subarray(0, read(descriptor, buffer)));
}

test(
  "more input than 10 MiB is an error",
  "sayWhatIsWrongWithInput",
  async (input, output, child) => {
    const writing = child.status;
    giveInput(input, new Uint8Array(10 << 20));
    close(input.write);
    const error = assertThrows(() => waitUntilListening(output), Error);
    assertStringIncludes(error.message, "expected less than 10485760 bytes on standard input");
    await writing;
    await told(child);
  },
);
