import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { close, open, OpenFlag, read } from "../../../../shim/libc/mod.ts";
import { Reactor } from "../../../../shim/process/reactor.ts";
import { Reaper } from "../../../../shim/process/reaper.ts";
import { spawner } from "../../../../shim/process/spawn.ts";
import { DEFAULTS, type Drain } from "../../../../shim/settings/settings.ts";
import { Pipes } from "../../../../shim/stdio/pipes.ts";
import type { StdioPaths } from "../../../../shim/stdio/stdio.ts";
import { StatusCode, StatusError } from "../../../../shim/ttrpc/mod.ts";
import { within } from "../../../harness/expect/within.ts";
import {
  assertSameBytes,
  countedBytes,
  expectNoNewDescriptors,
  openReader,
  readExactly,
  readToEnd,
  writeAll,
} from "../../../harness/unit/descriptors.ts";
import { LogRecorder } from "../../../harness/unit/log_recorder.ts";
import { makeFifos, withFolder } from "../../../harness/unit/temporary_folder.ts";

const logger = new LogRecorder();
const reactor = new Reactor(logger);
const context = {
  namespace: "test",
  logger,
  reactor,
  reaper: new Reaper(logger),
  settings: DEFAULTS,
};
const OWNER = { uid: 0, gid: 0 };
const NONE: StdioPaths = { stdin: "", stdout: "", stderr: "", terminal: false };
const encoder = new TextEncoder();
const decoder = new TextDecoder();

// The first child of a program makes Deno open descriptors that stay.
await spawner.spawn("true", { args: [] }).status;

interface Fixture {
  readonly folder: string;
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** A test with three FIFOs. */
function test(name: string, run: (fifos: Fixture) => Promise<void>): void {
  Deno.test(`pipes: ${name}`, () =>
    withFolder((folder) => {
      const paths = ["stdin", "stdout", "stderr"].map((each) => join(folder, each));
      makeFifos(...paths);
      const [stdin, stdout, stderr] = paths;
      return within(
        40,
        "the bytes",
        expectNoNewDescriptors(() => run({ folder, stdin, stdout, stderr })),
      );
    }));
}

/** Open streams. */
async function openPipes(
  paths: Partial<StdioPaths>,
  owner = OWNER,
  drain = DEFAULTS.drain,
): Promise<Pipes> {
  const pipes = new Pipes({ ...context, settings: { drain } }, { ...NONE, ...paths }, owner);
  await pipes.open("box");
  return pipes;
}

/** Streams, and a shell script that has them. */
async function run(
  paths: Partial<StdioPaths>,
  script: string,
  drain: Partial<Drain> = {},
): Promise<{ pipes: Pipes; child: Deno.ChildProcess }> {
  const pipes = await openPipes(paths, OWNER, { ...DEFAULTS.drain, ...drain });
  const child = spawner.spawn("sh", { args: ["-c", script], ...pipes.streams });
  pipes.releaseProcessSide();
  pipes.start();
  return { pipes, child };
}

/** Reads a FIFO to its end; it is open when this returns its promise. */
async function readText(path: string): Promise<string> {
  using reader = openReader(path);
  return decoder.decode(await readToEnd(reader));
}

test("what is written comes out of each stream's own FIFO", async ({ stdout, stderr }) => {
  const { pipes, child } = await run({ stdout, stderr }, "echo out; echo err >&2; echo out again");
  const texts = Promise.all([readText(stdout), readText(stderr)]);
  assertEquals((await child.status).code, 0);
  assertEquals(await pipes.end(), true);
  assertEquals(await texts, ["out\nout again\n", "err\n"]);
});

test("each stream may be there alone", async ({ stdin, stdout, stderr }) => {
  for (const [name, script] of [["stdout", "echo x"], ["stderr", "echo x >&2"]] as const) {
    const path = { stdout, stderr }[name];
    const { pipes, child } = await run({ [name]: path }, `${script}; cat`);
    const text = readText(path);
    assertEquals((await child.status).code, 0);
    assertEquals([await pipes.end(), await text], [true, "x\n"]);
  }
  const { pipes, child } = await run({ stdin }, "read line; echo for nobody; test $line = hello");
  await Deno.writeTextFile(stdin, "hello\n");
  assertEquals((await child.status).code, 0);
  assertEquals(await pipes.end(), true);
});

test("a FIFO may be a fifo:// URI", async ({ stdout }) => {
  const { pipes, child } = await run({ stdout: `fifo://${stdout}` }, "echo x");
  const text = readText(stdout);
  await child.status;
  assertEquals([await pipes.end(), await text], [true, "x\n"]);
});

test("without FIFOs the streams lead nowhere", async () => {
  const { pipes, child } = await run({}, "cat; echo x; echo y >&2");
  assertEquals((await child.status).code, 0);
  assertEquals(await pipes.end(), true);
});

test("8 MiB that a process writes before it ends come whole", async ({ folder, stdout }) => {
  const bytes = countedBytes(8 << 20);
  await Deno.writeFile(join(folder, "bytes"), bytes);
  const { pipes, child } = await run({ stdout }, `cat ${folder}/bytes`);
  using reader = openReader(stdout);
  const carried = readToEnd(reader);
  await child.status;
  assertEquals(await pipes.end(), true);
  assertSameBytes(await carried, bytes);
});

test("a client of stdout leaves and another one goes on where it stopped", async ({ folder, stdout }) => {
  const bytes = countedBytes(3 << 20);
  await Deno.writeFile(join(folder, "bytes"), bytes);
  const { pipes, child } = await run({ stdout }, `cat ${folder}/bytes`);
  using first = openReader(stdout);
  assertSameBytes(await readExactly(first, 1 << 20), bytes.subarray(0, 1 << 20));
  first.close();
  using second = openReader(stdout);
  assertSameBytes(await readToEnd(second), bytes.subarray(1 << 20));
  await child.status;
  pipes.close();
});

test("a client of stdin leaves and comes back; the input ends with closeStdin and its last client", async (fifos) => {
  const { stdin, stdout } = fifos;
  const { pipes, child } = await run({ stdin, stdout }, "cat; echo end");
  using reader = openReader(stdout);
  for (const text of ["one", "two"]) {
    await Deno.writeTextFile(stdin, text);
    assertEquals(decoder.decode(await readExactly(reader, 3)), text);
  }
  const client = await Deno.open(stdin, { write: true });
  pipes.closeStdin();
  // The client still has its side: what it writes now is input.
  await writeAll(client, encoder.encode("three"));
  assertEquals(decoder.decode(await readExactly(reader, 5)), "three");
  client.close();
  assertEquals(decoder.decode(await readToEnd(reader)), "end\n");
  assertEquals((await child.status).code, 0);
  pipes.close();
});

test("the input ends with closeStdin when its client has gone before", async ({ stdin, stdout }) => {
  const { pipes, child } = await run({ stdin, stdout }, "cat");
  await Deno.writeTextFile(stdin, "all");
  pipes.closeStdin();
  pipes.closeStdin();
  assertEquals(await readText(stdout), "all");
  assertEquals((await child.status).code, 0);
  pipes.close();
});

test("a closeStdin before the process is there is kept", async ({ stdin, stdout }) => {
  const pipes = await openPipes({ stdin, stdout });
  const client = await Deno.open(stdin, { write: true });
  pipes.closeStdin();
  await writeAll(client, encoder.encode("early"));
  client.close();
  const child = spawner.spawn("cat", { args: [], ...pipes.streams });
  pipes.releaseProcessSide();
  pipes.start();
  assertEquals(await readText(stdout), "early");
  assertEquals((await child.status).code, 0);
  pipes.close();
});

test("8 MiB of input come whole, also to a slow process", async ({ folder, stdin, stdout }) => {
  const bytes = countedBytes(8 << 20);
  makeFifos(join(folder, "go"));
  const { pipes, child } = await run({ stdin, stdout }, `read go < ${folder}/go; exec cat`);
  const client = await Deno.open(stdin, { write: true });
  const written = writeAll(client, bytes).then(() => client.close());
  using reader = openReader(stdout);
  const carried = readToEnd(reader);
  await Deno.writeTextFile(join(folder, "go"), "\n");
  await written;
  pipes.closeStdin();
  assertSameBytes(await carried, bytes);
  await child.status;
  pipes.close();
});

test("a process that closes its input lets its client know", async ({ stdin }) => {
  const { pipes, child } = await run({ stdin }, "exec <&-; read never");
  const client = await Deno.open(stdin, { write: true });
  await child.status;
  const error = await writeAll(client, countedBytes(8 << 20)).catch((error) => error);
  assert(error instanceof Deno.errors.BrokenPipe, `expected a broken pipe, not ${error}`);
  client.close();
  pipes.close();
});

// The end

/** How long some work took, in milliseconds. */
async function timed<Value>(work: Promise<Value>): Promise<[Value, number]> {
  const began = performance.now();
  return [await work, performance.now() - began];
}

test("the end is bounded: 2 seconds for a silent writer, longer for a reader", async ({ folder, stdout, stderr }) => {
  /** A process is gone, and another one holds its output open. */
  async function heldOpen(): Promise<void> {
    const { pipes, child } = await run({ stdout: stderr }, "sleep 30 & printf %8d $!");
    using reader = openReader(stderr);
    await child.status;
    const pid = Number(decoder.decode(await readExactly(reader, 8)));
    const [drained, took] = await timed(pipes.end());
    assertEquals(drained, false);
    assertLess(took, 12_000);
    assert(took > 1500, `expected it to wait for a writer, and it took ${took} ms`);
    assertEquals(await readToEnd(reader), new Uint8Array());
    Deno.kill(pid, "SIGKILL");
  }
  /** A process is gone, and its client reads the rest only when 2 seconds without a byte have passed. */
  async function slowReader(): Promise<void> {
    // More than the FIFO takes, and less than it and the pipe do.
    const bytes = countedBytes(3 << 19);
    await Deno.writeFile(join(folder, "bytes"), bytes);
    const { pipes, child } = await run({ stdout }, `cat ${folder}/bytes`);
    using reader = openReader(stdout);
    await child.status;
    const drained = pipes.end();
    await new Promise((resolve) => setTimeout(resolve, 2300));
    assertSameBytes(await readToEnd(reader), bytes);
    assertEquals(await drained, true);
  }
  /** A process is gone, and its client reads the rest bit by bit, for longer than one that stops is waited for. */
  async function steadyReader(): Promise<void> {
    const path = join(folder, "steady");
    makeFifos(path);
    const bytes = countedBytes(3 << 19);
    await Deno.writeFile(join(folder, "steady bytes"), bytes);
    const script = `cat "${folder}/steady bytes"`;
    const { pipes, child } = await run({ stdout: path }, script, { totalSeconds: 30 });
    using reader = openReader(path);
    await child.status;
    const ended = timed(pipes.end());
    // The last of it fits into the FIFO after half a MiB.
    for (let from = 0; from < 9 << 16; from += 1 << 16) {
      await new Promise((resolve) => setTimeout(resolve, 700));
      assertSameBytes(await readExactly(reader, 1 << 16), bytes.subarray(from, from + (1 << 16)));
    }
    assertSameBytes(await readToEnd(reader), bytes.subarray(9 << 16));
    const [drained, took] = await ended;
    assertEquals(drained, true);
    assert(took > 5000, `expected it to wait for a reader, and it took ${took} ms`);
  }
  /** A process is gone, and its client reads nothing any more. */
  async function stoppedReader(): Promise<void> {
    const path = join(folder, "stopped");
    makeFifos(path);
    const { pipes, child } = await run({ stdout: path }, `exec cat "${folder}/stopped bytes"`);
    using _reader = openReader(path);
    await child.status;
    const [drained, took] = await timed(pipes.end());
    assertEquals(drained, false);
    assert(took > 4500, `expected it to wait for a reader, and it took ${took} ms`);
    assertLess(took, 11_000);
  }
  await Deno.writeFile(join(folder, "stopped bytes"), countedBytes(3 << 19));
  await Promise.all([heldOpen(), slowReader(), steadyReader(), stoppedReader()]);
});

test("the settings say how long a writer, a reader and the end are waited for", async ({ folder, stdout }) => {
  const bytes = join(folder, "bytes");
  await Deno.writeFile(bytes, countedBytes(3 << 19));
  const took = async (script: string, drain: Partial<Drain>) => {
    const { pipes, child } = await run({ stdout }, script, drain);
    using reader = openReader(stdout);
    await child.status;
    const [drained, milliseconds] = await timed(pipes.end());
    assertEquals(drained, false);
    await readToEnd(reader);
    return milliseconds;
  };
  assertGreater(
    await took("sleep 30 & pid=$!; (sleep 6; kill $pid) >&-&", { writerSeconds: 4 }),
    3900,
  );
  assertLess(await took(`exec cat ${bytes}`, { readerSeconds: 0 }), 4000);
  assertLess(await took(`exec cat ${bytes}`, { totalSeconds: 0.5 }), 4000);
});

test("the settings say how long an exit waits for a client that reads nothing", async ({ stdout }) => {
  const { pipes, child } = await run({ stdout }, "echo x", { exitSeconds: 0 });
  using _reader = openReader(stdout);
  await child.status;
  const [, took] = await timed(pipes.deliver());
  assertLess(took, 900);
  await pipes.end();
});

test("the end comes as soon as the last writer has gone", async ({ folder, stdout }) => {
  makeFifos(join(folder, "go"));
  const { pipes, child } = await run(
    { stdout },
    `(read go < ${folder}/go; echo late) & echo early`,
    { writerSeconds: 30, totalSeconds: 30 },
  );
  using reader = openReader(stdout);
  await child.status;
  const drained = timed(pipes.end());
  await Deno.writeTextFile(join(folder, "go"), "\n");
  const [ended, took] = await drained;
  assertEquals(ended, true);
  assertLess(took, 15_000);
  assertEquals(decoder.decode(await readToEnd(reader)), "early\nlate\n");
});

test("deliver waits up to the last byte for a client that reads on", async (fifos) => {
  const { folder, stdout } = fifos;
  const bytes = countedBytes(3 << 18);
  await Deno.writeFile(join(folder, "bytes"), bytes);
  const { pipes, child } = await run({ stdout }, `cat ${folder}/bytes`, { exitSeconds: 30 });
  using reader = openReader(stdout);
  // The rest fits into the pipe and the FIFO.
  assertSameBytes(await readExactly(reader, 1 << 19), bytes.subarray(0, 1 << 19));
  await child.status;
  let delivered = false;
  const delivering = pipes.deliver().then(() => delivered = true);
  for (let from = 1 << 19; from < bytes.length; from += 1 << 14) {
    // Longer in all than it waits for one that reads nothing.
    await new Promise((resolve) => setTimeout(resolve, 100));
    assertEquals(delivered, false);
    assertSameBytes(await readExactly(reader, 1 << 14), bytes.subarray(from, from + (1 << 14)));
  }
  await delivering;
  pipes.close();
});

test("deliver waits for a client that a busy machine keeps from reading", async ({ stdout }) => {
  const { pipes, child } = await run({ stdout }, "echo x");
  using reader = openReader(stdout);
  await child.status;
  let delivered = false;
  const delivering = pipes.deliver().then(() => delivered = true);
  await new Promise((resolve) => setTimeout(resolve, 250));
  assertEquals(delivered, false);
  await readExactly(reader, 2);
  await delivering;
  pipes.close();
});

test("deliver lets a client in that opens its FIFO only when the process has gone", async ({ folder, stdout }) => {
  const path = join(folder, "go");
  makeFifos(path);
  // It is there already, as it has only a second.
  const script = `read go < ${path}; exec cat ${stdout}`;
  const client = new Deno.Command("timeout", { args: ["30", "sh", "-c", script] }).output();
  using go = await Deno.open(path, { write: true });
  const { pipes, child } = await run({ stdout }, "echo x");
  await child.status;
  // By now all is written, and the shim has closed its writing end.
  const delivering = pipes.deliver();
  await writeAll(go, encoder.encode("\n"));
  await delivering;
  pipes.close();
  assertEquals(decoder.decode((await client).stdout), "x\n");
});

test("deliver waits only a moment for a client that reads nothing, and not for one that has read all", async ({ stdout }) => {
  const { pipes, child } = await run({ stdout }, "echo x", { exitSeconds: 30 });
  using reader = openReader(stdout);
  await child.status;
  const [, forNothing] = await timed(pipes.deliver());
  assert(forNothing > 900 && forNothing < 15_000, `it waited ${forNothing} ms`);
  await readExactly(reader, 2);
  const [, forAll] = await timed(pipes.deliver());
  assertLess(forAll, 900);
  pipes.close();
});

test("close ends the reading of a client though a grandchild has the output open", async ({ stdout }) => {
  const { pipes, child } = await run({ stdout }, "sleep 30 & printf %8d $!");
  using reader = openReader(stdout);
  await child.status;
  const pid = Number(decoder.decode(await readExactly(reader, 8)));
  const rest = readToEnd(reader);
  pipes.close();
  assertEquals(await rest, new Uint8Array());
  Deno.kill(pid, "SIGKILL");
});

test("close before start, and twice, closes everything", async ({ stdin, stdout, stderr }) => {
  const pipes = await openPipes({ stdin, stdout, stderr });
  await pipes.close();
  await pipes.close();
});

/** A reactor that can watch only so many descriptors. */
class SmallReactor extends Reactor {
  readonly watched = new Set<number>();

  constructor(private readonly limit: number) {
    super(new LogRecorder());
  }

  override watch(...args: Parameters<Reactor["watch"]>): void {
    if (this.watched.size === this.limit) throw new Error("no room for another one");
    super.watch(...args);
    this.watched.add(args[0]);
  }

  override unwatch(descriptor: number): void {
    super.unwatch(descriptor);
    this.watched.delete(descriptor);
  }
}

const smallReactors = [0, 1, 2].map((limit) => new SmallReactor(limit));

for (const reactor of smallReactors) {
  const made = smallReactors.indexOf(reactor);
  test(`streams of which ${made} of 3 relays can be made leave nothing open or watched`, async (fifos) => {
    const { stdin, stdout, stderr } = fifos;
    const pipes = new Pipes(
      { ...context, reactor },
      { stdin, stdout, stderr, terminal: false },
      OWNER,
    );
    const begin = async () => {
      await pipes.open("box");
      pipes.start();
    };
    await assertRejects(begin, Error, "no room");
    await pipes.close();
    assertEquals(reactor.watched, new Set());
  });
}

// What is opened

test("the pipes belong to their owner, and can be opened again by it", async ({ stdin, stdout, stderr }) => {
  const pipes = await openPipes({ stdin, stdout, stderr }, { uid: 12, gid: 34 });
  for (const stream of Object.values(pipes.streams)) {
    const { uid, gid, isFifo } = await Deno.stat(`/proc/self/fd/${stream}`);
    assertEquals([uid, gid, isFifo], [12, 34, true]);
  }
  pipes.close();
});

for (const name of ["stdin", "stdout", "stderr"] as const) {
  test(`what is no FIFO is refused for ${name}, and nothing stays open`, async (fifos) => {
    const { folder } = fifos;
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "kept");
    for (
      const [path, reason] of [
        [file, "it is something else"],
        [folder, "it is something else"],
        [join(folder, "nowhere"), "No such file"],
      ]
    ) {
      const { stdin, stdout, stderr } = fifos;
      const error = await assertRejects(
        () => openPipes({ stdin, stdout, stderr, [name]: path }),
        StatusError,
        `expected a FIFO for ${name} at ${path}: ${reason}`,
      );
      assertEquals(error.code, StatusCode.INVALID_ARGUMENT);
    }
    assertEquals(await Deno.readTextFile(file), "kept");
  });
}

test("a process's streams wait, as programs expect it", async ({ stdin, stdout, stderr }) => {
  const pipes = await openPipes({ stdin, stdout, stderr });
  for (const stream of Object.values(pipes.streams)) {
    const [, flags] = (await Deno.readTextFile(`/proc/self/fdinfo/${stream}`)).match(
      /flags:\t(.*)/,
    )!;
    assertEquals(parseInt(flags, 8) & OpenFlag.NONBLOCK, 0);
  }
  await pipes.close();
});

test("an owner that can't be is an error, and nothing stays open", async ({ stdin, stdout, stderr }) => {
  await assertRejects(() => openPipes({ stdin, stdout, stderr }, { uid: 0xffff_fffe, gid: -2 }));
});

test("a FIFO without its client takes what fits, and keeps it for the client", async ({ stdout }) => {
  const { pipes, child } = await run({ stdout }, "echo early");
  const client = open(stdout, OpenFlag.RDONLY | OpenFlag.NONBLOCK);
  await child.status;
  assertEquals(await pipes.end(), true);
  const buffer = new Uint8Array(100);
  assertEquals(decoder.decode(buffer.subarray(0, read(client, buffer))), "early\n");
  assertEquals(read(client, buffer), 0);
  close(client);
});
