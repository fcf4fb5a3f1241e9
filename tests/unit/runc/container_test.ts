import "../../harness/unit/opened_libc.ts";
import { assertEquals } from "@std/assert";
import { Container } from "../../../runc/container.ts";
import { type ContainerContext, Process } from "../../../runc/process.ts";
import type { Exit } from "../../../shim/process/reaper.ts";
import { eventually } from "../../harness/expect/eventually.ts";
import { LogRecorder } from "../../harness/unit/log_recorder.ts";
import { withFolder } from "../../harness/unit/temporary_folder.ts";

function fail(what: string): never {
  throw new Error(`${what} fails`);
}

/** An init that is no process. */
class FakeInit extends Process {
  /** Resolves as the process ends. */
  readonly end = Promise.withResolvers<Exit>();

  constructor(context: ContainerContext, private readonly folder: string) {
    super(context, "box", { stdin: "", stdout: "", stderr: "", terminal: false }, "checkpointed");
  }

  start(): Promise<void> {
    const pidFile = `${this.folder}/init.pid`;
    Deno.writeTextFileSync(pidFile, `${Deno.pid}`);
    this.adopt(pidFile, { claim: () => this.end.promise, [Symbol.dispose]() {} });
    this.enter("start");
    return Promise.resolve();
  }

  thaw(): void {}
}

/** An init of which everything fails that happens at its end. */
class FailingInit extends FakeInit {
  override start(): Promise<void> {
    this.stdio = { expectEnd: () => fail("expectEnd") } as unknown as typeof this.stdio;
    return super.start();
  }

  override thaw = () => fail("thaw");
  killAll = () => fail("killAll");
  override get hasUnread(): boolean {
    return true;
  }
  override deliver = () => fail("deliver");
}

Deno.test("container: the end of init is told whatever fails at it", () =>
  withFolder(async (folder) => {
    const logger = new LogRecorder();
    let told = Promise.resolve();
    const published: unknown[] = [];
    const publish = (name: string, event: Record<string, unknown>) =>
      published.push([name, event.id, event.exitStatus]);
    const cgroup = {
      watch: () => fail("watch"),
      reportLast: () => fail("reportLast"),
      unwatch: () => fail("unwatch"),
    };
    const context = {
      shim: { logger, events: { publish }, awaitBeforeEnd: (work: Promise<void>) => told = work },
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
    await told;
    const first = ["end the streams of box", "resume the container", "kill what init left behind"];
    const later = ["look for a last OOM", "keep how init ended", "deliver the output of box"];
    const last = "end the watch for OOMs";
    for (const what of [...first, ...later, last]) {
      assertEquals(logger.messages.includes(`warning can't ${what}`), true, what);
    }
  }));

/** An init whose client takes its time to read the last output. */
class SlowInit extends FakeInit {
  readonly read = Promise.withResolvers<void>();
  override get hasUnread(): boolean {
    return true;
  }

  override deliver(): Promise<void> {
    return this.read.promise;
  }
}

for (const Kind of [FakeInit, SlowInit]) {
  const when = Kind === FakeInit ? "behind the exit" : "before the exit where that has to wait";
  Deno.test(`container: how init ended is kept ${when}`, () =>
    withFolder(async (folder) => {
      const isKept = () => Deno.readDirSync(folder).some(({ name }) => name === "init.exit");
      const keptAtExit = Promise.withResolvers<boolean>();
      let told = Promise.resolve();
      const context = {
        shim: {
          logger: new LogRecorder(),
          events: {
            publish: (name: string) => name === "TaskExit" && keptAtExit.resolve(isKept()),
          },
          awaitBeforeEnd: (work: Promise<void>) => told = work,
        },
        cgroup: { watch() {}, reportLast() {}, unwatch() {} },
        ...{ id: "box", bundle: folder, runc: {} },
      } as unknown as ContainerContext;
      const init = new Kind(context, folder);
      const container: Container = Reflect.construct(Container, [context, {}, init, true]);
      await container.start("", new AbortController().signal);
      init.end.resolve({ pid: Deno.pid, status: 42, signal: undefined, exitedAt: new Date(0) });
      if (init instanceof SlowInit) {
        await eventually("how init ended", () => isKept() || undefined);
        assertEquals(init.state, "running");
        init.read.resolve();
      }
      assertEquals(await keptAtExit.promise, init instanceof SlowInit);
      await told;
      assertEquals(isKept(), true);
    }));
}
