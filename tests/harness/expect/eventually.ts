/**
 * Waits until `check` answers a value other than undefined, null and false, and answers it. The only place in the
 * tests that looks again and again: for what happens without an event that an outsider can wait for, such
 * as the end of a process that is not a child. At most `seconds` long: a generous bound and no measure of speed.
 * `check` looks at all that is asserted afterwards: of two things the second may happen later.
 *
 * @throws Deno.errors.TimedOut naming what was awaited, when it does not happen in that time.
 */
export async function eventually<Value>(
  awaited: string,
  check: () => Promise<Value | undefined | null | false> | Value | undefined | null | false,
  seconds = 30,
): Promise<Value> {
  const end = performance.now() + seconds * 1000;
  while (true) {
    const value = await check();
    if (value !== undefined && value !== null && value !== false) return value;
    if (performance.now() > end) {
      throw new Deno.errors.TimedOut(
        `expected ${awaited} within ${seconds} seconds, and it did not happen`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
