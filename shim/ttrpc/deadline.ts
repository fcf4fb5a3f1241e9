/** What a timer holds, in milliseconds: 24.8 days. A longer one would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Calls back when a call's time has run out, unless the returned function is called before. A time
 * longer than timers hold never runs out.
 *
 * The timer is that of an AbortSignal, since the first setTimeout of a process takes 5 ms (Deno 2.9.6
 * loads Node's timers for it) and the first of these 0.4. It can't be stopped, but without a listener
 * it keeps neither the process alive nor anything of the call.
 */
export function startDeadline(milliseconds: number, passed: () => void): () => void {
  if (milliseconds > LONGEST_TIMER) return () => {};
  const signal = AbortSignal.timeout(Math.max(0, Math.ceil(milliseconds)));
  signal.addEventListener("abort", passed);
  return () => signal.removeEventListener("abort", passed);
}
