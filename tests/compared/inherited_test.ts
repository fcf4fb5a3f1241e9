/**
 * All that a process inherits, of the shim and through it of containerd: with ours it is what it is with Go's shim, field by field, but
 * for what is listed here; also where containerd itself was started oddly.
 */
import { assertEquals, assertMatch } from "@std/assert";
import type { PrivateContainerd, Runtime } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { DirectShim, type Host } from "../harness/shim/direct_shim.ts";
import { GO_SHIM, isGoShimKnown } from "../harness/shim/go_shim.ts";
import { processSpec } from "../harness/shim/task_client.ts";
import { ClientFifo } from "../harness/streams/client_fifo.ts";
import { testBetterThanGo } from "../harness/suite/black_box.ts";

/** What a process has inherited, by names for people. */
type Inheritance = Record<string, string>;

/** A field that differs on purpose. One that is not needed any more is a failure, too. */
interface Difference {
  readonly why: string;
  /** Matches the process and the field: `logger: cwd`. */
  readonly where: RegExp;
  readonly go: RegExp;
  readonly ours: RegExp;
}

/** What differs on purpose. One that is not needed any more is a failure, too. */
const ACCEPTED: readonly Difference[] = [
  {
    why:
      "Go's runtime leaves signals ignored that glibc keeps for itself, and some that containerd ignores",
    where: /: SigIgn$/,
    go: /^000000008000000[0145]$/,
    ours: /^000000000000000[04]$/,
  },
  {
    why: "no signal is blocked, whatever containerd blocks",
    where: /^(init|exec|exec at a terminal): SigBlk$/,
    go: /^0000000000002200$/,
    ours: /^0000000000000000$/,
  },
  {
    why: "a bundle goes away with its container, and a logger may go on for a while",
    where: /^logger: (cwd|environment)$/,
    go: /FOLDER\/box$/,
    ours: /(^|PWD=)\/$/,
  },
  {
    why: "what the shim itself has inherited is no program's of a container, nor that of its hooks",
    where: /^(logger|poststop): descriptor (7|9|\d\d+)$/,
    go: /pipe|passwd|full/,
    ours: /^$/,
  },
  {
    why: "a logger has containerd's limit of open files, as everything else has",
    where: /^logger: Max open files$/,
    go: /^5678 5678 files$/,
    ours: /^1234 5678 files$/,
  },
];

/** How containerd was started: the script by which it executes the shim's program. */
const CALLERS = {
  "an ordinary containerd": 'exec "$SHIM" "$@"',
  "a containerd that was started oddly": `
umask 027
ulimit -Sn 1234; ulimit -Hn 5678; ulimit -c 4096; ulimit -Ss 4096
ODD=$(printf '\\377\\376'); export ODD
exec 7</etc/passwd 9>/dev/full
exec nice -n 5 ionice -c 2 -n 6 setarch -R \\
  env --ignore-signal=HUP --ignore-signal=USR2 --ignore-signal=RTMAX \\
  --block-signal=USR1 --block-signal=ALRM --block-signal=TERM "$SHIM" "$@"
`,
};

/** Writes all that the shell that runs it has inherited to files that begin with `$1`. */
const PROBE = `
out=$1
ls -l /proc/$$/fd > $out.fd
# By the shell itself: while it starts a program it may block signals.
while IFS= read -r line; do echo "$line"; done < /proc/$$/status > $out.status
cat /proc/$$/limits > $out.limits
cat /proc/$$/stat > $out.stat
cat /proc/$$/personality > $out.personality
cat /proc/$$/oom_score_adj > $out.oom_score_adj
cat /proc/$$/cgroup > $out.cgroup
tr '\\0' '\\n' < /proc/$$/environ | sort > $out.environ
ionice -p $$ > $out.ionice
umask > $out.umask
pwd > $out.cwd
tty > $out.tty
mv $out.tty $out.done
`;

/** As `sh -c`, so that the shell has no descriptor for its script. */
const probing = (out: string) => ["sh", "-c", PROBE, "sh", out];

const STATUS_FIELDS = /^(SigBlk|SigIgn|ShdPnd|Cap.*|NoNewPrivs|Seccomp|Umask|Uid|Gid|Groups)$/;

/** @param folder Whose name says nothing. */
async function readInheritance(out: string, folder: string): Promise<Inheritance> {
  const read = (name: string) =>
    Deno.readTextFileSync(`${out}.${name}`).trim().replaceAll(folder, "FOLDER");
  await eventually("a probe", () => {
    try {
      return Deno.statSync(`${out}.done`);
    } catch {
      return undefined;
    }
  });
  const status = read("status").split("\n").map((line) => line.split(":\t"));
  const [pid] = read("stat").split(" ");
  const [, , group, session, terminal, ...rest] = read("stat").replace(/^.*\) /, "").split(" ");
  const limits = read("limits").split("\n").slice(1).map((line) =>
    [line.slice(0, 26).trim(), line.slice(26).replace(/ +/g, " ").trim()] as const
  );
  const descriptors = [...read("fd").matchAll(/^l(\S+) .* (\d+) -> (.*)$/gm)].map((
    [, mode, number, target],
  ) => [`descriptor ${number}`, `${mode.slice(0, 2)} ${target.replace(/:\[\d+\]$/, "")}`] as const);
  return {
    ...Object.fromEntries(status.filter(([name]) => STATUS_FIELDS.test(name))),
    ...Object.fromEntries(limits),
    ...Object.fromEntries(descriptors),
    "leads a process group": `${group === pid}`,
    "leads a session": `${session === pid}`,
    "has a controlling terminal": `${terminal !== "0"}`,
    nice: rest[11],
    personality: read("personality"),
    oom_score_adj: read("oom_score_adj"),
    cgroup: read("cgroup"),
    environment: read("environ"),
    ionice: read("ionice"),
    umask: read("umask"),
    cwd: read("cwd"),
    tty: read("done"),
  };
}

/** Everything that inherits something of a shim; each is asked once. */
async function inheritances(
  containerd: PrivateContainerd,
  shim: Runtime,
  caller: string,
): Promise<Record<string, Inheritance>> {
  const folder = `${containerd.folder}/${shim.name}-${crypto.randomUUID().slice(0, 8)}`;
  await Deno.mkdir(folder);
  const script = (name: string, text: string) => {
    Deno.writeTextFileSync(`${folder}/${name}`, text, { mode: 0o755 });
    return `${folder}/${name}`;
  };
  const binary = script(
    "caller",
    `#!/bin/sh\nSHIM=$(command -v ${shim.binary})\n${caller}`,
  );
  const quoted = PROBE.replaceAll("'", `'\\''`);
  // The logging program says that it is ready by closing its descriptor 5, and reads to the end.
  const logger = script(
    "logger",
    `#!/bin/sh\nsh -c '${quoted}' sh ${folder}/logger-out\nexec 5>&-\nexec cat <&3 >/dev/null\n`,
  );
  const hook = (name: string) => ({
    path: "/bin/sh",
    args: ["sh", "-c", `sh -c '${quoted}' sh ${folder}/${name}; cat > /dev/null`],
    env: ["PATH=/usr/bin:/bin"],
  });
  const host: Host = {
    folder,
    address: containerd.address,
    namespace: containerd.namespace,
    rootfs: containerd.rootfs,
    runtime: { name: shim.name, binary },
  };
  const hooks = {
    createRuntime: [hook("createRuntime")],
    poststart: [hook("poststart")],
    poststop: [hook("poststop")],
  };
  const fifo = (name: string) => ClientFifo.make(`${folder}/${name}`);
  using stdin = await fifo("stdin");
  using stdout = await fifo("stdout");
  using stderr = await fifo("stderr");
  using terminalIn = await fifo("terminal-in");
  using terminalOut = await fifo("terminal-out");
  const streams = { stdin: stdin.path, stdout: stdout.path, stderr: stderr.path };
  const init = ["sh", "-c", 'sh -c "$0" sh /init; exec sleep 1000', PROBE];
  const readFrom = (out: string) => readInheritance(out, folder);
  const started = await DirectShim.start(host, "box", { args: init, hooks });
  try {
    await started.create(host, streams);
    await started.tasks.call("Start", { id: "box" });
    const inside = (name: string) => `${started.bundle.path}/snapshot/fs/${name}`;
    const result: Record<string, Inheritance> = {
      init: await readFrom(inside("init")),
      createRuntime: await readFrom(`${folder}/createRuntime`),
      poststart: await readFrom(`${folder}/poststart`),
    };
    const run = async (execId: string, args: string[], io: object) => {
      const terminal = execId === "terminal";
      const spec = processSpec(args, { terminal });
      await started.tasks.call("Exec", { id: "box", execId, spec, terminal, ...io });
      await started.tasks.call("Start", { id: "box", execId });
      await started.tasks.call("Wait", { id: "box", execId });
      await started.tasks.call("Delete", { id: "box", execId });
    };
    await run("exec", probing("/exec"), streams);
    result.exec = await readFrom(inside("exec"));
    const terminal = { stdin: terminalIn.path, stdout: terminalOut.path };
    await run("terminal", probing("/terminal"), terminal);
    result["exec at a terminal"] = await readFrom(inside("terminal"));
    const uri = `binary://${logger}`;
    await run("logged", ["true"], { stdout: uri, stderr: uri });
    result.logger = await readFrom(`${folder}/logger-out`);
    await started.tasks.call("Kill", { id: "box", signal: 9 });
    await started.tasks.call("Wait", { id: "box" });
    await started.tasks.call("Delete", { id: "box" });
    result.poststop = await readFrom(`${folder}/poststop`);
    return result;
  } finally {
    await started.end().catch(() => {});
    await started.shutDown().catch(() => {});
    await Deno.remove(folder, { recursive: true });
  }
}

testBetterThanGo(
  "a server raises its own limit of open files, and no other",
  async (containerd) => {
    const binary = `${containerd.folder}/limited`;
    const script =
      `#!/bin/sh\nulimit -Sn 100; ulimit -Hn 5678\nexec ${containerd.runtime.binary} "$@"\n`;
    await Deno.writeTextFile(binary, script, { mode: 0o755 });
    const { folder, address, namespace, rootfs } = containerd;
    const host = { folder, address, namespace, rootfs, runtime: { ...containerd.runtime, binary } };
    const shim = await DirectShim.run(host, "box");
    const limits = Deno.readTextFileSync(`/proc/${shim.pid}/limits`);
    assertMatch(limits, /^Max open files +5678 +5678 /m);
    // More than a hundred descriptors are of use.
    await Promise.all(Array.from({ length: 20 }, async (_, index) => {
      using stdout = await ClientFifo.make(`${shim.bundle.path}/stdout-${index}`);
      const exec = { id: "box", execId: `exec-${index}` };
      await shim.exec(exec.execId, ["echo", "hello"], { stdout: stdout.path });
      assertEquals((await shim.tasks.call("Wait", exec)).exitStatus, 0);
      await shim.tasks.call("Delete", exec);
    }));
    await shim.end();
    await Deno.remove(binary);
  },
);

for (const asked of [[], ["stdout"], ["stderr"]]) {
  const name = asked[0] ?? "no stream";
  testBetterThanGo(
    `where only ${name} is asked for, the others are /dev/null`,
    async (containerd) => {
      const script = (file: string) => [
        ...["sh", "-c"],
        `links=$(for n in 0 1 2; do readlink /proc/$$/fd/$n; done)
      echo "$links" > /${file}; mv /${file} /${file}.done`,
      ];
      const init = script("init");
      init[2] += "; exec sleep 1000";
      const shim = await DirectShim.start(containerd, "box", { args: init });
      using fifo = await ClientFifo.make(`${shim.bundle.path}/fifo`);
      const streams = Object.fromEntries(asked.map((each) => [each, fifo.path]));
      await shim.create(containerd, streams);
      await shim.tasks.call("Start", { id: "box" });
      await shim.exec("visitor", script("visitor"), streams);
      for (const each of ["init", "visitor"]) {
        const path = `${shim.bundle.path}/snapshot/fs/${each}.done`;
        const links = await eventually("the streams", () => {
          try {
            return Deno.readTextFileSync(path).trim().split("\n");
          } catch {
            return undefined;
          }
        });
        const expected = ["stdin", "stdout", "stderr"].map((stream) =>
          asked.includes(stream) ? "pipe" : "/dev/null"
        );
        assertEquals(links.map((link) => link.replace(/:.*/, "")), expected, each);
      }
      await shim.end();
    },
  );
}

/** Each field that differs, and how. */
function differencesOf(
  go: Record<string, Inheritance>,
  ours: Record<string, Inheritance>,
): { where: string; go: string; ours: string }[] {
  return Object.keys(go).flatMap((process) => {
    const [theirs, own] = [go[process], ours[process]];
    return [...new Set([...Object.keys(theirs), ...Object.keys(own)])].map((field) => ({
      where: `${process}: ${field}`,
      go: theirs[field] ?? "",
      ours: own[field] ?? "",
    })).filter((pair) => pair.go !== pair.ours);
  });
}

const needed = new Set<Difference>();

for (const [name, script] of isGoShimKnown ? Object.entries(CALLERS) : []) {
  testBetterThanGo(`a process inherits what it does of Go's shim: ${name}`, async (containerd) => {
    const go = await inheritances(containerd, GO_SHIM, script);
    const ours = await inheritances(containerd, containerd.runtime, script);
    const unexpected = differencesOf(go, ours).filter((difference) => {
      const accepted = ACCEPTED.filter((each) =>
        each.where.test(difference.where) && each.go.test(difference.go) &&
        each.ours.test(difference.ours)
      );
      for (const each of accepted) needed.add(each);
      return accepted.length === 0;
    });
    assertEquals(unexpected, []);
  });
}

testBetterThanGo("all accepted differences of what is inherited are still there", () => {
  // Where only some of the tests ran nobody knows.
  if (needed.size > 0) {
    assertEquals(ACCEPTED.filter((each) => !needed.has(each)).map(({ why }) => why), []);
  }
  return Promise.resolve();
});
