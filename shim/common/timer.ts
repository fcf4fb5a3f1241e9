/**
 * Timers, in place of setTimeout: for its first call Deno loads Node's timers, which takes 5 ms and 0.7 MiB for as long as the process
 * lives (Deno 2.9.6). All of them share those of AbortSignals, which cost neither, but can't be stopped.
 */

/** After how long there is a first look at a timer, in ms: most are stopped by then. */
const FIRST_LOOK_MS = 50;
/** The longest time after which timers are looked at, in ms: 24.8 days. With a longer one Deno's would fire at once. */
const LONGEST_LOOK_MS = 2 ** 31 - 1;

interface Timer {
  /** When it passes, in the time of performance.now(). */
  readonly at: number;
  readonly passed: () => void;
}

/** A look at the timers, which comes in any case. */
interface Look {
  readonly at: number;
  readonly signal: AbortSignal;
}

/** The timers that have neither passed nor been stopped. */
const waiting = new Set<Timer>();
/** The looks that come, the soonest last. Only that one is waited for, and only while there are timers. */
const looks: Look[] = [];

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
    if (waiting.delete(timer) && waiting.size === 0) stopWaiting();
  };
}

/** Resolves after so many milliseconds. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => after(milliseconds, resolve));
}

/**
 * Sees to it that timers are looked at by then.
 * @param longest After how long at the latest, in ms.
 */
function lookBy(at: number, longest: number): void {
  while (looks.at(-1)?.signal.aborted) looks.pop();
  const soonest = looks.at(-1);
  if (soonest === undefined || soonest.at > at) {
    stopWaiting();
    const now = performance.now();
    const left = Math.max(1, Math.ceil(Math.min(at - now, longest)));
    // By powers of two before others, so that there are never more than some thirty.
    const delay = soonest === undefined ? left : 2 ** Math.floor(Math.log2(left));
    looks.push({ at: now + delay, signal: AbortSignal.timeout(delay) });
  }
  // However often it is added, the listener is called once.
  looks.at(-1)!.signal.addEventListener("abort", look);
}

function stopWaiting(): void {
  // Without a listener a signal does not keep the process alive.
  looks.at(-1)?.signal.removeEventListener("abort", look);
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
