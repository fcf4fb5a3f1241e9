import "../../harness/unit/opened_libc.ts";
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { CheckpointOptions } from "../../../proto/mod.ts";
import { Runc, RuncError, wasKilled } from "../../../runc/runc.ts";
import { close, pipe, readAll, write } from "../../../shim/libc/mod.ts";
import { Reactor } from "../../../shim/process/reactor.ts";
import { Reaper } from "../../../shim/process/reaper.ts";
import { spawner } from "../../../shim/process/spawn.ts";
import { DEFAULTS } from "../../../shim/settings/settings.ts";
import { Stdio, type Streams } from "../../../shim/stdio/stdio.ts";
import { withFolder } from "../../harness/unit/temporary_folder.ts";

/** Streams that only remember that the process's side was released. */
class FakeStdio extends Stdio {
  released = 0;

  constructor(
    override readonly streams: Streams,
    override readonly consoleSocket: string | undefined = undefined,
  ) {
    const [reactor, reaper] = [new Reactor(console), new Reaper(console)];
    super(
      { namespace: "test", logger: console, reactor, reaper, settings: DEFAULTS },
      { stdin: "", stdout: "", stderr: "", terminal: false },
    );
  }

  protected override async openStreams(): Promise<void> {}

  override releaseProcessSide(): void {
    this.released++;
  }

  override start(): void {}

  protected override closeRest(): void {}
}

const NOWHERE: Streams = { stdin: "null", stdout: "null", stderr: "null" };

interface Fixture {
  readonly bundle: string;
  readonly runc: Runc;
  readonly options: { binary: string; root: string; bundle: string; systemdCgroup: boolean };
  /** The arguments of the last call of the runtime. */
  called(): string[];
}

/** A runtime that notes its arguments, one a line, and then runs a script, which finds the path of its log in $log. */
function test(name: string, script: string, run: (fixture: Fixture) => Promise<void>): void {
  Deno.test({
    name: `runc: ${name}`,
    fn: () =>
      withFolder(async (bundle) => {
        const binary = join(bundle, "runtime");
        const notes = join(bundle, "arguments");
        Deno.writeTextFileSync(
          binary,
          `#!/bin/sh\nlog=$4\nprintf '%s\\n' "$@" > ${notes}\n${script}\n`,
          { mode: 0o755 },
        );
        const options = { binary, root: join(bundle, "root"), bundle, systemdCgroup: false };
        const called = () => Deno.readTextFileSync(notes).trimEnd().split("\n");
        await run({ bundle, runc: new Runc(spawner, options), options, called });
      }),
    sanitizeOps: true,
    sanitizeResources: true,
  });
}

/** What there is in a pipe whose other end is closed. */
const readText = (descriptor: number) => new TextDecoder().decode(readAll(descriptor));

/** Prints lines into the runtime's log. */
const logging = (...lines: string[]) => `cat >> "$log" <<'END'\n${lines.join("\n")}\nEND`;

const errorLine = (message: string) =>
  JSON.stringify({ level: "error", msg: message, time: "2024-02-29T12:00:00Z" });

// How it is called

test("every command has its arguments", "", async ({ bundle, runc, options, called }) => {
  const stdio = new FakeStdio(NOWHERE);
  const pidFile = join(bundle, "init.pid");
  const files = { process: "/p.json", pidFile: "/e.pid", log: "/e.log" };
  const no = { noPivotRoot: false, noNewKeyring: false };
  const checkpoint = CheckpointOptions.decode(new Uint8Array());
  Object.assign(checkpoint, { imagePath: "/image", workPath: "/work" });
  const restore = { imagePath: "/image", workPath: "/work", pidFile, noPivotRoot: false };
  const restored = [
    ...["restore", "--detach", "--no-subreaper", "--bundle", bundle, "--pid-file", pidFile],
    ...["--image-path", "/image", "--work-path", "/work"],
    ...["--tcp-established", "--ext-unix-sk", "--file-locks"],
  ];
  const start = ["--root", options.root, "--log", join(bundle, "log.json"), "--log-format", "json"];

  const calls: [() => Promise<void>, string[]][] = [
    [
      () => runc.create("c", { pidFile, ...no }, stdio),
      [...start, "create", "--bundle", bundle, "--pid-file", pidFile, "c"],
    ],
    [
      () => runc.create("c", { pidFile, noPivotRoot: true, noNewKeyring: true }, stdio),
      [
        ...start,
        ...["create", "--bundle", bundle, "--pid-file", pidFile],
        ...["--no-pivot", "--no-new-keyring", "c"],
      ],
    ],
    [
      () => runc.create("c", { pidFile, ...no }, new FakeStdio(NOWHERE, "/console")),
      [
        ...start,
        ...["create", "--bundle", bundle, "--pid-file", pidFile],
        ...["--console-socket", "/console", "c"],
      ],
    ],
    [() => runc.start("c"), [...start, "start", "c"]],
    [
      () => runc.exec("c", files, stdio),
      [
        ...start.with(3, "/e.log"),
        ...["exec", "--process", "/p.json", "--detach", "--pid-file", "/e.pid", "c"],
      ],
    ],
    [
      () => runc.exec("c", files, new FakeStdio(NOWHERE, "/console")),
      [
        ...start.with(3, "/e.log"),
        ...["exec", "--process", "/p.json", "--detach", "--pid-file", "/e.pid"],
        ...["--console-socket", "/console", "c"],
      ],
    ],
    [
      () => runc.killAll("c", 9),
      [...start.with(3, join(bundle, ".kill-1.log.json")), "kill", "--all", "c", "9"],
    ],
    [() => runc.pause("c"), [...start, "pause", "c"]],
    [() => runc.resume("c"), [...start, "resume", "c"]],
    [
      () => runc.checkpoint("c", checkpoint),
      [
        ...start,
        ...["checkpoint", "--image-path", "/image", "--work-path", "/work", "--leave-running", "c"],
      ],
    ],
    [
      () =>
        runc.checkpoint("c", {
          ...checkpoint,
          exit: true,
          openTcp: true,
          externalUnixSockets: true,
          terminal: true,
          fileLocks: true,
          emptyNamespaces: ["network", "ipc"],
          cgroupsMode: "full",
          parentPath: "../before",
        }),
      [
        ...start,
        ...["checkpoint", "--image-path", "/image", "--work-path", "/work"],
        ...["--tcp-established", "--ext-unix-sk", "--shell-job", "--file-locks"],
        ...["--empty-ns", "network", "--empty-ns", "ipc", "--manage-cgroups-mode", "full"],
        ...["--parent-path", "../before", "c"],
      ],
    ],
    [() => runc.restore("c", restore, stdio), [...start, ...restored, "c"]],
    [
      () =>
        runc.restore("c", { ...restore, noPivotRoot: true }, new FakeStdio(NOWHERE, "/console")),
      [...start, ...restored, "--no-pivot", "--console-socket", "/console", "c"],
    ],
    [() => runc.update("c", "/r.json"), [...start, "update", "--resources", "/r.json", "c"]],
    [() => runc.delete("c"), [...start, "delete", "c"]],
    [() => runc.delete("c", true), [...start, "delete", "--force", "c"]],
  ];
  for (const [call, expected] of calls) {
    await call();
    assertEquals(called(), expected);
  }
});

test("with systemd's cgroups every command says so", "", async ({ bundle, options, called }) => {
  const runc = new Runc(spawner, { ...options, systemdCgroup: true });
  await runc.start("c");
  assertEquals(called(), [
    ...["--root", options.root, "--log", join(bundle, "log.json"), "--log-format", "json"],
    ...["--systemd-cgroup", "start", "c"],
  ]);
});

test(
  "a command gets the process's streams, which are released as soon as it has them",
  "echo out; echo err >&2; cat",
  async ({ options }) => {
    const [input, output, errors] = [pipe(), pipe(), pipe()];
    const stdio = new FakeStdio({ stdin: input.read, stdout: output.write, stderr: errors.write });
    const released: number[] = [];
    const runc = new Runc({
      ...spawner,
      spawnExactly(command, each) {
        released.push(stdio.released);
        return spawner.spawnExactly(command, each);
      },
    }, options);
    const created = runc.create(
      "c",
      { pidFile: "/p", noPivotRoot: false, noNewKeyring: false },
      stdio,
    );
    assertEquals([...released, stdio.released], [0, 1]);
    for (const end of [input.read, output.write, errors.write]) close(end);
    write(input.write, new TextEncoder().encode("in\n"));
    close(input.write);
    await created;
    assertEquals(readText(output.read), "out\nin\n");
    assertEquals(readText(errors.read), "err\n");
    close(output.read);
    close(errors.read);
  },
);

test(
  "a runtime knows the containers that have a folder in its root",
  "",
  async ({ runc, options }) => {
    assertEquals(runc.knows("c"), false);
    await Deno.mkdir(join(options.root, "c"), { recursive: true });
    assertEquals([runc.knows("c"), runc.knows("d")], [true, false]);
  },
);

test("a runtime holds an init where it keeps the FIFO for it", "", async ({ runc, options }) => {
  await Deno.mkdir(join(options.root, "c"), { recursive: true });
  assertEquals(runc.holdsInit("c"), false);
  await new Deno.Command("mkfifo", { args: [join(options.root, "c", "exec.fifo")] }).output();
  assertEquals([runc.holdsInit("c"), runc.holdsInit("d")], [true, false]);
});

test("a removal by force takes nothing with it that a killed restore has mounted", "", async (
  { bundle, runc, options },
) => {
  const rootfs = join(bundle, "rootfs");
  const mounted = join(options.root, "c", "criu-root");
  for (const folder of [rootfs, mounted]) await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(rootfs, "precious"), "");
  await new Deno.Command("mount", { args: ["--bind", rootfs, mounted] }).output();
  assertEquals([...Deno.readDirSync(mounted)].map(({ name }) => name), ["precious"]);
  await runc.delete("c", true);
  assertEquals([...Deno.readDirSync(mounted)], []);
});

test("a removal by force takes away what a killed create has mounted", "", async (
  { bundle, runc, options },
) => {
  const program = join(bundle, "program");
  const mounted = join(options.root, "c", "runc.X1b2c3");
  await Deno.mkdir(join(options.root, "c"), { recursive: true });
  for (const file of [program, mounted]) await Deno.writeTextFile(file, "");
  await new Deno.Command("mount", { args: ["--bind", program, mounted] }).output();
  await assertRejects(() => Deno.remove(mounted));
  await runc.delete("c", true);
  await Deno.remove(mounted);
});

// How it fails

test(
  "the error is the last one in the log, in the runtime's words",
  logging(
    errorLine("first"),
    '{"level":"warning","msg":"before"}',
    errorLine('unable to start: \\"x\\" not found\\n'),
    '{"level":"warning","msg":"after"}',
    '{"level":"info","msg":"and after"}',
  ) + "\nexit 1",
  async ({ runc }) => {
    const error = await assertRejects(() => runc.start("c"), RuncError);
    assertEquals(error.message, 'unable to start: \\"x\\" not found\\n');
  },
);

test(
  "an error may take several lines",
  logging(errorLine("first"), JSON.stringify(JSON.parse(errorLine("{\n  } last")), null, 2)) +
    "\nexit 1",
  async ({ runc }) => {
    const error = await assertRejects(() => runc.start("c"), RuncError);
    assertEquals(error.message, "{\n  } last");
  },
);

test(
  "the blanks around the error are left out",
  logging(errorLine("\n two lines\nof it \n")) + "\nexit 1",
  async ({ runc }) => {
    const error = await assertRejects(() => runc.start("c"), RuncError);
    assertEquals(error.message, "two lines\nof it");
  },
);

test(
  "lines that are no JSON, or none of an error, are passed over",
  logging(
    errorLine("the one"),
    "",
    "no JSON",
    '{"level":"error","msg":"cut o',
    "null",
    "7",
    '"error"',
    "[]",
    "{}",
    '{"level":"ERROR"}',
  ) + "\nexit 1",
  async ({ runc }) => {
    const error = await assertRejects(() => runc.start("c"), RuncError);
    assertEquals(error.message, "the one");
  },
);

test(
  "an error of an earlier command is not told again",
  'if [ "$7" = start ]; then ' + logging(errorLine("of start ééé")) + "\nfi\nexit 3",
  async ({ bundle, options, runc }) => {
    await assertRejects(() => runc.start("c"), RuncError, "of start ééé");
    const error = await assertRejects(() => runc.delete("c"), RuncError);
    assertEquals(
      error.message,
      `${options.binary} delete ended with exit status 3 and logged no error`,
    );
    assertEquals(Deno.readTextFileSync(join(bundle, "log.json")).length > 0, true);
  },
);

test(
  "an exec's error is in its own log",
  logging(errorLine("of the exec")) + "\nexit 1",
  async ({ bundle, runc }) => {
    Deno.writeTextFileSync(join(bundle, "log.json"), errorLine("of another one"));
    const files = { process: "/p", pidFile: "/e", log: join(bundle, "e.log.json") };
    const error = await assertRejects(
      () => runc.exec("c", files, new FakeStdio(NOWHERE)),
      RuncError,
    );
    assertEquals(error.message, "of the exec");
  },
);

test("without a log the exit status is told", "exit 42", async ({ options, runc }) => {
  const error = await assertRejects(() => runc.killAll("c", 9), RuncError);
  assertEquals(
    error.message,
    `${options.binary} kill ended with exit status 42 and logged no error`,
  );
});

test(
  "what a runtime says on its standard error is told where its log has no error",
  "echo ' runc: symbol lookup error: undefined symbol: seccomp_x' >&2; exit 127",
  async ({ runc }) => {
    const stdio = new FakeStdio(NOWHERE, "/console");
    const files = { process: "/p.json", pidFile: "/e.pid", log: "/nowhere" };
    const no = { noPivotRoot: false, noNewKeyring: false };
    const commands: (() => Promise<void>)[] = [
      () => runc.create("c", { pidFile: "/p", ...no }, stdio),
      () => runc.start("c"),
      () => runc.exec("c", files, stdio),
      () => runc.pause("c"),
      () => runc.resume("c"),
      () => runc.update("c", "/r.json"),
      () => runc.killAll("c", 9),
      () => runc.delete("c"),
    ];
    for (const command of commands) {
      const { message } = await assertRejects(command, RuncError);
      assertEquals(message, "runc: symbol lookup error: undefined symbol: seccomp_x");
    }
  },
);

test(
  "of a runtime that says megabytes the beginning is told, and it is not held up",
  "yes no such thing | head -c 5000000 >&2; exit 1",
  async ({ runc }) => {
    const { message } = await assertRejects(() => runc.start("c"), RuncError);
    assertEquals(message.length <= 4096 && message.startsWith("no such thing\nno such"), true);
  },
);

test(
  "the last error in a log of 50 MB is told",
  `yes '{"level":"debug","msg":"noise"}' | head -c 50000000 >> "$log"\n` +
    `echo >> "$log"\n${logging(errorLine("no such process"))}\nexit 1`,
  async ({ runc }) => {
    const { message } = await assertRejects(() => runc.start("c"), RuncError);
    assertEquals(message, "no such process");
  },
);

for (const megabytes of [0.02, 20]) {
  test(
    `of an error of ${megabytes} MB the two ends are told`,
    `{ printf '{"level":"error","msg":"begin '; yes x | tr -d '\\n' | head -c ${
      megabytes * 1e6
    }; echo ' end"}'; } >> "$log"; exit 1`,
    async ({ runc }) => {
      const { message } = await assertRejects(() => runc.start("c"), RuncError);
      assertMatch(message, /^(begin )?x+ \.\.\. x+ end/);
      assertEquals(message.length < 10_000, true);
    },
  );
}

test(
  "a log that can't be one does not keep commands from running",
  'echo > "$log"',
  async ({ bundle, runc }) => {
    await Deno.mkdir(join(bundle, "log.json/below"), { recursive: true });
    await runc.delete("c", true);
    assertEquals(Deno.lstatSync(join(bundle, "log.json")).isFile, true);
  },
);

test(
  "a runtime that a signal ends is told by the signal",
  "kill -KILL $$",
  async ({ options, runc }) => {
    const error = await assertRejects(() => runc.start("c"), RuncError);
    assertEquals(wasKilled(error), true);
    assertEquals(
      error.message,
      `${options.binary} start ended with signal 9 and logged no error`,
    );
  },
);

test(
  "what a successful runtime logs is no matter",
  logging(errorLine("so what")),
  async ({ runc }) => {
    await runc.start("c");
  },
);

test(
  "a runtime that is not there is told in Go's words, which docker looks for",
  "",
  async ({ options }) => {
    const reasons = {
      "/no/such/runtime": "no such file or directory",
      "no-such-runtime": "executable file not found in $PATH",
    };
    for (const [binary, reason] of Object.entries(reasons)) {
      const stdio = new FakeStdio(NOWHERE);
      const runc = new Runc(spawner, { ...options, binary });
      const error = await assertRejects(
        () => runc.create("c", { pidFile: "/p", noPivotRoot: false, noNewKeyring: false }, stdio),
        RuncError,
      );
      assertEquals(error.message, `exec: "${binary}": ${reason}`);
    }
  },
);

test(
  "a runtime that can't be executed is told by its path and the reason",
  "",
  async ({ bundle, options }) => {
    const binary = join(bundle, "text");
    Deno.writeTextFileSync(binary, "");
    const error = await assertRejects(
      () => new Runc(spawner, { ...options, binary }).start("c"),
      RuncError,
    );
    assertEquals(error.message.startsWith(`exec: "${binary}": `), true, error.message);
    assertEquals(/permission denied/i.test(error.message), true, error.message);
  },
);
