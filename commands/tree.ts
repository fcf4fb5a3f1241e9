/** `tree`: the processes of shims and containers, from PID 1 down, and what each waits for. */
import { type AskedServer, askServers } from "./ask/servers.ts";
import { ExitCode } from "./output/failure.ts";
import { readHierarchies } from "../runc/cgroup/hierarchy.ts";
import { cgroupOf, isFrozen, isOfContainer } from "./find/cgroups.ts";
import { findContainer } from "./find/named.ts";
import { byParent, linkOf, type Process } from "./find/processes.ts";
import { runtimeName } from "./find/shims.ts";
import { type Scope, survey } from "./find/survey.ts";
import { waitsFor } from "./find/waiting.ts";
import { print, printJson } from "./output/print.ts";
import { colours, commandLine, shortId } from "./output/text.ts";

/** What `tree` is told. */
export interface TreeOptions extends Scope {
  /** The beginning of a container's id: then there is only that container with its shim. */
  readonly id: string | undefined;
  readonly json: boolean;
}

/** Shows the tree. */
export async function tree(options: TreeOptions): Promise<number> {
  const named = options.id === undefined ? undefined : findContainer(options.id, options);
  const looked = named?.survey ?? survey(options);
  const servers = await askServers(named ? [named.server] : looked.servers);
  const root = new Grower(looked.processes, servers, named?.id).grow();
  if (options.json) printJson(root);
  else print(toLines(root).map((line) => `${line}\n`).join(""));
  return ExitCode.FINE;
}

/** What a process is: a `process` is any other one of a container, or of a shim. */
type Role = "root" | "shim" | "init" | "exec" | "process";

/** A process in the JSON of `tree`: docs/operating.md. */
interface Node {
  readonly pid: number;
  readonly role: Role;
  readonly runtime: string | null;
  readonly namespace: string | null;
  readonly container: string | null;
  readonly execId: string | null;
  readonly command: readonly string[];
  readonly state: string;
  readonly waitsFor: string;
  readonly cgroup: string | null;
  /** The inodes of its namespaces, by their names in /proc/PID/ns. */
  readonly namespaces: Readonly<Record<string, number>>;
  readonly children: readonly Node[];
}

const NAMESPACES = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"];

/** What is known of a process beside what /proc tells. */
type Known = Pick<Node, "role" | "runtime" | "namespace" | "container" | "execId">;

const UNKNOWN: Known = {
  role: "process",
  runtime: null,
  namespace: null,
  container: null,
  execId: null,
};

class Grower {
  readonly #children: ReadonlyMap<number, readonly Process[]>;
  readonly #known = new Map<number, Known>();
  /** Those whose container has no shim. */
  readonly #orphans: Process[] = [];
  readonly #shims: Process[] = [];
  readonly #hierarchies = readHierarchies();

  /** @param only The id of a container, without the others of its shim. */
  constructor(
    private readonly processes: ReadonlyMap<number, Process>,
    servers: readonly AskedServer[],
    private readonly only: string | undefined,
  ) {
    this.#children = byParent(processes.values());
    servers.forEach((server) => this.#add(server));
  }

  grow(): Node {
    const init = this.processes.get(1);
    const children = [...this.#shims, ...this.#orphans].map((each) => this.#node(each, UNKNOWN));
    const command = init?.command ?? [];
    const root: Known = { ...UNKNOWN, role: "root" };
    return { ...this.#describe(init ?? { ...NOBODY, command }, root), children };
  }

  #add({ shim, namespace, containers, id }: AskedServer): void {
    const owner = { runtime: shim?.runtime ?? null, namespace };
    // One process may be several shims.
    if (shim !== undefined && !this.#known.has(shim.process.pid)) {
      this.#known.set(shim.process.pid, {
        ...UNKNOWN,
        ...owner,
        role: "shim",
        container: id || null,
      });
      this.#shims.push(shim.process);
    }
    for (const { id, pid, execs } of containers) {
      if (this.only !== undefined && this.only !== id) continue;
      const init = this.processes.get(pid);
      const known = { ...UNKNOWN, ...owner, container: id };
      if (init === undefined) continue;
      // Without a shim only a file has told the pid, which may be another one's by now.
      const isOwn = shim !== undefined || this.#isIn(pid, id);
      if (!isOwn) continue;
      this.#known.set(pid, { ...known, role: "init" });
      if (shim === undefined || init.parent !== shim.process.pid) this.#orphans.push(init);
      for (const exec of execs) {
        this.#known.set(exec.pid, { ...known, role: "exec", execId: exec.id });
      }
    }
  }

  #node(process: Process, above: Known): Node {
    const known = this.#known.get(process.pid) ??
      { ...UNKNOWN, namespace: above.namespace, container: above.container };
    const children = (this.#children.get(process.pid) ?? []).filter((child) =>
      known.role !== "shim" || this.#isMeant(child)
    );
    return {
      ...this.#describe(process, known),
      children: children.map((child) => this.#node(child, known.role === "shim" ? UNKNOWN : known)),
    };
  }

  /** Of a shim's children, whether it is one of the container that was asked for. */
  #isMeant({ pid }: Process): boolean {
    if (this.only === undefined) return true;
    const known = this.#known.get(pid);
    if (known !== undefined) return known.container === this.only;
    return this.#isIn(pid, this.only);
  }

  #isIn(pid: number, id: string): boolean {
    const cgroup = cgroupOf(pid, this.#hierarchies);
    return cgroup !== undefined && isOfContainer(cgroup.path, id);
  }

  #describe(process: Process, known: Known): Omit<Node, "children"> {
    const { pid, command, state } = process;
    const cgroup = cgroupOf(pid, this.#hierarchies);
    const frozen = cgroup?.freezer !== undefined && isFrozen(cgroup.freezer);
    const namespaces = NAMESPACES.flatMap((name) => {
      const inode = linkOf(`/proc/${pid}/ns/${name}`)?.match(/\[(\d+)\]/)?.[1];
      return inode === undefined ? [] : [[name, Number(inode)]];
    });
    return {
      pid,
      ...known,
      command,
      state,
      waitsFor: frozen ? "is frozen" : waitsFor(process),
      cgroup: cgroup?.path ?? null,
      namespaces: Object.fromEntries(namespaces),
    };
  }
}

/** Where PID 1 can't be seen. */
const NOBODY = { pid: 1, parent: 0, state: "?", startTicks: 0 };

/** The tree as it is drawn; what a process shares with the one above it is not said again. */
function toLines(node: Node, above?: Node): string[] {
  const own = `${node.pid} ${title(node)} ${colours.dim(`- ${node.waitsFor}`)}`;
  const differing = Object.entries(node.namespaces)
    // Of what can't be read, as of PID 1 of some machines, nothing is said.
    .filter(([name, inode]) => ![undefined, inode].includes(above?.namespaces[name]))
    .map(([name, inode]) => `${name} ${inode}`);
  const facts = [
    ...(above && node.cgroup !== null && node.cgroup !== above.cgroup
      ? [`cgroup ${node.cgroup}`]
      : []),
    ...(differing.length > 0 ? [`namespaces ${differing.join(", ")}`] : []),
  ];
  const last = node.children.length - 1;
  return [
    own,
    ...facts.map((fact) => `${last >= 0 ? "│" : " "}    ${colours.dim(fact)}`),
    ...node.children.flatMap((child, index) => {
      const [first, ...rest] = toLines(child, node);
      const isLast = index === last;
      return [
        `${isLast ? "└─ " : "├─ "}${first}`,
        ...rest.map((line) => `${isLast ? "   " : "│  "}${line}`),
      ];
    }),
  ];
}

function title({ role, runtime, namespace, container, execId, command }: Node): string {
  const of = `${namespace}/${shortId(container ?? "")}`;
  switch (role) {
    case "shim":
      return colours.bold(
        container === null ? `spare shim ${runtime}` : `shim ${runtimeName(runtime!)} of ${of}`,
      );
    case "init":
      return `${colours.bold(`init of ${of}`)}: ${commandLine(command)}`;
    case "exec":
      return `${colours.bold(`exec ${execId} of ${of}`)}: ${commandLine(command)}`;
    default:
      return commandLine(command);
  }
}
