/** `events`: what containerd's event service tells. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  type PrivateContainerd,
  runtimeUnderTest,
} from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { killIfRunning } from "../harness/machine/kill_child.ts";
import { runCommand } from "../harness/shim/commands.ts";
import { test } from "../harness/suite/both_shims.ts";

/** `events`, which goes on until it is ended. */
class Following implements AsyncDisposable {
  /** All lines so far. */
  readonly lines: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  readonly #stderr: Promise<string>;
  #markers = 0;

  constructor(private readonly containerd: PrivateContainerd, ...args: string[]) {
    const { binary } = runtimeUnderTest();
    this.#child = new Deno.Command(binary, {
      args: ["events", "--address", containerd.address, ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#reading = this.#read();
    this.#stderr = new Response(this.#child.stderr).text();
  }

  /** Returns when events do arrive: nobody says when they are subscribed to. */
  async ready(): Promise<void> {
    const before = this.lines.length;
    await eventually("an event", async () => {
      const label = `marker=${++this.#markers}`;
      await this.containerd.ctr("namespaces", "label", this.containerd.namespace, label);
      return this.lines.length > before || undefined;
    });
  }

  /** Waits for a line that matches. */
  async line(pattern: RegExp): Promise<string> {
    return await eventually(`${pattern}`, () => this.lines.find((line) => pattern.test(line)));
  }

  /** How it ends by itself. */
  async end(): Promise<{ code: number; stderr: string }> {
    const { code } = await this.#child.status;
    return { code, stderr: await this.#stderr };
  }

  async [Symbol.asyncDispose]() {
    killIfRunning(this.#child, "SIGTERM");
    await this.#child.status;
    await this.#reading;
  }

  async #read(): Promise<void> {
    let text = "";
    for await (const part of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (text + part).split("\n");
      text = lines.pop()!;
      this.lines.push(...lines);
    }
  }
}

test("a container's life, in lines and in JSON", async (containerd) => {
  await using lines = new Following(containerd);
  await using json = new Following(containerd, "--json", "--namespace", containerd.namespace);
  await lines.ready();
  await json.ready();
  await containerd.run(["--rm"], "box", "sh", "-c", "exit 4");
  const exit = await lines.line(/ \/tasks\/exit box /);
  assertMatch(
    exit,
    /^20\d\d-\d\d-\d\dT[\d:.]+Z shim-\S+ \/tasks\/exit box id=box pid=\d+ exitStatus=4 exitedAt=20\S+Z$/,
  );
  await lines.line(/ \/tasks\/delete box /);
  await lines.line(/ \/containers\/delete box$/);
  const told = JSON.parse(await json.line(/"\/tasks\/exit"/));
  assertEquals([told.namespace, told.topic, told.of], [containerd.namespace, "/tasks/exit", "box"]);
  assertEquals([told.containerd, told.fields.exitStatus], [containerd.address, 4]);
  await json.line(/"\/containers\/delete"/);
  const topics = json.lines.map((line) => JSON.parse(line)).filter(({ of }) => of === "box")
    .map(({ topic }) => topic).filter((topic) => !topic.startsWith("/snapshot/"));
  assertEquals(topics, [
    "/containers/create",
    "/tasks/create",
    "/tasks/start",
    "/tasks/exit",
    "/tasks/delete",
    "/containers/delete",
  ]);
});

test("only a topic, only a container", async (containerd) => {
  await using all = new Following(containerd);
  await using ends = new Following(containerd, "--topic", "tasks/exit,/tasks/delete");
  await using mine = new Following(containerd, "mi", "--topic", "/tasks");
  await all.ready();
  await eventually("events of all three", async () => {
    for (const id of ["mine", "other"]) await containerd.run(["--rm"], id, "true");
    return ends.lines.length > 0 && mine.lines.length > 0 || undefined;
  });
  // Of those lives some may have heard only a part, of this one they hear all.
  await containerd.run(["--rm"], "mint", "true");
  for (const following of [all, ends, mine]) await following.line(/ \/tasks\/delete mint /);
  const topicsOf = ({ lines }: Following) => new Set(lines.map((line) => line.split(" ")[2]));
  assertEquals([...topicsOf(ends)].sort(), ["/tasks/delete", "/tasks/exit"]);
  assertEquals(new Set(mine.lines.map((line) => line.split(" ")[3])), new Set(["mine", "mint"]));
  assert(topicsOf(mine).has("/tasks/start") && topicsOf(all).has("/tasks/start"));
});

test("when containerd ends it says so, and with --follow goes on with the next", async (containerd) => {
  await using one = new Following(containerd);
  await using following = new Following(containerd, "--follow");
  await one.ready();
  await following.ready();
  await containerd.restart();
  const { code, stderr } = await one.end();
  assertEquals(code, 3);
  assertStringIncludes(stderr, `containerd at ${containerd.address} has ended`);
  await following.ready();
});

test("without a containerd it says so", async (containerd) => {
  await containerd.stop();
  const { code, stderr } = await runCommand("events", "--address", containerd.address);
  await containerd.boot();
  assertEquals(code, 3);
  assertStringIncludes(stderr, `no containerd answers at ${containerd.address}`);
});
