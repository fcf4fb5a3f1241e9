/** `doctor`: what is wrong on this machine, what it means, and the command that mends it. */
import { ExitCode } from "../output/failure.ts";
import { print, printJson } from "../output/print.ts";
import { colours } from "../output/text.ts";
import { examineContainers } from "./containers.ts";
import { examine } from "./examined.ts";
import type { Certainty, Finding } from "./finding.ts";
import { examineLeftovers } from "./leftovers.ts";
import { examineSettings } from "./settings.ts";
import { examineShims } from "./shims.ts";

/** What `doctor` is told. */
export interface DoctorOptions {
  /** Mends what is certain. */
  readonly fix: boolean;
  readonly json: boolean;
}

/** A finding in the JSON of `doctor`: docs/operating.md. */
interface Told {
  readonly kind: string;
  readonly what: string;
  readonly meaning: string;
  readonly certainty: Certainty;
  readonly mend: string | null;
  /** Whether `--fix` does it. */
  readonly isFixable: boolean;
  /** Whether it was done; null without `--fix`. */
  readonly isFixed: boolean | null;
  /** Why it could not be done. */
  readonly error: string | null;
}

/**
 * Looks for all that may be wrong, and tells it.
 * @returns The exit code: whether anything is left that is wrong.
 */
export async function doctor({ fix, json }: DoctorOptions): Promise<number> {
  const examined = await examine();
  using _knowledge = examined.knowledge;
  const found = [
    ...examineShims(examined),
    ...await examineContainers(examined),
    ...await examineLeftovers(examined),
    ...await examineSettings(examined),
  ];
  const findings: Told[] = [];
  for (const finding of found) {
    if (!json) print(toText(finding));
    const told = await mend(finding, fix);
    findings.push(told);
    if (!json && told.isFixed) print(`  ${colours.good("done")}\n`);
    if (!json && told.error !== null) print(`  ${colours.bad("failed")}: ${told.error}\n`);
    if (!json) print("\n");
  }
  const left = findings.filter(({ isFixed }) => !isFixed).length;
  if (json) printJson({ findings });
  else print(summary(findings.length, left, found.filter((each) => each.fix).length, fix));
  return left > 0 ? ExitCode.FINDINGS : ExitCode.FINE;
}

async function mend(finding: Finding, isWanted: boolean): Promise<Told> {
  const { kind, what, meaning, certainty, mend, fix } = finding;
  const told = { kind, what, meaning, certainty, mend: mend ?? null, isFixable: fix !== undefined };
  if (!isWanted) return { ...told, isFixed: null, error: null };
  if (fix === undefined) return { ...told, isFixed: false, error: null };
  try {
    await fix();
    return { ...told, isFixed: true, error: null };
  } catch (error) {
    return { ...told, isFixed: false, error: (error as Error).message };
  }
}

const COLOURS: Readonly<Record<Certainty, (text: string) => string>> = {
  certain: colours.bad,
  likely: colours.doubtful,
  perhaps: colours.dim,
};

function toText({ kind, what, meaning, certainty, mend }: Finding): string {
  return [
    `${COLOURS[certainty](certainty)}: ${colours.bold(what)} [${kind}]\n`,
    `  ${meaning}\n`,
    ...(mend === undefined ? [] : [`  $ ${mend}\n`]),
  ].join("");
}

function summary(count: number, left: number, fixable: number, isFixed: boolean): string {
  if (count === 0) return `${colours.good("nothing found")}\n`;
  if (isFixed) return `${count} found, ${count - left} mended, ${left} left\n`;
  return `${count} found; --fix mends ${fixable} of them\n`;
}
