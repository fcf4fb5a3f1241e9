/** The signals that a server gets. */
import {
  BLOCKED_SIGNALS,
  EpollEvent,
  type Signal,
  signalDescriptor,
  SIGPIPE,
  takeSignal,
} from "../libc/mod.ts";
import type { Reactor } from "./reactor.ts";

/**
 * Tells of each signal that is blocked, as it is in a server that `start` has spawned: from its first moment on none of them does
 * anything by itself. Deno's own listeners would leave the moments before them, and the inspector that Deno opens at SIGUSR1 on a port
 * of this machine, by which any of its users could run code here.
 */
export function watchSignals(reactor: Reactor, listener: (signal: Signal) => void): void {
  // A write to who has gone raises that, which the write itself tells, too.
  const watched = BLOCKED_SIGNALS.filter((signal) => signal !== SIGPIPE);
  const descriptor = signalDescriptor(watched);
  reactor.watch(descriptor, EpollEvent.IN, () => {
    for (let signal; (signal = takeSignal(descriptor)) !== undefined;) listener(signal);
  });
}
