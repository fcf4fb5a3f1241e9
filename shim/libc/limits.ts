/** Resource limits (getrlimit(2)). */
import { check, symbols } from "./library.ts";

const RLIMIT_NOFILE = 7;

/** A limit; {@linkcode UNLIMITED} stands for none. */
export interface Limit {
  /** The limit that the kernel enforces. */
  readonly soft: bigint;
  /** The highest limit to which the soft one can be raised. */
  readonly hard: bigint;
}

/** RLIM_INFINITY (getrlimit(2)). */
export const UNLIMITED = 2n ** 64n - 1n;

// struct rlimit: rlim_cur, rlim_max; 8 bytes each.
const limit = new BigUint64Array(2);

/** The limit of the descriptors that this process has open (RLIMIT_NOFILE). */
export function openFilesLimit(): Limit {
  check(symbols.getrlimit(RLIMIT_NOFILE, limit), "getrlimit RLIMIT_NOFILE");
  return { soft: limit[0], hard: limit[1] };
}

/**
 * Sets the limit of the descriptors that this process has open. Those that are open already and have higher numbers stay open.
 * @throws {SystemError} EINVAL if the soft limit is above the hard one.
 */
export function setOpenFilesLimit({ soft, hard }: Limit): void {
  limit[0] = soft;
  limit[1] = hard;
  check(symbols.setrlimit(RLIMIT_NOFILE, limit), "setrlimit RLIMIT_NOFILE");
}
