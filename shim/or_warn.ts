import type { Logger } from "./logger.ts";

/**
 * Does what is to be done when the outcome is clear already, as after a failure whose error is the one to be told: an error of this is
 * only logged.
 * @param what For the log, behind `can't`.
 */
export async function orWarn(
  logger: Pick<Logger, "warn">,
  what: string,
  work: () => void | Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    logger.warn(`can't ${what}`, { error });
  }
}
