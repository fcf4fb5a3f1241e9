/** Limits of resources (getrlimit(2)). */
import { check, symbols } from "./library.ts";

const RLIMIT_NOFILE = 7;

/** A limit; `NO_LIMIT` where there is none. */
export interface Limit {
  /** The one that the kernel enforces. */
  readonly soft: bigint;
  /** The most that the soft one can be raised to. */
  readonly hard: bigint;
}

/** RLIM_INFINITY (getrlimit(2)). */
export const UNLIMITED = 2n ** 64n - 1n;

// struct rlimit: rlim_cur, rlim_max; 8 bytes each.
const limit = new BigUint64Array(2);

/** How many descriptors this process may have open. */
export function openFilesLimit(): Limit {
  check(symbols.getrlimit(RLIMIT_NOFILE, limit), "getrlimit RLIMIT_NOFILE");
  return { soft: limit[0], hard: limit[1] };
}

/**
 * Sets how many descriptors this process may have open. Those that are open with higher numbers stay so.
 * @throws {SystemError} EINVAL for a soft limit above the hard one.
 */
export function setOpenFilesLimit({ soft, hard }: Limit): void {
  limit[0] = soft;
  limit[1] = hard;
  check(symbols.setrlimit(RLIMIT_NOFILE, limit), "setrlimit RLIMIT_NOFILE");
}
