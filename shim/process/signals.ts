/** The signals that a server receives. */
import {
  BLOCKED_SIGNALS,
  close,
  EpollEvent,
  type Signal,
  signalDescriptor,
  SIGPIPE,
  takeSignal,
} from "../libc/mod.ts";
import type { Reactor } from "./reactor.ts";

/**
 * Calls `listener`, until the returned value is disposed of, for each of the {@linkcode BLOCKED_SIGNALS} that comes. `start` spawns the server with these signals blocked, so
 * that none takes effect by itself from the server's first moment on. With Deno's own listeners they would until the listeners are
 * added; and by SIGUSR1 Deno opens its inspector on a port of this machine, by which any local user could run code here.
 */
export function watchSignals(
  reactor: Reactor,
  listener: (signal: Signal) => void,
): Disposable {
  // SIGPIPE comes of a write whose reader has gone; the write itself fails, too.
  const watched = BLOCKED_SIGNALS.filter((signal) => signal !== SIGPIPE);
  const descriptor = signalDescriptor(watched);
  reactor.watch(descriptor, EpollEvent.IN, () => {
    for (let signal; (signal = takeSignal(descriptor)) !== undefined;) listener(signal);
  });
  return {
    [Symbol.dispose]() {
      reactor.unwatch(descriptor);
      close(descriptor);
    },
  };
}
