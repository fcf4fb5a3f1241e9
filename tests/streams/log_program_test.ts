/** Outputs to logging programs, by `--log-uri` of ctr. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { CommandResult, PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import {
  countDescriptors,
  findProcess,
  isAlive,
  processesOfThisRun,
  untilDescriptors,
} from "../harness/machine/processes.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";
import { copy, LogProgram, ready } from "./log_program.ts";

/** What runs a process with its outputs in a logging program, waits for its end, and deletes it. */
interface Kind {
  readonly name: string;
  /** Of the process: what the program is given. */
  id: string;
  run(uri: string, ...command: string[]): Promise<CommandResult>;
}

/** Two tests: with `ctr run`, and with `ctr task exec` in a container `box`. */
function testBoth(
  name: string,
  body: (containerd: PrivateContainerd, kind: Kind) => Promise<void>,
  register = test,
): void {
  register(`init: ${name}`, async (containerd) => {
    await body(containerd, {
      name: "init",
      id: "box",
      run: (uri, ...command) => containerd.run(["--rm", "--log-uri", uri], "box", ...command),
    });
  });
  register(`exec: ${name}`, async (containerd) => {
    await containerd.runDetached("box", "sleep", "1000");
    await body(containerd, {
      name: "exec",
      id: "visitor",
      run: (uri, ...command) => {
        const flags = ["--exec-id", "visitor", "--log-uri", uri];
        return containerd.ctr("task", "exec", ...flags, "box", ...command);
      },
    });
    await containerd.remove("box");
  });
}

async function untilStopped(program: LogProgram): Promise<void> {
  await eventually("a stopped program", () => {
    if (!program.has("pids")) return undefined;
    return findProcess(program.pids[0])?.state === "T" || undefined;
  });
}

const nothing = { code: 0, stdout: "", stderr: "" };

testBoth("one program gets both streams, each by its own descriptor", async (containerd, kind) => {
  await using program = await LogProgram.make(containerd);
  const script = "echo out; echo err >&2; exit 3";
  const result = await kind.run(program.uri(), "sh", "-c", script);
  assertEquals(result, { ...nothing, code: 3 });
  assertEquals(program.read(`${kind.id}.stdout`), "out\n");
  assertEquals(program.read(`${kind.id}.stderr`), "err\n");
  assertEquals(program.pids.length, 1);
});

testBoth("the program is given the query, an id and the namespace", async (containerd, kind) => {
  const tell = 'cat /proc/$$/cmdline >"$log.command"; cat /proc/$$/environ >"$log.environment"\n';
  await using program = await LogProgram.make(containerd, tell + ready + copy);
  const query = "?--labels=a%20b+%C3%A9%3D%26";
  assertEquals(await kind.run(program.uri("binary", query), "true"), nothing);
  const lines = (name: string) => program.read(`${kind.id}.${name}`).split("\0").slice(0, -1);
  const path = `${program.folder}/program`;
  assertEquals(lines("command"), ["/bin/busybox", "sh", path, "--labels", "a b é=&"]);
  assertEquals(lines("environment").toSorted(), [
    `CONTAINER_ID=${kind.id}`,
    `CONTAINER_NAMESPACE=${containerd.namespace}`,
  ]);
});

testBoth("a key without a value has an empty one", async (containerd, kind) => {
  const tell = 'for each; do echo "<$each>"; done >"$log.arguments"\n';
  await using program = await LogProgram.make(containerd, tell + ready + copy);
  assertEquals(await kind.run(program.uri("binary", "?flag"), "true"), nothing);
  assertEquals(program.read(`${kind.id}.arguments`), "<flag>\n<>\n");
});

// The Go shim shuffles them, and drops all but the first of those with the same key.
testBoth("all arguments come in the order of the query", async (containerd, kind) => {
  const tell = 'echo "$*" >"$log.arguments"\n';
  await using program = await LogProgram.make(containerd, tell + ready + copy);
  assertEquals(await kind.run(program.uri("binary", "?z=1&a=2&z=3&y=4&b=5"), "true"), nothing);
  assertEquals(program.read(`${kind.id}.arguments`), "z 1 a 2 z 3 y 4 b 5\n");
}, testBetterThanGo);

// The Go shim also gives it what it inherited itself.
testBoth("the program has nothing else open", async (containerd, kind) => {
  await using program = await LogProgram.make(containerd);
  // A shell that reads a script has that open, too; ls has the folder, by the first free number.
  const script = `exec ls -l /proc/self/fd >${program.folder}/descriptors`;
  const uri = `binary:///bin/sh?-c=${encodeURIComponent(script)}`;
  assertEquals(await kind.run(uri, "true"), nothing);
  const descriptors = [...program.read("descriptors").matchAll(/ (\d+) -> (.*)$/gm)];
  assertEquals(descriptors.map(([, descriptor, path]) => [descriptor, path.replace(/\d+/, "N")]), [
    ["0", "/dev/null"],
    ["1", `${program.folder}/descriptors`.replace(/\d+/, "N")],
    ["2", "/dev/null"],
    ["3", "pipe:[N]"],
    ["4", "pipe:[N]"],
    ["5", "pipe:[N]"],
    ["6", "/proc/N/fd"],
  ]);
}, testBetterThanGo);

testBoth("eight MiB on each stream arrive whole and in order", async (containerd, kind) => {
  await using program = await LogProgram.make(containerd);
  const script = "seq 1000000 2048575 & seq 1000000 2048575 >&2; wait";
  assertEquals(await kind.run(program.uri(), "sh", "-c", script), nothing);
  const expected = Array.from({ length: 1 << 20 }, (_, line) => `${1000000 + line}\n`).join("");
  for (const name of ["stdout", "stderr"]) {
    assertEquals(program.read(`${kind.id}.${name}`) === expected, true, `${name} is whole`);
  }
});

testBoth("the log is complete when the process was deleted", async (containerd, kind) => {
  const late = "sleep 1; echo late >late";
  await using program = await LogProgram.make(containerd, ready + copy + late);
  assertEquals(await kind.run(program.uri(), "seq", "10000"), nothing);
  assertEquals(program.read(`${kind.id}.stdout`).endsWith("\n9999\n10000\n"), true);
  assertEquals(program.read("late"), "late\n");
});

testBoth("a slow program holds back the process, and loses nothing", async (containerd, kind) => {
  await using program = await LogProgram.make(containerd, ready + "kill -STOP $$" + copy);
  const run = kind.run(program.uri(), "seq", "1000000", "2048575");
  await untilStopped(program);
  await eventually("a process that waits for its pipe", () => {
    const writer = processesOfThisRun().find(({ command }) => command[0] === "seq");
    if (writer === undefined) return undefined;
    return /pipe/.test(Deno.readTextFileSync(`/proc/${writer.pid}/wchan`)) || undefined;
  });
  Deno.kill(program.pids[0], "SIGCONT");
  assertEquals(await run, nothing);
  const { length } = program.read(`${kind.id}.stdout`);
  assertEquals(length, 8 << 20);
});

testBoth(
  "what a slow program has still to read when the process ends is not lost",
  async (containerd, kind) => {
    await using program = await LogProgram.make(containerd, ready + "kill -STOP $$" + copy);
    await using events = await containerd.recordEvents();
    const run = kind.run(program.uri(), "seq", "1000000", "1199999");
    await events.untilExit("box", kind.id);
    await untilStopped(program);
    Deno.kill(program.pids[0], "SIGCONT");
    assertEquals(await run, nothing);
    assertEquals(program.read(`${kind.id}.stdout`).length, 1_600_000);
  },
  testBetterThanGo,
); // its pipe is smaller

testBoth("a program that goes on reading is not ended", async (containerd, kind) => {
  // Three seconds for what is in the pipe.
  const part = 'dd bs=4096 count=1 <&3 2>/dev/null | tee -a "$log.stdout" | wc -c';
  const script = `trap - TERM; ${ready} while [ $(${part}) -gt 0 ]; do sleep 0.2; done`;
  await using program = await LogProgram.make(containerd, script);
  assertEquals(await kind.run(program.uri(), "seq", "10000", "19999"), nothing);
  assertEquals(program.read(`${kind.id}.stdout`).length, 60_000);
}, testBetterThanGo);

testBoth("a process goes on when its program has died", async (containerd, kind) => {
  await using program = await LogProgram.make(containerd, ready + "kill -9 $$");
  const { length: from } = containerd.log;
  const script = "seq 1000000 2048575 && seq 1000000 2048575 >&2 && exit 3";
  assertEquals(await kind.run(program.uri(), "sh", "-c", script), { ...nothing, code: 3 });
  await containerd.untilLogged(/a logging program has gone before its process/, from);
}, testBetterThanGo);

testBoth(
  "a process goes on when its program dies while it waits for it",
  async (containerd, kind) => {
    await using program = await LogProgram.make(containerd, ready + "kill -STOP $$");
    const run = kind.run(program.uri(), "seq", "1000000", "2048575");
    await untilStopped(program);
    Deno.kill(program.pids[0], "SIGKILL");
    assertEquals(await run, nothing);
  },
  testBetterThanGo,
);

testBoth("a program may leave the work to another process", async (containerd, kind) => {
  const script = `/bin/busybox cat <&3 >"$log.stdout" 2>&- 4<&- 5>&- &`;
  await using program = await LogProgram.make(containerd, script);
  assertEquals(await kind.run(program.uri(), "seq", "100000"), nothing);
  const whole = () => program.read(`${kind.id}.stdout`).endsWith("\n100000\n") || undefined;
  await eventually("the whole log", whole);
});

testBoth("binary-v2: a program that says that it is ready", async (containerd, kind) => {
  await using program = await LogProgram.make(containerd);
  assertEquals(await kind.run(program.uri("binary-v2"), "echo", "hello"), nothing);
  assertEquals(program.read(`${kind.id}.stdout`), "hello\n");
}, testBetterThanGo);

// Programs that do not end by themselves

testBoth("SIGTERM ends a program that goes on after its input", async (containerd, kind) => {
  const script = `trap 'echo terminated >terminated; exit' TERM
${ready} ${copy} while :; do sleep 0.01; done`;
  await using program = await LogProgram.make(containerd, script);
  assertEquals(await kind.run(program.uri(), "echo", "hello"), nothing);
  assertEquals(program.read("terminated"), "terminated\n");
  assertEquals(isAlive(program.pids[0]), false);
});

test("SIGKILL ends a program that goes on after SIGTERM", async (containerd) => {
  await using program = await LogProgram.make(
    containerd,
    `${ready} ${copy} while :; do sleep 0.01; done`,
  );
  const start = performance.now();
  const result = await containerd.run(["--rm", "--log-uri", program.uri()], "box", "true");
  assertEquals(result, nothing);
  assertEquals(isAlive(program.pids[0]), false);
  const seconds = (performance.now() - start) / 1000;
  assertEquals(seconds > 12, true, `it had ${seconds} seconds`);
});

// Failures

/** A test of a URI with which a process can't start, which says why; nothing is left. */
function testFailure(
  name: string,
  script: string,
  uri: (program: LogProgram) => string,
  message: RegExp,
  register = test,
): void {
  testBoth(`fails: ${name}`, async (containerd, kind) => {
    await using program = await LogProgram.make(containerd, script);
    const { code, stdout, stderr } = await kind.run(uri(program), "true");
    assertEquals({ code, stdout }, { code: 1, stdout: "" });
    assertMatch(stderr, message);
    if (!program.has("pids")) return;
    await eventually("an end of all", () => !program.pids.some(isAlive) || undefined);
  }, register);
}

testFailure(
  "a program that does not exist",
  "",
  ({ folder }) => `binary://${folder}/nosuch`,
  /execute \/.*\/nosuch: no such file or directory|exec \/.*\/nosuch: no such file or directory/,
);

testFailure(
  "a program that is not executable",
  "echo >data",
  () => "binary:///etc/passwd",
  /exec(ute)? \/etc\/passwd: permission denied/,
);

testFailure(
  "a program without a path",
  "",
  () => "binary://",
  /expected an absolute path in the URI for stdout: binary:/,
  testBetterThanGo,
);

testFailure(
  "a query that is none",
  "exit 0",
  (program) => program.uri("binary", "?key=%zz"),
  /expected percent signs only before two digits .* in the URI for stdout: /,
  testBetterThanGo,
);

testFailure(
  "an unknown scheme",
  "",
  (program) => program.uri("npipe"),
  /unknown (STDIO )?scheme npipe/,
);

testFailure(
  "a program that crashes before it is ready",
  "exit 3",
  (program) => program.uri(),
  /the logging program .*\/program ended with exit status 3 before it was ready/,
  testBetterThanGo,
);

testFailure(
  "a program that crashes, and leaves another process behind",
  "sleep 1000 & echo $! >>pids; kill -9 $$",
  (program) => program.uri(),
  /ended with exit status 137 before it was ready/,
  testBetterThanGo,
);

testFailure(
  "binary-v2: a program that ends before it is ready",
  "exit 0",
  (program) => program.uri("binary-v2"),
  /ended with exit status 0 before it was ready/,
  testBetterThanGo,
);

testFailure(
  "binary-v2: a program that does not say that it is ready",
  "exec 5>&-; sleep 1000",
  (program) => program.uri("binary-v2"),
  /closed its descriptor 5 without a byte/,
  testBetterThanGo,
);

testFailure(
  "a program that does not become ready",
  "sleep 1000",
  (program) => program.uri(),
  /was not ready within 10 seconds/,
  testBetterThanGo,
);

testBoth("the program ends when the process can't be made", async (containerd, kind) => {
  await using program = await LogProgram.make(containerd);
  const { code, stderr } = await kind.run(program.uri(), "/no/such/command");
  assertEquals(code, 1);
  assertStringIncludes(stderr, "/no/such/command: no such file or directory");
  assertEquals(isAlive(program.pids[0]), false);
});

testBetterThanGo(
  "nothing stays open in the shim, whatever becomes of a program",
  async (containerd) => {
    await containerd.runDetached("box", "sleep", "1000");
    const shim = await containerd.shimPid("box");
    for (const script of [ready + copy, ready + "kill -9 $$"]) {
      await using program = await LogProgram.make(containerd, script);
      const round = async () => {
        for (const uri of [program.uri(), "binary:///no/such/program", "npipe:///nowhere"]) {
          await containerd.ctr(...containerd.execArguments(["--log-uri", uri], "box", "seq", "10"));
        }
      };
      // The first one opens what stays: the shim's own.
      await round();
      const first = countDescriptors(shim);
      for (const _round of [2, 3]) {
        await round();
        await untilDescriptors(shim, first);
      }
    }
    await containerd.remove("box");
  },
);
