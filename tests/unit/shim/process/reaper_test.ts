import { assertEquals } from "@std/assert";
import { scriptAnswer } from "../../../harness/unit/script.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

/** A program that is a child subreaper with a reaper, and what the tests do in it. */
const PROGRAM = `
  import { becomeSubreaper, kill } from "REPOSITORY/shim/libc/mod.ts";
  import { Reaper } from "REPOSITORY/shim/process/reaper.ts";

  const ignore = () => {};
  const logged = [];
  const logger = { debug: (message, fields) => logged.push(fields), info: ignore, warn: ignore, error: ignore };
  becomeSubreaper();
  const reaper = new Reaper(logger);
  reaper.start();

  /** A command that leaves an orphan behind, and its pid in its output, as a runtime does; a shell that ends may reap it itself. */
  async function orphan(script) {
    const child = reaper.spawn("sh", {
      args: ["-c", '(exec sh -c "$0") </dev/null >/dev/null & exec printf %d $!', script],
      stdout: "piped",
    });
    const { stdout } = await child.output();
    return Number(new TextDecoder().decode(stdout));
  }

  /** The children of this process, zombies too. */
  function children() {
    return Deno.readTextFileSync("/proc/" + Deno.pid + "/task/" + Deno.pid + "/children").trim();
  }

  async function eventually(check) {
    while (!check()) await new Promise((resolve) => setTimeout(resolve, 5));
  }
`;

function test(name: string, script: string, expected: unknown): void {
  Deno.test(`reaper: ${name}`, () =>
    withFolder(async (folder) => {
      assertEquals(await scriptAnswer(folder, PROGRAM + script), expected);
    }));
}

test(
  "50 orphans and 50 commands that end at once have the right statuses, and no zombie is left",
  `
  const numbers = Array.from({ length: 50 }, (_, index) => index);
  const fifo = import.meta.dirname + "/go";
  new Deno.Command("mkfifo", { args: [fifo] }).outputSync();
  const expectation = reaper.expect();
  // All wait until the FIFO is opened for writing.
  const pids = await Promise.all(numbers.map((number) => orphan("read go < " + fifo + "; exit " + (100 + number))));
  const exits = pids.map((pid) => expectation.claim(pid));
  const commands = numbers.map((number) =>
    reaper.spawn("sh", { args: ["-c", "read go < " + fifo + "; exit " + number] }).status
  );
  const go = await Deno.open(fifo, { write: true });
  await go.write(new TextEncoder().encode("\\n".repeat(100)));
  const wrong = [];
  for (const [index, exit] of (await Promise.all(exits)).entries()) {
    if (exit.status !== 100 + index || exit.pid !== pids[index]) wrong.push(exit);
  }
  for (const [index, { code }] of (await Promise.all(commands)).entries()) {
    if (code !== index) wrong.push({ index, code });
  }
  await eventually(() => children() === "");
  go.close();
  console.log(JSON.stringify({ wrong, distinct: new Set(pids).size }));
  `,
  { wrong: [], distinct: 50 },
);

test(
  "an exit before its pid is claimed is not forgotten",
  `
  const before = Date.now();
  const expectation = reaper.expect();
  const pid = await orphan("exit 3");
  await eventually(() => children() === "");
  const exit = await expectation.claim(pid);
  const inTime = exit.exitedAt >= before && exit.exitedAt <= Date.now();
  console.log(JSON.stringify({ same: exit.pid === pid, status: exit.status, inTime }));
  `,
  { same: true, status: 3, inTime: true },
);

test(
  "two starts at once each claim their own process",
  `
  const expectations = [reaper.expect(), reaper.expect()];
  const pids = await Promise.all([orphan("exit 4"), orphan("exit 5")]);
  await eventually(() => children() === "");
  const exits = await Promise.all(pids.map((pid, index) => expectations[index].claim(pid)));
  console.log(JSON.stringify(exits.map(({ status }) => status)));
  `,
  [4, 5],
);

test(
  "what was claimed while it ran is told after the start has ended",
  `
  let claimed;
  let pid;
  {
    using expectation = reaper.expect();
    pid = await orphan("exec sleep 100");
    claimed = expectation.claim(pid);
  }
  kill(pid, 15);
  console.log((await claimed).status);
  `,
  128 + 15,
);

test(
  "what is no child, or somebody's already, can't be claimed",
  `
  using expectation = reaper.expect();
  const pid = await orphan("exec sleep 100");
  const unclaimed = reaper.isUnclaimed(pid);
  const exit = expectation.claim(pid);
  const command = reaper.spawn("sleep", { args: ["100"] });
  const exact = reaper.spawnExactly("sleep", { args: ["100"] });
  const pids = [pid, command.pid, exact.pid, Deno.pid, 1, 4194303];
  const reasons = pids.map((each) => {
    try {
      expectation.claim(each);
    } catch ({ message }) {
      return message.replace(/\\d+/, "N");
    }
  });
  for (const each of [pid, command.pid, exact.pid]) kill(each, 9);
  const statuses = [(await exit).status, (await command.status).code, (await exact.status).code];
  console.log(JSON.stringify({ unclaimed, others: pids.filter((each) => reaper.isUnclaimed(each)), reasons, statuses }));
  `,
  {
    unclaimed: true,
    others: [],
    reasons: [
      ...Array(3).fill("process N is another one of the shim's"),
      ...Array(3).fill("process N is no child of the shim"),
    ],
    statuses: [137, 137, 137],
  },
);

test(
  "a process that a signal ends has 128 and the signal for its status",
  `
  const expectation = reaper.expect();
  const statuses = [];
  for (const signal of ["KILL", "SEGV", "TERM"]) {
    statuses.push((await expectation.claim(await orphan("kill -" + signal + " $$"))).status);
  }
  console.log(JSON.stringify(statuses));
  `,
  [128 + 9, 128 + 11, 128 + 15],
);

test(
  "an orphan that nobody claims is reaped and logged",
  `
  const pid = await orphan("exit 6");
  await eventually(() => children() === "");
  console.log(JSON.stringify({ same: logged[0].pid === pid, status: logged[0].status, count: logged.length }));
  `,
  { same: true, status: 6, count: 1 },
);

test(
  "what fails where an exit is told keeps nobody from being reaped",
  `
  const { reap } = await import("REPOSITORY/shim/libc/mod.ts");
  const faults = [];
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    faults.push(event.reason.message);
  });
  let thrown = false;
  reaper.onReaped(() => {
    if (thrown) return;
    thrown = true;
    throw new Error("onReaped");
  });
  // Deno asks for it in vain.
  const stolen = reaper.spawn("sh", { args: ["-c", "exit 7"] });
  while (reap(stolen.pid) === undefined);
  const status = await stolen.status.catch(({ name }) => name);
  const expectation = reaper.expect();
  const claims = [];
  for (const code of [3, 4]) {
    const claim = expectation.claim(await orphan("exit " + code));
    claim.then(() => {
      throw new Error("claim");
    });
    claims.push(claim);
  }
  const statuses = (await Promise.all(claims)).map(({ status }) => status);
  await eventually(() => children() === "" && faults.length >= 3);
  console.log(JSON.stringify({ status, statuses, faults: faults.toSorted() }));
  `,
  { status: "Error", statuses: [3, 4], faults: ["claim", "claim", "onReaped"] },
);

test(
  "the output of a command is whole while orphans end around it",
  `
  const outputs = await Promise.all(Array.from({ length: 20 }, async (_, index) => {
    const child = reaper.spawn("sh", { args: ["-c", "true & true & echo " + index + "; exit 1"], stdout: "piped" });
    const { code, stdout } = await child.output();
    return code + " " + new TextDecoder().decode(stdout).trim();
  }));
  await eventually(() => children() === "");
  console.log(JSON.stringify(outputs));
  `,
  Array.from({ length: 20 }, (_, index) => `1 ${index}`),
);

test(
  "a command that can't be executed is an error, and the reaper goes on",
  `
  let error;
  try {
    reaper.spawn("/no/such/command", { args: [] });
  } catch (caught) {
    error = caught.name;
  }
  const { code } = await reaper.spawn("sh", { args: ["-c", "exit 7"] }).status;
  console.log(JSON.stringify([error, code]));
  `,
  ["NotFound", 7],
);
