/**
 * Timers, in place of setTimeout: for its first call Deno loads Node's timers, which takes 5 ms and 0.7 MiB for as long as the process
 * lives (Deno 2.9.6). All of them share one of an AbortSignal's, which cost neither, but can't be stopped.
 */

/** After how long there is a first look at timers while none is waited for, in ms: most are stopped by then. */
const FIRST_LOOK_MS = 64;
/** The longest time after which timers are looked at, in ms: 12 days. */
const LONGEST_LOOK_MS = 2 ** 30;

interface Timer {
  /** When it passes, in the time of performance.now(). */
  readonly at: number;
  readonly passed: () => void;
}

/** The timers that have neither passed nor been stopped. */
const waiting = new Set<Timer>();
/** The next look at them. */
let next: { readonly signal: AbortSignal; readonly at: number } | undefined;

/**
 * Calls `passed` when so many milliseconds have passed, unless the returned function is called before; never after Infinity. Until then it
 * keeps the process alive.
 */
export function after(milliseconds: number, passed: () => void): () => void {
  if (milliseconds === Infinity) return () => {};
  const timer: Timer = { at: performance.now() + milliseconds, passed };
  waiting.add(timer);
  lookBy(timer.at, FIRST_LOOK_MS);
  return () => {
    if (waiting.delete(timer) && waiting.size === 0) stopLooking();
  };
}

/** Resolves after so many milliseconds. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => after(milliseconds, resolve));
}

/**
 * Sees to it that timers are looked at by then. A look comes after a power of two of milliseconds: so those that are not needed any more,
 * as a sooner one is, are never many.
 * @param longest After how long at the latest, in ms.
 */
function lookBy(at: number, longest: number): void {
  const now = performance.now();
  if (next === undefined || next.signal.aborted || next.at > at) {
    stopLooking();
    const delay = 2 ** Math.floor(Math.log2(Math.max(1, Math.min(at - now, longest))));
    next = { signal: AbortSignal.timeout(delay), at: now + delay };
  }
  // However often it is added, the listener is called once.
  next.signal.addEventListener("abort", look);
}

function stopLooking(): void {
  // Without a listener the signal does not keep the process alive.
  next?.signal.removeEventListener("abort", look);
}

function look(): void {
  const now = performance.now();
  let soonest = Infinity;
  for (const timer of waiting) {
    if (timer.at > now) soonest = Math.min(soonest, timer.at);
    else if (waiting.delete(timer)) callBack(timer);
  }
  if (waiting.size > 0) lookBy(soonest, LONGEST_LOOK_MS);
}

/** Calls back; an error of that must not keep others from passing. */
function callBack({ passed }: Timer): void {
  try {
    passed();
  } catch (error) {
    reportError(error);
  }
}
