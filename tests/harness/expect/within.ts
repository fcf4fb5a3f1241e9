/**
 * Waits for `work`, at most `seconds` long: for what hangs when it is wrong. The time is a generous bound and
 * no measure of speed.
 *
 * @throws Deno.errors.TimedOut naming what was awaited, when it takes longer.
 */
export async function within<Value>(
  seconds: number,
  awaited: string,
  work: Promise<Value>,
): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => {
      const message = `expected ${awaited} within ${seconds} seconds, and it did not happen`;
      reject(new Deno.errors.TimedOut(message));
    },
    seconds * 1000,
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
