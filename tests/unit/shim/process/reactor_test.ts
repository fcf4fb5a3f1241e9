import { assertEquals, assertLess } from "@std/assert";
import { switchesOf } from "../../../../bench/harness/usage.ts";
import { close, EpollEvent, OpenFlag, pipe, read, write } from "../../../../shim/libc/mod.ts";
import { Reactor } from "../../../../shim/process/reactor.ts";
import { within } from "../../../harness/expect/within.ts";
import { expectNoNewDescriptors } from "../../../harness/unit/descriptors.ts";
import { LogRecorder } from "../../../harness/unit/log_recorder.ts";
import { expectIdle } from "../../../harness/unit/processor_time.ts";
import { runFixture } from "../../../harness/unit/fixture.ts";

const log = new LogRecorder();
const reactor = new Reactor(log);
const BYTE = Uint8Array.of(1);
/** See epoll_ctl(2). */
const EPOLLERR = 0x8;

function test(name: string, run: () => Promise<void>): void {
  Deno.test(`reactor: ${name}`, () => within(60, "the events", expectNoNewDescriptors(run)));
}

test("tells when a pipe is readable, again and again while it is", async () => {
  const { read: source, write: target } = pipe(OpenFlag.NONBLOCK);
  write(target, Uint8Array.of(1, 2));
  const buffer = new Uint8Array(1);
  const bytes: number[] = [];
  const done = Promise.withResolvers<void>();
  reactor.watch(source, EpollEvent.IN, (events) => {
    assertEquals(events, EpollEvent.IN);
    read(source, buffer);
    bytes.push(buffer[0]);
    if (bytes.length === 2) write(target, Uint8Array.of(3));
    if (bytes.length === 3) done.resolve();
  });
  await done.promise;
  reactor.unwatch(source);
  assertEquals(bytes, [1, 2, 3]);
  close(source);
  close(target);
});

test("tells of room, and of hang-ups that nobody asked for", async () => {
  const { read: source, write: target } = pipe(OpenFlag.NONBLOCK);
  const next = () => {
    const { promise, resolve } = Promise.withResolvers<number>();
    reactor.watch(target, EpollEvent.OUT, (events) => {
      reactor.unwatch(target);
      resolve(events);
    });
    return promise;
  };
  assertEquals(await next(), EpollEvent.OUT);
  close(source);
  assertEquals(await next(), EpollEvent.OUT | EPOLLERR);
  close(target);
});

/** Makes pipes readable while a listener runs, so that the next round tells of all of them. */
function fillAtOnce(pipes: readonly { write: number }[]): void {
  const start = pipe(OpenFlag.NONBLOCK);
  write(start.write, BYTE);
  reactor.watch(start.read, EpollEvent.IN, () => {
    reactor.unwatch(start.read);
    close(start.read);
    close(start.write);
    for (const each of pipes) write(each.write, BYTE);
  });
}

test("does not tell of what another listener of the same round has unwatched", async () => {
  const pipes = [pipe(OpenFlag.NONBLOCK), pipe(OpenFlag.NONBLOCK)];
  fillAtOnce(pipes);
  let calls = 0;
  const called = Promise.withResolvers<void>();
  for (const each of pipes) {
    reactor.watch(each.read, EpollEvent.IN, () => {
      calls++;
      for (const other of pipes) reactor.unwatch(other.read);
      called.resolve();
    });
  }
  await called.promise;
  // A round later: whatever was ready with the first one has had its turn.
  const { promise, resolve } = Promise.withResolvers<void>();
  reactor.watch(pipes[0].read, EpollEvent.IN, () => {
    reactor.unwatch(pipes[0].read);
    resolve();
  });
  await promise;
  assertEquals(calls, 1);
  for (const each of pipes) {
    close(each.read);
    close(each.write);
  }
});

test("does not tell the next owner of a descriptor what was meant for the one before", async () => {
  // Both are ready in the same round; whichever is told first closes the other, whose number gets a new owner.
  const pipes = [pipe(OpenFlag.NONBLOCK), pipe(OpenFlag.NONBLOCK)];
  fillAtOnce(pipes);
  let calls = 0;
  const quiet = Promise.withResolvers<{ read: number; write: number }>();
  for (const [index, each] of pipes.entries()) {
    reactor.watch(each.read, EpollEvent.IN, () => {
      reactor.unwatch(each.read);
      const other = pipes[1 - index];
      reactor.unwatch(other.read);
      close(other.read);
      const next = pipe(OpenFlag.NONBLOCK);
      assertEquals(next.read, other.read);
      reactor.watch(next.read, EpollEvent.IN, () => {
        calls++;
        reactor.unwatch(next.read);
      });
      close(each.read);
      close(each.write);
      close(other.write);
      quiet.resolve(next);
    });
  }
  const next = await quiet.promise;
  // A round later: whatever was ready with the first one has had its turn.
  const { read: source, write: target } = pipe(OpenFlag.NONBLOCK);
  write(target, BYTE);
  const { promise, resolve } = Promise.withResolvers<void>();
  reactor.watch(source, EpollEvent.IN, () => {
    reactor.unwatch(source);
    resolve();
  });
  await promise;
  assertEquals(calls, 0);
  reactor.unwatch(next.read);
  for (const descriptor of [source, target, next.read, next.write]) close(descriptor);
});

for (
  const [what, fail] of [["throws", () => {}], ["closes its descriptor and throws", close]] as const
) {
  test(`a listener that ${what} is logged and called no more, and the others go on`, async () => {
    log.messages.length = 0;
    const [broken, sound] = [pipe(OpenFlag.NONBLOCK), pipe(OpenFlag.NONBLOCK)];
    for (const each of [broken, sound]) write(each.write, BYTE);
    let calls = 0;
    reactor.watch(broken.read, EpollEvent.IN, () => {
      calls++;
      fail(broken.read);
      throw new Error("a fault");
    });
    // Some rounds, in each of which the other one would be ready as well.
    const { promise, resolve } = Promise.withResolvers<void>();
    let rounds = 0;
    reactor.watch(sound.read, EpollEvent.IN, () => {
      if (++rounds < 5) return;
      reactor.unwatch(sound.read);
      resolve();
    });
    await promise;
    assertEquals(calls, 1);
    assertEquals(log.messages, ["error a listener has failed, and is called no more"]);
    if (fail !== close) close(broken.read);
    for (const descriptor of [broken.write, sound.read, sound.write]) close(descriptor);
  });
}

test("goes on after it had nothing to watch, a hundred times", async () => {
  const { read: source, write: target } = pipe(OpenFlag.NONBLOCK);
  write(target, BYTE);
  for (let round = 0; round < 100; round++) {
    const { promise, resolve } = Promise.withResolvers<void>();
    reactor.watch(source, EpollEvent.IN, () => {
      reactor.unwatch(source);
      resolve();
    });
    await promise;
    // Without a promise between, too: the loop may not have ended yet.
    reactor.watch(target, 0, () => {});
    reactor.unwatch(target);
  }
  close(source);
  close(target);
});

test("leaves the processor alone while nothing happens", async () => {
  const { read: source, write: target } = pipe(OpenFlag.NONBLOCK);
  // What wakes it up must not do so for ever.
  reactor.watch(source, EpollEvent.IN, () => {});
  reactor.unwatch(source);
  reactor.watch(source, EpollEvent.IN, () => {});
  await expectIdle();
  reactor.unwatch(source);
  close(source);
  close(target);
});

/** A pipe that is readable as long as it is watched. */
function watchReadable(listener: () => void): Disposable {
  const { read: source, write: target } = pipe(OpenFlag.NONBLOCK);
  write(target, BYTE);
  reactor.watch(source, EpollEvent.IN, listener);
  return {
    [Symbol.dispose]() {
      reactor.unwatch(source);
      close(source);
      close(target);
    },
  };
}

test("events that come close together cost few wake-ups of threads", async () => {
  const EVENTS = 5000;
  const wakeUps = () => [...switchesOf(Deno.pid).values()].reduce((sum, each) => sum + each, 0);
  const before = wakeUps();
  const { promise, resolve } = Promise.withResolvers<void>();
  let events = 0;
  {
    using _watched = watchReadable(() => ++events === EVENTS && resolve());
    await promise;
  }
  assertLess(wakeUps() - before, EVENTS / 2);
});

test("everything else has its turn while events come without a pause", async () => {
  using _watched = watchReadable(() => {});
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
});

test("unwatching what is not watched is fine", () => {
  const { read: source, write: target } = pipe();
  reactor.unwatch(source);
  close(source);
  close(target);
  return Promise.resolve();
});

test("a hundred descriptors at once are all told of", async () => {
  const pipes = Array.from({ length: 100 }, () => pipe(OpenFlag.NONBLOCK));
  const told = pipes.map((each) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    reactor.watch(each.read, EpollEvent.IN, () => {
      reactor.unwatch(each.read);
      resolve();
    });
    return promise;
  });
  for (const each of pipes) write(each.write, BYTE);
  await Promise.all(told);
  for (const each of pipes) {
    close(each.read);
    close(each.write);
  }
});

for (const [where, unwatch] of [["by its listener", "readable"], ["by others", "timer"]]) {
  Deno.test(`reactor: a program ends when all is unwatched ${where}, and not before`, async () => {
    const program = import.meta.resolve("./fixtures/unwatching.ts");
    const { code, signal, stdout, stderr } = await runFixture(program, unwatch);
    const said = unwatch === "timer" ? "readable\ntimer\nend\n" : "readable\nend\n";
    assertEquals([code, signal, stdout, stderr], [0, null, said, ""]);
  });
}
