const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Sees to it that Ctrl-C, or another signal by which a program is told to end, does not end this one at once.
 * @param stop Ends what it has started; called for the first such signal, and no other.
 * @returns A signal that is aborted from then on.
 */
export function onInterruption(stop: (signal: Deno.Signal) => unknown): AbortSignal {
  const interruption = new AbortController();
  for (const signal of SIGNALS) {
    Deno.addSignalListener(signal, () => {
      if (interruption.signal.aborted) return;
      interruption.abort();
      stop(signal);
    });
  }
  return interruption.signal;
}
