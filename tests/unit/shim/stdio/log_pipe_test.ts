import { assertEquals } from "@std/assert";
import { close, OpenFlag, pipe, read, unreadBytes, write } from "../../../../shim/libc/mod.ts";
import { Reactor } from "../../../../shim/process/reactor.ts";
import { LogPipe } from "../../../../shim/stdio/log_pipe.ts";
import { Relay } from "../../../../shim/stdio/relay.ts";
import { DescriptorTarget } from "../../../../shim/stdio/target.ts";
import { copying, SOURCE_EMPTY, splicing } from "../../../../shim/stdio/transfer.ts";
import { within } from "../../../harness/expect/within.ts";
import { expectNoNewDescriptors, toFile, writeAll } from "../../../harness/unit/descriptors.ts";
import { LogRecorder } from "../../../harness/unit/log_recorder.ts";

const reactor = new Reactor(new LogRecorder());
const PIPE_BYTES = 1 << 16;

for (const [how, make] of [["splicing", () => splicing], ["copying", copying]] as const) {
  const test = (name: string, run: () => Promise<void> | void) =>
    Deno.test(
      `log pipe: ${how}: ${name}`,
      () => within(60, "an end", expectNoNewDescriptors(run)),
    );

  test("it tells how much is unread, and its end comes with its writer's alone", () => {
    const pipe = new LogPipe(make(), () => {});
    const source = pipe.source;
    write(pipe.output.target, new Uint8Array(100));
    assertEquals(pipe.unread, 100);
    const buffer = new Uint8Array(60);
    assertEquals(read(source, buffer), 60);
    assertEquals(pipe.unread, 40);
    close(pipe.output.target);
    assertEquals(pipe.unread, 40);
    assertEquals([read(source, buffer), read(source, buffer)], [40, 0]);
    assertEquals(pipe.unread, 0);
    pipe.close();
    pipe.close();
    assertEquals(pipe.unread, 0);
  });

  test("what comes when its reader has gone is dropped, and that is told once", () => {
    const process = pipe(OpenFlag.NONBLOCK);
    let losses = 0;
    const log = new LogPipe(make(), () => losses++);
    const { target, transfer } = log.output;
    assertEquals(transfer(process.read, target), SOURCE_EMPTY);
    write(process.write, new Uint8Array(10));
    assertEquals([transfer(process.read, target), losses], [10, 0]);
    log.releaseSource();
    for (let round = 0; round < 3; round++) {
      write(process.write, new Uint8Array(10));
      while (transfer(process.read, target) > 0);
      assertEquals([unreadBytes(process.read), losses], [0, 1]);
    }
    close(process.write);
    assertEquals(transfer(process.read, target), 0);
    close(process.read);
    close(target);
    log.close();
  });

  test("a relay that waits for room goes on when the reader has gone", async () => {
    const process = pipe(OpenFlag.NONBLOCK);
    const { promise: lost, resolve } = Promise.withResolvers<void>();
    const log = new LogPipe(make(), resolve);
    const { output } = log;
    assertEquals(write(output.target, new Uint8Array(PIPE_BYTES)), PIPE_BYTES);
    assertEquals(write(process.write, new Uint8Array(PIPE_BYTES)), PIPE_BYTES);
    const target = new DescriptorTarget(reactor, output.target, output.transfer);
    const relay = new Relay(reactor, { source: process.read, target });
    using writer = toFile(process.write, "write");
    const written = writeAll(writer, new Uint8Array(4 << 20));
    while (!relay.blocked) await new Promise((resolve) => setTimeout(resolve, 1));
    log.releaseSource();
    await Promise.all([lost, written]);
    writer.close();
    await relay.ended;
    log.close();
  });
}
