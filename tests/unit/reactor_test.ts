import { assertEquals } from "@std/assert";
import { close, EpollEvent, OpenFlag, pipe, read, write } from "../../shim/libc/mod.ts";
import { Reactor } from "../../shim/reactor.ts";
import { within } from "../within.ts";
import { expectNoNewDescriptors } from "./descriptors.ts";
import { expectIdle } from "./processor_time.ts";
import { runScript } from "./script.ts";
import { withFolder } from "./temporary_folder.ts";

const reactor = new Reactor();
const BYTE = Uint8Array.of(1);

function test(name: string, run: () => Promise<void>): void {
  Deno.test(`reactor: ${name}`, () => within(20, "the events", expectNoNewDescriptors(run)));
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
  assertEquals(await next(), EpollEvent.OUT | EpollEvent.ERROR);
  close(target);
});

test("changes what is watched for", async () => {
  const { read: source, write: target } = pipe(OpenFlag.NONBLOCK);
  const events: number[] = [];
  let changed = Promise.withResolvers<void>();
  reactor.watch(target, EpollEvent.OUT, (event) => {
    events.push(event);
    // Else it would be called without end.
    reactor.change(target, 0);
    changed.resolve();
  });
  await changed.promise;
  changed = Promise.withResolvers();
  reactor.change(target, EpollEvent.OUT);
  await changed.promise;
  changed = Promise.withResolvers();
  close(source);
  await changed.promise;
  assertEquals(events, [EpollEvent.OUT, EpollEvent.OUT, EpollEvent.ERROR]);
  reactor.unwatch(target);
  close(target);
});

test("does not tell of what another listener of the same round has unwatched", async () => {
  const pipes = [pipe(OpenFlag.NONBLOCK), pipe(OpenFlag.NONBLOCK)];
  for (const each of pipes) write(each.write, BYTE);
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
  Deno.test(`reactor: a program ends when all is unwatched ${where}, and not before`, () =>
    withFolder(async (folder) => {
      const { code, signal, stdout, stderr } = await runScript(
        folder,
        `
        import { EpollEvent, pipe, write } from "REPOSITORY/shim/libc/mod.ts";
        import { Reactor } from "REPOSITORY/shim/reactor.ts";
        const reactor = new Reactor();
        const { read, write: target } = pipe();
        const happens = (what) => {
          console.log(what);
          if (what === "${unwatch}") reactor.unwatch(read);
          else reactor.change(read, 0);
        };
        reactor.watch(read, EpollEvent.IN, () => happens("readable"));
        // Timers that alone would not keep the program alive.
        Deno.unrefTimer(setTimeout(() => write(target, Uint8Array.of(1)), 20));
        if ("${unwatch}" === "timer") Deno.unrefTimer(setTimeout(() => happens("timer"), 60));
        addEventListener("unload", () => console.log("end"));
        `,
      );
      const said = unwatch === "timer" ? "readable\ntimer\nend\n" : "readable\nend\n";
      assertEquals([code, signal, stdout, stderr], [0, null, said, ""]);
    }));
}
