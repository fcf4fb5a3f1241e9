/** `stats`: what containers use, once or again and again. */
import { type AskedServer, askServers } from "./ask/servers.ts";
import { ShimClient } from "./ask/shim_client.ts";
import { type Usage, usageOf } from "./ask/usage.ts";
import { ExitCode } from "./output/failure.ts";
import { findContainer } from "./find/named.ts";
import { type Scope, survey } from "./find/survey.ts";
import { print, printJson, printJsonLine } from "./output/print.ts";
import { type Column, table } from "./output/table.ts";
import { bytes, shortId } from "./output/text.ts";

/** What `stats` is told. */
export interface StatsOptions extends Scope {
  /** The beginning of a container's id: then there is only that container. */
  readonly id: string | undefined;
  readonly json: boolean;
  readonly once: boolean;
}

/** How often the table is made anew, and how long the processor's use is measured, in ms. */
const INTERVAL_MS = 1_000;

/** Shows what containers use: once where nobody would see it change. */
export async function stats(options: StatsOptions): Promise<number> {
  const isLive = !options.once && (options.json || Deno.stdout.isTerminal());
  let servers = await choose(options);
  let before = await measure(servers);
  do {
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    if (isLive) servers = await choose(options).catch(() => []);
    const now = await measure(servers);
    show(compare(before, now), options.json, isLive);
    before = now;
  } while (isLive);
  return ExitCode.FINE;
}

async function choose({ id, ...scope }: StatsOptions): Promise<AskedServer[]> {
  if (id === undefined) return await askServers(survey(scope).servers);
  const named = findContainer(id, scope);
  const asked = await askServers([named.server]);
  return asked.map((server) => ({
    ...server,
    containers: server.containers.filter((each) => each.id === named.id),
  }));
}

/** What one container has used by a moment. */
interface Sample {
  readonly namespace: string;
  readonly id: string;
  readonly status: string;
  readonly pid: number;
  /** Undefined where it has stopped, or the shim does not say it. */
  readonly usage: Usage | undefined;
  /** In ms, of performance.now(). */
  readonly at: number;
}

async function measure(servers: readonly AskedServer[]): Promise<Sample[]> {
  const samples = await Promise.all(servers.map(async ({ address, condition, containers }) => {
    const without = () => {
      const at = performance.now();
      return containers.map(({ namespace, id, status, pid }): Sample => (
        { namespace, id, status, pid, usage: undefined, at }
      ));
    };
    if (condition !== "serves" || containers.length === 0) return without();
    try {
      using client = await ShimClient.connect(address!);
      return await Promise.all(
        containers.map(async ({ namespace, id, status, pid }): Promise<Sample> => {
          const usage = await client.stats(id).then(usageOf, () => undefined);
          return { namespace, id, status, pid, usage, at: performance.now() };
        }),
      );
    } catch {
      return without();
    }
  }));
  return samples.flat();
}

/** A container in the JSON of `stats`: docs/operating.md. */
interface Row extends Partial<Usage> {
  readonly namespace: string;
  readonly id: string;
  readonly status: string;
  /** 100 is one processor; null where it was not there a moment ago. */
  readonly cpuPercent: number | null;
}

function compare(before: readonly Sample[], now: readonly Sample[]): Row[] {
  return now.map(({ namespace, id, status, pid, usage, at }) => {
    // The pid tells a container from an earlier one of the same id.
    const last = before.find((each) =>
      each.id === id && each.namespace === namespace && each.pid === pid
    );
    const cpuPercent = usage && last?.usage
      ? (usage.cpuNanoseconds - last.usage.cpuNanoseconds) / ((at - last.at) * 1e6) * 100
      : null;
    return { namespace, id, status, cpuPercent, ...usage };
  });
}

const COLUMNS: readonly Column[] = [
  { title: "NAMESPACE" },
  { title: "ID" },
  { title: "STATUS" },
  { title: "CPU%", isNumber: true },
  { title: "CPU-TIME", isNumber: true },
  { title: "MEMORY", isNumber: true },
  { title: "LIMIT", isNumber: true },
  { title: "PIDS", isNumber: true },
  { title: "READ", isNumber: true },
  { title: "WRITTEN", isNumber: true },
];

/** To the upper left, and at the end away with what is below. */
const HOME = "\x1b[H", CLEAR_LINE = "\x1b[K", CLEAR_REST = "\x1b[J";

function show(containers: readonly Row[], json: boolean, isLive: boolean): void {
  if (json) return isLive ? printJsonLine({ containers }) : printJson({ containers });
  const text = table(COLUMNS, containers.map(toCells));
  if (!isLive) return print(text);
  const { rows } = Deno.consoleSize();
  // Some terminals don't tell their size.
  const lines = text.trimEnd().split("\n").slice(0, rows > 1 ? rows - 1 : undefined);
  print(HOME + lines.map((line) => `${line}${CLEAR_LINE}\n`).join("") + CLEAR_REST);
}

function toCells({ namespace, id, status, cpuPercent, ...usage }: Row): (string | undefined)[] {
  const size = (count: number | null | undefined) => count == null ? undefined : bytes(count);
  return [
    namespace,
    shortId(id),
    status,
    cpuPercent?.toFixed(1),
    usage.cpuNanoseconds === undefined ? undefined : `${(usage.cpuNanoseconds / 1e9).toFixed(2)} s`,
    size(usage.memoryBytes),
    size(usage.memoryLimitBytes),
    usage.pids?.toString(),
    size(usage.readBytes),
    size(usage.writtenBytes),
  ];
}
