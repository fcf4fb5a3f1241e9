import { assertEquals, assertThrows } from "@std/assert";
import { type CgroupFolders, parseCgroupFolders } from "../../../../runc/cgroup/folders.ts";
import { oomCounter } from "../../../../runc/cgroup/oom.ts";
import { GrowingKey } from "../../../../runc/cgroup/oom_v2.ts";
import { type OomCounter, OomWatch } from "../../../../runc/cgroup/oom_watch.ts";
import {
  close,
  EpollEvent,
  EventFd,
  memoryFile,
  openFilesLimit,
  setOpenFilesLimit,
} from "../../../../shim/libc/mod.ts";
import { Reactor } from "../../../../shim/process/reactor.ts";
import { within } from "../../../harness/expect/within.ts";
import { cgroupMounts, removeCgroups, unifiedMount } from "../../../harness/machine/cgroups.ts";
import { killIfRunning } from "../../../harness/machine/kill_child.ts";
import { runName } from "../../../harness/machine/private_mounts.ts";
import {
  expectNoNewDescriptors,
  expectNoNewSince,
  openDescriptors,
} from "../../../harness/unit/descriptors.ts";
import { LogRecorder } from "../../../harness/unit/log_recorder.ts";

const reactor = new Reactor(new LogRecorder());

/** An empty cgroup of this test's, gone with all its processes in the end. */
class TestCgroup implements AsyncDisposable {
  readonly #processes: Deno.ChildProcess[] = [];

  private constructor(readonly path: string) {}

  static async make(hierarchy: string): Promise<TestCgroup> {
    const path = `${hierarchy}/${runName()}-oom-${crypto.randomUUID().slice(0, 8)}`;
    await Deno.mkdir(path);
    return new TestCgroup(path);
  }

  /** Starts a shell in the cgroup. */
  spawn(script: string): Deno.ChildProcess {
    const process = new Deno.Command("/bin/busybox", {
      args: ["sh", "-c", `echo $$ >$0/cgroup.procs && ${script}`, this.path],
    }).spawn();
    this.#processes.push(process);
    return process;
  }

  /** Removes the cgroup, whose processes must have ended. */
  async remove(): Promise<void> {
    await removeCgroups([this.path]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.#processes) {
      killIfRunning(process);
      await process.status;
    }
    await this.remove().catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}

/** Counts calls, and says when the next one comes. */
class Calls {
  count = 0;
  #next = Promise.withResolvers<void>();

  readonly call = () => {
    this.count++;
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  };

  /** Resolves when there have been so many. */
  async until(count: number): Promise<void> {
    while (this.count < count) await within(30, `call ${this.count + 1}`, this.#next.promise);
  }
}

/** The counter, with a call for each time that it is asked. */
function tellTakes(counter: OomCounter, takes: Calls): OomCounter {
  const { descriptor, events } = counter;
  const take = () => {
    takes.call();
    return counter.take();
  };
  return { descriptor, events, take };
}

/** Uses up memory until it is killed for that. */
const GREEDY = "exec /bin/busybox tail /dev/zero";

function findHierarchy(controller: string): string | undefined {
  return cgroupMounts().find((mount) => mount.endsWith(`/${controller}`));
}

const memoryV1 = findHierarchy("memory");

/** A cgroup of the controller memory in version 1, with a limit of 16 MiB. */
async function makeLimited(): Promise<TestCgroup> {
  const cgroup = await TestCgroup.make(memoryV1!);
  await Deno.writeTextFile(`${cgroup.path}/memory.limit_in_bytes`, `${16 << 20}`);
  await Deno.writeTextFile(`${cgroup.path}/memory.memsw.limit_in_bytes`, `${16 << 20}`);
  return cgroup;
}

/** A counter; of two on one cgroup each counts all. On a busy machine the kernel may signal more than once for one that it kills. */
function counterOf(cgroup: TestCgroup): OomCounter {
  const hierarchy = { mountPoint: cgroup.path, root: "/", unified: false, controllers: ["memory"] };
  return oomCounter(parseCgroupFolders("4:memory:/", [hierarchy]));
}

function version2(cgroup: TestCgroup): CgroupFolders {
  const hierarchy = { mountPoint: cgroup.path, root: "/", unified: true, controllers: [] };
  return parseCgroupFolders("0::/", [hierarchy]);
}

function watch(cgroup: TestCgroup, calls: Calls): OomWatch {
  return new OomWatch(reactor, counterOf(cgroup), calls.call);
}

const v1 = { ignore: memoryV1 === undefined };

Deno.test("cgroup v1: each time that memory runs out is told once", v1, async () => {
  const before = openDescriptors();
  await using cgroup = await makeLimited();
  const signals = counterOf(cgroup);
  const calls = new Calls();
  const oom = watch(cgroup, calls);
  for (let time = 1; time <= 3; time++) {
    assertEquals((await cgroup.spawn(GREEDY).status).signal, "SIGKILL");
    await calls.until(time);
  }
  assertEquals((await cgroup.spawn("exit 0").status).code, 0);
  oom.close();
  oom.close();
  assertEquals(calls.count, signals.take());
  close(signals.descriptor);
  await expectNoNewSince(before);
});

Deno.test(
  "cgroup v1: what the reactor had no time for is told when the watch is closed",
  v1,
  async () => {
    await using cgroup = await makeLimited();
    const signals = counterOf(cgroup);
    const calls = new Calls();
    const oom = watch(cgroup, calls);
    const script = `(echo 0 >${cgroup.path}/cgroup.procs; ${GREEDY}); exit 3`;
    // Without the loop the reactor is not told.
    const { code } = new Deno.Command("/bin/busybox", { args: ["sh", "-c", script] }).outputSync();
    assertEquals(code, 3);
    assertEquals(calls.count, 0);
    oom.close();
    assertEquals(calls.count, signals.take());
    assertEquals(calls.count > 0, true);
    close(signals.descriptor);
  },
);

Deno.test("OOMs: what comes behind the end of the watch is taken, and not told", async () => {
  const signals = new EventFd();
  const [calls, takes] = [new Calls(), new Calls()];
  const { descriptor } = signals;
  const counter = { descriptor, events: EpollEvent.IN, take: () => signals.take() };
  const oom = new OomWatch(reactor, tellTakes(counter, takes), calls.call);
  signals.add();
  oom.end();
  assertEquals(calls.count, 1);
  signals.add();
  await takes.until(2);
  // Else it would wake the reactor again and again.
  assertEquals(signals.take(), 0);
  oom.close();
  assertEquals(calls.count, 1);
});

Deno.test("cgroup v1: the cgroup's removal is not told", v1, async () => {
  const before = openDescriptors();
  await using cgroup = await makeLimited();
  const [calls, takes] = [new Calls(), new Calls()];
  const oom = new OomWatch(reactor, tellTakes(counterOf(cgroup), takes), calls.call);
  await cgroup.remove();
  await takes.until(1);
  oom.close();
  assertEquals(calls.count, 0);
  await expectNoNewSince(before);
});

Deno.test("cgroup v1: the removal is not told where there is no descriptor left", v1, async () => {
  await using cgroup = await makeLimited();
  const [calls, takes] = [new Calls(), new Calls()];
  const oom = new OomWatch(reactor, tellTakes(counterOf(cgroup), takes), calls.call);
  const limit = openFilesLimit();
  // No turn of the event loop between the two.
  Deno.removeSync(cgroup.path);
  setOpenFilesLimit({ ...limit, soft: 0n });
  await takes.until(1);
  setOpenFilesLimit(limit);
  oom.close();
  assertEquals(calls.count, 0);
});

Deno.test(
  "cgroup v1: of signals that come together with that of the removal the others are told",
  v1,
  async () => {
    await using cgroup = await makeLimited();
    const signals = counterOf(cgroup);
    const calls = new Calls();
    const oom = watch(cgroup, calls);
    const memory = `echo 0 >${cgroup.path}/cgroup.procs; ${GREEDY}`;
    // No turn of the event loop from the first to the removal.
    for (let time = 0; time < 2; time++) {
      new Deno.Command("/bin/busybox", { args: ["sh", "-c", `(${memory}); exit 0`] }).outputSync();
    }
    const count = signals.take()!;
    close(signals.descriptor);
    assertEquals(count >= 2, true);
    Deno.removeSync(cgroup.path);
    await calls.until(count);
    oom.close();
    assertEquals(calls.count, count);
  },
);

Deno.test(
  "cgroup v1: without the controller, or without the cgroup, there is an error and nothing left open",
  v1,
  async () => {
    assertThrows(() => oomCounter(parseCgroupFolders("0::/", [])), Error, "memory is not mounted");
    const before = openDescriptors();
    const cgroup = await makeLimited();
    await cgroup.remove();
    assertThrows(() => watch(cgroup, new Calls()), Error, "memory.oom_control: no such file");
    await expectNoNewSince(before);
  },
);

const unified = unifiedMount();
const v2 = { ignore: unified === undefined };
const memoryV2 = {
  ignore: unified === undefined ||
    !Deno.readTextFileSync(`${unified}/cgroup.controllers`).includes("memory"),
};

Deno.test("cgroup v2: each time that memory runs out is told once", memoryV2, async () => {
  const before = openDescriptors();
  await Deno.writeTextFile(`${unified}/cgroup.subtree_control`, "+memory");
  await using cgroup = await TestCgroup.make(unified!);
  await Deno.writeTextFile(`${cgroup.path}/memory.max`, `${16 << 20}`);
  const calls = new Calls();
  const oom = new OomWatch(reactor, oomCounter(version2(cgroup)), calls.call);
  for (let time = 1; time <= 3; time++) {
    assertEquals((await cgroup.spawn(GREEDY).status).signal, "SIGKILL");
    await calls.until(time);
  }
  assertEquals((await cgroup.spawn("exit 0").status).code, 0);
  oom.close();
  assertEquals(calls.count, 3);
  await expectNoNewSince(before);
});

Deno.test(
  "cgroup v2: what the reactor had no time for is told when the watch is closed",
  memoryV2,
  async () => {
    await using cgroup = await TestCgroup.make(unified!);
    await Deno.writeTextFile(`${cgroup.path}/memory.max`, `${16 << 20}`);
    const calls = new Calls();
    const oom = new OomWatch(reactor, oomCounter(version2(cgroup)), calls.call);
    const script = `(echo 0 >${cgroup.path}/cgroup.procs; ${GREEDY}); exit 3`;
    const { code } = new Deno.Command("/bin/busybox", { args: ["sh", "-c", script] }).outputSync();
    assertEquals([code, calls.count], [3, 0]);
    oom.close();
    assertEquals(calls.count, 1);
  },
);

// Any hierarchy of version 2 has cgroup.events, also one without the controller memory: the kernel treats it as memory.events.
Deno.test("cgroup v2: each growth of a key is told once, and nothing else", v2, async () => {
  const before = openDescriptors();
  await using cgroup = await TestCgroup.make(unified!);
  const [calls, takes] = [new Calls(), new Calls()];
  const counter = new GrowingKey(`${cgroup.path}/cgroup.events`, "populated");
  const populated = new OomWatch(reactor, tellTakes(counter, takes), calls.call);
  for (let time = 1; time <= 3; time++) {
    const process = cgroup.spawn("exec sleep 1000");
    await calls.until(time);
    process.kill();
    await process.status;
    await takes.until(2 * time);
  }
  populated.close();
  populated.close();
  assertEquals(calls.count, 3);
  await expectNoNewSince(before);
});

Deno.test(
  "cgroup v2: a growth is told when the watch is closed, once the cgroup is gone nothing",
  v2,
  async () => {
    const before = openDescriptors();
    await using cgroup = await TestCgroup.make(unified!);
    const calls = new Calls();
    const open = () => {
      const counter = new GrowingKey(`${cgroup.path}/cgroup.events`, "populated");
      return new OomWatch(reactor, counter, calls.call);
    };
    const [first, second] = [open(), open()];
    const sleep = new Deno.Command("/bin/busybox", { args: ["sleep", "1000"] }).spawn();
    Deno.writeTextFileSync(`${cgroup.path}/cgroup.procs`, `${sleep.pid}`);
    // No turn of the event loop until here.
    assertEquals(calls.count, 0);
    first.close();
    assertEquals(calls.count, 1);
    await calls.until(2);
    sleep.kill();
    await sleep.status;
    await cgroup.remove();
    second.close();
    assertEquals(calls.count, 2);
    await expectNoNewSince(before);
  },
);

Deno.test("a counter that can't be watched is closed", () =>
  expectNoNewDescriptors(() => {
    const counter = {
      descriptor: memoryFile("no counter", 1),
      events: EpollEvent.IN,
      take: () => 0,
    };
    // epoll(7) takes no files.
    assertThrows(() => new OomWatch(reactor, counter, () => {}), Error, "epoll_ctl");
  }));
