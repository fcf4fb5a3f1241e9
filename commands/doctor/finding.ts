/** What `doctor` finds. */

/** How sure it is that something is wrong. */
export type Certainty = "certain" | "likely" | "perhaps";

/** Something that is wrong, or may be. */
export interface Finding {
  /** The kind of it, for programs: docs/operating.md lists them. */
  readonly kind: string;
  /** What it is about: a sentence with ids, pids and paths. */
  readonly what: string;
  /** What it means for those who run the machine. */
  readonly meaning: string;
  readonly certainty: Certainty;
  /** The command that mends it; undefined where no command does. */
  readonly mend?: string;
  /** Does the same as `mend`. It is there only where that is certainly right: nobody that lives knows of what it removes. */
  readonly fix?: () => Promise<void>;
}
