import "../../harness/unit/opened_libc.ts";
import { assertEquals } from "@std/assert";
import { Container } from "../../../runc/container.ts";
import { type ContainerContext, Process } from "../../../runc/process.ts";
import type { Exit } from "../../../shim/process/reaper.ts";
import { LogRecorder } from "../../harness/unit/log_recorder.ts";
import { withFolder } from "../../harness/unit/temporary_folder.ts";

function fail(what: string): never {
  throw new Error(`${what} fails`);
}

/** An init of which everything fails that happens at its end. */
class FailingInit extends Process {
  /** Resolves as the process ends. */
  readonly end = Promise.withResolvers<Exit>();

  constructor(context: ContainerContext, private readonly folder: string) {
    super(context, "box", { stdin: "", stdout: "", stderr: "", terminal: false }, "checkpointed");
  }

  start(): Promise<void> {
    const pidFile = `${this.folder}/init.pid`;
    Deno.writeTextFileSync(pidFile, `${Deno.pid}`);
    this.adopt(pidFile, { claim: () => this.end.promise, [Symbol.dispose]() {} });
    this.stdio = { expectEnd: () => fail("expectEnd") } as unknown as typeof this.stdio;
    this.enter("start");
    return Promise.resolve();
  }

  thaw = () => fail("thaw");
  killAll = () => fail("killAll");
  override deliver = () => fail("deliver");
}

Deno.test("container: the end of init is told whatever fails at it", () =>
  withFolder(async (folder) => {
    const logger = new LogRecorder();
    const published: unknown[] = [];
    const publish = (name: string, event: Record<string, unknown>) =>
      published.push([name, event.id, event.exitStatus]);
    const cgroup = { watch: () => fail("watch"), unwatch: () => fail("unwatch") };
    const context = {
      shim: { logger, events: { publish }, awaitBeforeEnd() {} },
      cgroup,
      id: "box",
      bundle: folder,
      runc: { knows: () => fail("knows") },
    } as unknown as ContainerContext;
    const init = new FailingInit(context, folder);
    // Where a file is to be.
    Deno.mkdirSync(`${folder}/init.exit`);
    const container: Container = Reflect.construct(Container, [context, {}, init, false]);
    await container.start("", new AbortController().signal);
    init.end.resolve({ pid: Deno.pid, status: 42, signal: undefined, exitedAt: new Date(0) });
    assertEquals((await init.exited).status, 42);
    assertEquals(init.state, "stopped");
    assertEquals(published, [["TaskStart", undefined, undefined], ["TaskExit", "box", 42]]);
    assertEquals(logger.messages.includes("warning can't watch the container's cgroup"), true);
    const told = ["end the streams of box", "resume the container", "kill what init left behind"];
    const later = ["look for a last OOM", "keep how init ended", "deliver the output of box"];
    for (const what of [...told, ...later]) {
      assertEquals(logger.messages.includes(`warning can't ${what}`), true, what);
    }
  }));
