/**
 * Whether a server exports traces and metrics. OpenTelemetry's variables (OTEL_…) in the environment say so, which are containerd's own.
 * Deno exports them itself, if a variable of its own tells it to when it boots. `start` sets that for the server alone: at their ends
 * Deno would keep `start` and `delete` waiting for the collector.
 */

import { sleep } from "../common/timer.ts";

/** Deno's own variable. It takes `true` and `false`, and prints a warning about anything else. */
export const DENO_SWITCH = "OTEL_DENO";
/**
 * Names the variables that `start` has set for the server, separated by commas, with what they were before, if anything (`NAME=VALUE`). The
 * script form (tools/build/) knows it, too.
 */
export const CHANGED = "SHIM_TELEMETRY";

/** OpenTelemetry's names for where to, one for all and one for each kind. */
const ENDPOINTS = [
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
  "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
];

const SPAN_DELAY = "OTEL_BSP_SCHEDULE_DELAY";
/** How long it takes to send them, in ms; a collector is on the same machine, or near. */
const SENDING_MS = 200;

const SERVICE_NAME = "OTEL_SERVICE_NAME";
/** As containerd sets it for itself, if nobody else does. */
const CONTAINERD = "containerd";

/** What a server gets where its environment does not say otherwise. */
const DEFAULTS = {
  [SERVICE_NAME]: "containerd-shim-ts-v2",
  // What the server prints is for its log, which is containerd's.
  OTEL_DENO_CONSOLE: "ignore",
  // How long spans are collected before they are sent, in ms.
  [SPAN_DELAY]: "1000",
};

/** Whether the environment names a collector. */
export function isTelemetryWanted(): boolean {
  const { env } = Deno;
  return env.get("OTEL_SDK_DISABLED") !== "true" && ENDPOINTS.some((name) => env.get(name));
}

/** Waits until the last spans are sent, as far as that can be known. */
export async function lastSpansSent(): Promise<void> {
  const delay = Number(Deno.env.get(SPAN_DELAY) ?? DEFAULTS[SPAN_DELAY]) || 0;
  await sleep(delay + SENDING_MS);
}

/** Adds what a server needs that exports to the environment, for its spawning. */
export function addTelemetryVariables(): void {
  const { env } = Deno;
  const wanted: Record<string, string> = { [DENO_SWITCH]: "true", ...DEFAULTS };
  if (env.get("OTEL_TRACES_EXPORTER") === "none") wanted.OTEL_DENO_TRACING = "false";
  if (env.get("OTEL_METRICS_EXPORTER") === "none") wanted.OTEL_DENO_METRICS = "false";
  const changed: string[] = [];
  for (const [name, value] of Object.entries(wanted)) {
    const before = env.get(name);
    const isTheirs = name === SERVICE_NAME && before === CONTAINERD;
    if (before !== undefined && !isTheirs) continue;
    changed.push(isTheirs ? `${name}=${before}` : name);
    env.set(name, value);
  }
  env.set(CHANGED, changed.join());
}

/**
 * Takes back what {@linkcode addTelemetryVariables} has changed in the environment, which is the one of the server's children.
 * @returns Whether anything was: then Deno exports.
 */
export function takeTelemetryVariables(): boolean {
  const { env } = Deno;
  const changed = env.get(CHANGED);
  for (const change of changed?.split(",") ?? []) {
    const [name, before] = change.split("=");
    if (before === undefined) env.delete(name);
    else env.set(name, before);
  }
  env.delete(CHANGED);
  return changed !== undefined;
}
