/** Who serves which container, as processes and files tell: nobody is asked for it. */
import { notedContainers } from "../../runc/bundle/noted_containers.ts";
import { type Bundle, bundlesIn, type ShimAddress } from "./bundles.ts";
import { type Containerd, findContainerds, type Place } from "./containerds.ts";
import { realPath } from "./paths.ts";
import { allProcesses, orUndefined, type Process } from "./processes.ts";
import { findShims, type ShimProcess } from "./shims.ts";

/** What is looked at, if not everything. */
export interface Scope extends Place {
  /** A namespace of containerd's. */
  readonly namespace?: string;
}

/** A shim with the containers that are known to be its own. One process may be several. */
export interface Server {
  /** The process; undefined where none runs, or none that can be seen. */
  readonly shim: ShimProcess | undefined;
  /** How it is reached; undefined where nothing tells. */
  readonly address: ShimAddress | undefined;
  readonly namespace: string;
  /** The id of the container that it was started for. */
  readonly id: string;
  /** The containerd that it belongs to; undefined where nothing tells. */
  readonly containerd: Containerd | undefined;
  /** The bundles that name it. */
  readonly bundles: readonly Bundle[];
}

/** The machine at one moment. */
export interface Survey {
  readonly processes: ReadonlyMap<number, Process>;
  readonly containerds: readonly Containerd[];
  /** Those with containers or bundles, spares, and those whose paths lead elsewhere. */
  readonly servers: readonly Server[];
}

/** Looks at the machine. */
export function survey(scope: Scope = {}): Survey {
  const processes = allProcesses();
  const shims = findShims(processes.values());
  const containerds = findContainerds(processes.values(), shims, scope);
  const isMeant = (namespace: string) => (scope.namespace ?? namespace) === namespace;
  const states = new Set(
    containerds.map(({ state }) => state).filter((state) => state !== undefined),
  );
  const bundles = [...states].flatMap(bundlesIn).filter(({ namespace }) => isMeant(namespace));
  // Looked up once for each: there may be hundreds, of as many shims.
  const sockets = new Map(
    bundles.map((each) => [each, each.address && realPath(each.address.path)]),
  );

  const isOfPlace = ({ address, isElsewhere }: ShimProcess) =>
    scope.address === undefined && scope.state === undefined ||
    !isElsewhere && containerds.some((each) => each.address === realPath(address));
  const ours = shims.filter((shim) => isOfPlace(shim) && (isMeant(shim.namespace) || shim.isSpare));
  const left = new Set(bundles);
  const servers = ours.flatMap((shim): Server[] => {
    const own = shim.isSpare || shim.isElsewhere ? [] : bundlesOf(shim, sockets);
    own.forEach((bundle) => left.delete(bundle));
    const containerd = containerds.find(({ address }) => address === realPath(shim.address));
    const [first]: readonly (string | undefined)[] = shim.sockets;
    const bySocket = Map.groupBy(own, (each) => sockets.get(each) ?? first);
    // It need not have a bundle for the one that it was started for; what it listens on beside that is no shim without one.
    const isNamed = bySocket.size > 0 && (first === undefined || bySocket.has(first));
    return [...bySocket.keys(), ...(isNamed ? [] : [first])].map((socket) => {
      const of = bySocket.get(socket) ?? [];
      const isFirst = of.length === 0 || of.some(({ id }) => id === shim.id);
      return {
        shim,
        address: of.find(({ address }) => address)?.address ??
          (socket === undefined ? undefined : { path: socket, protocol: "ttrpc" }),
        namespace: isFirst ? shim.namespace : of[0].namespace,
        id: isFirst ? shim.id : of[0].id,
        containerd,
        bundles: of,
      };
    });
  });
  // What names the same socket, as a pod's bundles do, has lost the same shim.
  const orphans = Map.groupBy(left, ({ address, path }) => address?.path ?? path);
  for (const own of orphans.values()) {
    const [{ address, namespace, id, state }] = own;
    const containerd = containerds.find((each) => each.state === state);
    servers.push({ shim: undefined, address, namespace, id, containerd, bundles: own });
  }
  const key = ({ namespace, id }: Server) => `${namespace}/${id}`;
  return {
    processes,
    containerds,
    servers: servers.toSorted((a, b) => key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0),
  };
}

/** The ids of all containers that a shim may have; whether it has them it must be asked. */
export function containerIds({ shim, id, bundles }: Server): string[] {
  if (shim?.isSpare || shim?.isElsewhere) return [];
  const own = shim?.id === id ? shim.bundle : "";
  const noted = own === "" ? [] : orUndefined(() => notedContainers(own)) ?? [];
  return [...new Set([id, ...bundles.map((each) => each.id), ...noted])];
}

/**
 * The bundles of a shim.
 * @param bundles All, each with the socket that it names.
 */
function bundlesOf(
  shim: ShimProcess,
  bundles: ReadonlyMap<Bundle, string | undefined>,
): Bundle[] {
  const own = realPath(shim.bundle);
  return [...bundles].filter(([{ path }, socket]) =>
    socket !== undefined && shim.sockets.length > 0 ? shim.sockets.includes(socket) : path === own
  ).map(([bundle]) => bundle);
}
