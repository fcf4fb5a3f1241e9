/**
 * Waits for a promise, but not for longer than so many milliseconds.
 * @returns Whether it was resolved in that time.
 */
export async function endsWithin(
  promise: Promise<unknown>,
  milliseconds: number,
): Promise<boolean> {
  const { promise: timeout, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), milliseconds);
  try {
    return await Promise.race([promise.then(() => true), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
