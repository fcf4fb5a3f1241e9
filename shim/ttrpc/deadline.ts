/** Deadlines of calls: all of them share one timer. */

/** After how long a deadline is first looked at while there is no timer, in ms: a shorter one may be noticed only then. */
const FIRST_LOOK_MS = 50;
/** The longest time that setTimeout takes, in ms: 24.8 days. With a longer one it would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface Deadline {
  /** When it passes, in the time of performance.now(). */
  readonly at: number;
  readonly passed: () => void;
}

/** The deadlines that have neither passed nor been stopped. */
const waiting = new Set<Deadline>();
/** The signal by which deadlines are first looked at, see {@linkcode startDeadline}. */
let firstLook: AbortSignal | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
/** When the timer fires, while there is one. */
let timerAt = 0;

/**
 * Calls `passed` when so many milliseconds have passed, or up to 50 if they are fewer, unless the returned function is called before.
 * Until then it keeps the process alive.
 *
 * All deadlines share one timer, which there is only while there are deadlines: one that is stopped leaves nothing behind. The first
 * setTimeout of a process takes 3 to 6 ms (Deno 2.9.6 loads Node's timers for it). The first timer of an AbortSignal takes 0.4 ms, but
 * can't be stopped. So such a timer of 50 ms comes first, and nearly all deadlines are stopped by its end.
 */
export function startDeadline(milliseconds: number, passed: () => void): () => void {
  if (milliseconds === Infinity) return () => {};
  const deadline: Deadline = { at: performance.now() + milliseconds, passed };
  waiting.add(deadline);
  if (timer === undefined) lookFirst();
  else lookAt(deadline.at);
  return () => {
    if (waiting.delete(deadline) && waiting.size === 0) stopLooking();
  };
}

function lookFirst(): void {
  if (firstLook === undefined || firstLook.aborted) {
    firstLook = AbortSignal.timeout(FIRST_LOOK_MS);
  }
  // However often it is added, the listener is called once.
  firstLook.addEventListener("abort", look);
}

function lookAt(time: number): void {
  const now = performance.now();
  const at = Math.min(Math.max(time, now), now + LONGEST_TIMER_MS);
  if (timer !== undefined) {
    if (timerAt <= at) return;
    clearTimeout(timer);
  }
  timerAt = at;
  timer = setTimeout(look, at - now);
}

function stopLooking(): void {
  // Without a listener the signal does not keep the process alive.
  firstLook?.removeEventListener("abort", look);
  if (timer !== undefined) clearTimeout(timer);
  timer = undefined;
}

function look(): void {
  stopLooking();
  const now = performance.now();
  let next = Infinity;
  for (const deadline of waiting) {
    if (deadline.at > now) next = Math.min(next, deadline.at);
    else if (waiting.delete(deadline)) callBack(deadline);
  }
  if (waiting.size > 0) lookAt(next);
}

/** Calls back; an error of that must not keep other deadlines from passing. */
function callBack({ passed }: Deadline): void {
  try {
    passed();
  } catch (error) {
    reportError(error);
  }
}
