import { assert, assertEquals } from "@std/assert";
import { close, Epoll, EpollEvent, pipe, write } from "../../../../shim/libc/mod.ts";

Deno.test("epoll: a brief wait ends when something is ready, or with its time", () => {
  const epoll = new Epoll();
  const { read, write: end } = pipe();
  epoll.add(read, EpollEvent.IN, 7);
  const begin = performance.now();
  assertEquals(epoll.waitBriefly(20_000), []);
  const waited = performance.now() - begin;
  assert(waited >= 20, `expected a wait of 20 ms, not of ${waited}`);
  write(end, new Uint8Array(1));
  const ready = { descriptor: read, generation: 7, events: EpollEvent.IN };
  assertEquals(epoll.waitBriefly(900_000), [ready]);
  epoll.remove(read);
  close(read);
  close(end);
});
