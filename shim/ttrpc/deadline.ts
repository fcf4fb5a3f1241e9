/** How long nobody looks at a deadline while there is no timer, in milliseconds: one that is shorter may be noticed later. */
const FIRST_LOOK_MS = 50;
/** What a timer holds, in milliseconds: 24.8 days. A longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface Deadline {
  /** In the time of `performance.now`. */
  readonly at: number;
  readonly passed: () => void;
}

/** Those that have neither passed nor been stopped. */
const waiting = new Set<Deadline>();
/** What looks at a deadline first, see {@linkcode startDeadline}. */
let firstLook: AbortSignal | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
/** When the timer fires, while there is one. */
let timerAt = 0;

/**
 * Calls back when so many milliseconds have passed, or up to 50 where they are less, unless the returned function is called before. Until then it
 * keeps the process alive.
 *
 * All deadlines have one timer, so that those that are stopped leave nothing behind, however far off they were; there is none when
 * there is no deadline. The first setTimeout of a process takes 3 to 6 ms (Deno 2.9.6 loads Node's timers for it) and the first timer
 * of an AbortSignal 0.4, but that one can't be stopped. So it is an AbortSignal's that looks first, 50 ms long, and nearly all
 * deadlines are stopped by then.
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
  // Once, however often it is added.
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
  // Without a listener it does not keep the process alive.
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

/** One that throws must not cost the others their deadlines. */
function callBack({ passed }: Deadline): void {
  try {
    passed();
  } catch (error) {
    reportError(error);
  }
}
