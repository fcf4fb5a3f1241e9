import { after } from "./timer.ts";

/**
 * Waits until a promise resolves, or so many milliseconds have passed. If the promise rejects, so does this.
 * @returns Whether it has resolved in that time.
 */
export async function endsWithin(
  promise: Promise<unknown>,
  milliseconds: number,
): Promise<boolean> {
  const { promise: timeout, resolve } = Promise.withResolvers<false>();
  const stop = after(milliseconds, () => resolve(false));
  try {
    return await Promise.race([promise.then(() => true), timeout]);
  } finally {
    stop();
  }
}
