/** What should not be, and was found: by its kind. */

/** The kinds, in the order of the table's columns. */
export const KINDS = ["lost", "left", "hung", "wrong", "doubled"] as const;

/**
 * - lost: an exit status, an event, output, or a container that nothing ended;
 * - left: a process, mount, cgroup, socket, file or descriptor that nobody needs any more;
 * - hung: what did not end in its time;
 * - wrong: an answer that is not true, or a failure for no reason;
 * - doubled: an event that came twice.
 */
export type Kind = typeof KINDS[number];

/** What was found in one round. */
export class Findings {
  /** In the order in which they were found. */
  readonly all: { readonly kind: Kind; readonly text: string }[] = [];
  /** What the round does, for who reads of a finding: "kill the server 37 ms after the begin of exec". */
  doing = "";

  /** Notes something. */
  add(kind: Kind, text: string): void {
    this.all.push({ kind, text });
  }

  /** Notes why something threw: what took too long has hung. */
  addError(error: unknown, kind: Kind = "wrong"): void {
    const late = error instanceof Deno.errors.TimedOut;
    this.add(late ? "hung" : kind, error instanceof Error ? error.message : `${error}`);
  }

  /** How many there are of a kind. */
  count(kind: Kind): number {
    return this.all.filter((finding) => finding.kind === kind).length;
  }
}
