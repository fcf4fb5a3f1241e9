/** Where two shims differ in what came of the same script of calls. */
import type { Finding, Findings } from "./findings.ts";

/** One difference. */
export interface Difference {
  /** A step, an event, or a field of its message (`start.pid`). */
  where: string;
  /** What the Go shim made of it. */
  go: string;
  ours: string;
}

const NOTHING: Finding = { outcome: "nothing", fields: new Map() };

/** Lists all differences. */
export function differencesOf(go: Findings, ours: Findings): Difference[] {
  return unionOf(go, ours).flatMap((name) =>
    compare(name, go.get(name) ?? NOTHING, ours.get(name) ?? NOTHING)
  );
}

function compare(name: string, go: Finding, ours: Finding): Difference[] {
  if (go.outcome !== ours.outcome) return [{ where: name, go: go.outcome, ours: ours.outcome }];
  return unionOf(go.fields, ours.fields)
    .map((field) => ({
      where: `${name}.${field}`,
      go: go.fields.get(field) ?? NOTHING.outcome,
      ours: ours.fields.get(field) ?? NOTHING.outcome,
    }))
    .filter((difference) => difference.go !== difference.ours);
}

function unionOf(one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): string[] {
  return [...new Set([...one.keys(), ...other.keys()])];
}
