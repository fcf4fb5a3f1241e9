/** `ps`: the shims of this machine, with their containers. */
import { isAnswered } from "../shim/bootstrap/is_answered.ts";
import { type AskedProcess, type AskedServer, askServers, type Condition } from "./ask/servers.ts";
import { ageOf, findProcess, privateMemory } from "./find/processes.ts";
import { runtimeName } from "./find/shims.ts";
import { type Scope, survey } from "./find/survey.ts";
import { ExitCode } from "./output/failure.ts";
import { print, printJson } from "./output/print.ts";
import { type Column, table } from "./output/table.ts";
import { bytes, colours, duration, shortId } from "./output/text.ts";

/** What `ps` is told. */
export interface PsOptions extends Scope {
  readonly json: boolean;
  /** Only the ids of the containers. */
  readonly quiet: boolean;
}

/** Lists them. */
export async function ps(options: PsOptions): Promise<number> {
  const { servers } = survey(options);
  const asked = await askServers(servers);
  const alive = livingContainerds(servers);
  const shims = asked.map((server) => describe(server, alive));
  if (options.quiet) {
    print(asked.flatMap(({ containers }) => containers.map(({ id }) => `${id}\n`)).join(""));
  } else if (options.json) printJson({ shims });
  else print(table(COLUMNS, shims.flatMap(toRows)));
  return ExitCode.FINE;
}

/** A shim in the JSON of `ps`: docs/operating.md. */
interface DescribedShim {
  readonly namespace: string;
  readonly id: string;
  readonly condition: Condition;
  readonly pid: number | null;
  readonly runtime: string | null;
  readonly socket: string | null;
  readonly uptimeSeconds: number | null;
  readonly privateMemoryBytes: number | null;
  readonly containerd: {
    readonly address: string;
    readonly pid: number | null;
    readonly lives: boolean;
  } | null;
  readonly containers: readonly DescribedContainer[];
}

interface DescribedProcess {
  readonly id: string;
  readonly status: string;
  readonly pid: number | null;
  readonly exitStatus: number | null;
  readonly uptimeSeconds: number | null;
}

interface DescribedContainer extends DescribedProcess {
  readonly namespace: string;
  readonly bundle: string | null;
  readonly execs: readonly DescribedProcess[];
  readonly problem: string | null;
}

/** The addresses of the containerds that listen; one that hangs does so all the same. */
function livingContainerds(
  servers: readonly { containerd?: { address: string } }[],
): Set<string> {
  const addresses = new Set(servers.map(({ containerd }) => containerd?.address ?? ""));
  return new Set([...addresses].filter(isAnswered));
}

function describe(server: AskedServer, alive: ReadonlySet<string>): DescribedShim {
  const { shim, containerd } = server;
  return {
    namespace: server.namespace,
    id: server.id,
    condition: server.condition,
    pid: shim?.process.pid ?? null,
    runtime: shim?.runtime ?? null,
    socket: server.address?.path ?? null,
    uptimeSeconds: shim ? ageOf(shim.process) : null,
    privateMemoryBytes: shim ? privateMemory(shim.process.pid) ?? null : null,
    containerd: containerd
      ? {
        address: containerd.address,
        pid: containerd.process?.pid ?? null,
        lives: alive.has(containerd.address),
      }
      : null,
    containers: server.containers.map(({ namespace, bundle, execs, problem, ...init }) => ({
      ...describeProcess(init),
      namespace,
      bundle: bundle ?? null,
      execs: execs.map(describeProcess),
      problem: problem ?? null,
    })),
  };
}

function describeProcess({ id, status, pid, exitStatus }: AskedProcess): DescribedProcess {
  const process = pid === 0 || status === "stopped" ? undefined : findProcess(pid);
  return {
    id,
    status,
    pid: pid || null,
    exitStatus: exitStatus ?? null,
    uptimeSeconds: process ? ageOf(process) : null,
  };
}

const COLUMNS: readonly Column[] = [
  { title: "NAMESPACE" },
  { title: "KIND" },
  { title: "ID" },
  { title: "PID", isNumber: true },
  { title: "STATUS" },
  { title: "UP", isNumber: true },
  { title: "MEMORY", isNumber: true },
  { title: "RUNTIME" },
  { title: "CONTAINERD" },
];

/** How the condition of a shim is told. */
const CONDITIONS: Readonly<Record<Condition, string>> = {
  serves: "serves",
  spare: "waits",
  silent: colours.bad("does not answer"),
  dead: colours.bad("no shim"),
  elsewhere: colours.dim("other mounts"),
};

function toRows(shim: DescribedShim): (string | undefined)[][] {
  const { containerd, condition, runtime, privateMemoryBytes, namespace } = shim;
  const address = containerd &&
    (containerd.lives ? containerd.address : `${containerd.address} ${colours.bad("(dead)")}`);
  const first = [
    namespace || undefined,
    shim.id === "" ? "spare" : "shim",
    shortId(shim.id) || undefined,
    shim.pid?.toString(),
    CONDITIONS[condition],
    shim.uptimeSeconds === null ? undefined : duration(shim.uptimeSeconds),
    privateMemoryBytes === null ? undefined : bytes(privateMemoryBytes),
    runtime === null ? undefined : runtimeName(runtime),
    address ?? undefined,
  ];
  const rest = shim.containers.flatMap((container) => [
    processRow(namespace, " container", container),
    ...container.execs.map((exec) => processRow(namespace, "  exec", exec)),
    ...(container.problem === null
      ? []
      : [[namespace, "  problem", container.problem, ...NOTHING]]),
  ]);
  return [first, ...rest];
}

const NOTHING = ["", "", "", "", "", ""];

function processRow(
  namespace: string,
  kind: string,
  { id, pid, status, exitStatus, uptimeSeconds }: DescribedProcess,
): (string | undefined)[] {
  return [
    namespace,
    kind,
    shortId(id),
    pid?.toString(),
    exitStatus === null ? status : `${status} (${exitStatus})`,
    uptimeSeconds === null ? undefined : duration(uptimeSeconds),
    "",
    "",
    "",
  ];
}
