/** Why a command can't do what it was asked for. */

/** The exit codes of all commands; docs/operating.md tells them. */
export const ExitCode = {
  FINE: 0,
  /** `doctor` has found something. */
  FINDINGS: 1,
  /** The command line is wrong. */
  USAGE: 2,
  /** It can't be done. */
  FAILED: 3,
} as const;

/** A failure that is told in one line, and no fault of the program. */
export class Failure extends Error {
  override name = "Failure";

  constructor(message: string, readonly exitCode: number = ExitCode.FAILED) {
    super(message);
  }
}

/** A command line that is wrong. */
export class UsageError extends Failure {
  override name = "UsageError";

  constructor(message: string) {
    super(message, ExitCode.USAGE);
  }
}
