/**
 * How a pod's namespaces are held, and what containerd is told of it. Today's containerd (2.3) takes a pid, whose /proc/PID/ns it writes
 * into the specs of containers; it is to be bind-mounted files, and paths in the answer of StartSandbox, some day.
 */
import {
  close,
  keepNamespaces,
  type NamespaceKind,
  openOwner,
  readLink,
  readText,
  setHostname,
} from "../../shim/libc/mod.ts";
import type { Exit } from "../../shim/mod.ts";
import { invalid, type PodConfig } from "./pod_config.ts";
import { type OwnNamespaces, setSysctls, sysctlPaths } from "./sysctls.ts";
import { type IdRange, showRange, type UserMappings } from "./user_mappings.ts";

/** What CRI sets for pods with a network of their own (`enable_unprivileged_ports`, on by default), unless they say otherwise. */
const DEFAULT_SYSCTLS = { "net.ipv4.ip_unprivileged_port_start": "0" };
/** And, unless they have a user namespace, whose groups are fewer (`enable_unprivileged_icmp`). */
const PING_SYSCTLS = { "net.ipv4.ping_group_range": "0 2147483647" };

/** What there is to know of a pod whose namespaces are to be held. */
export interface PodToHold {
  readonly id: string;
  /** The sandbox's. */
  readonly bundle: string;
  readonly config: PodConfig;
}

/** What the spec of a pod's init has beside what those of all have, in the words of OCI. */
export interface InitSpec {
  /** Those without a path are new ones. */
  readonly namespaces: readonly { readonly type: string; readonly path?: string }[];
  /** Of a new UTS namespace. */
  readonly hostname?: string;
  /** Of the new namespaces. */
  readonly sysctl?: Readonly<Record<string, string>>;
}

/**
 * Runs a process that does nothing in the namespaces, and in a PID namespace of its own: the init of a pod.
 * @throws {Error} If that fails; nothing is left of it then.
 */
export type RunInit = (pod: PodToHold, spec: InitSpec) => Promise<HeldNamespaces>;

/** A pod's namespaces. */
export interface HeldNamespaces {
  /** The process, or thread, that is in them. */
  readonly pid: number;
  /** Resolves when they are lost, as that has ended though nobody has let go of them; a thread ends only with the server. */
  readonly ended?: Promise<Exit>;
  /** Lets go of them; containers that run keep them for themselves, but for a shared PID namespace, which ends with its init. */
  release(): void | Promise<void>;
}

/**
 * Makes a pod's namespaces and holds them: by a thread of this server, which nobody can end but with the server; or by an init where
 * its containers share a PID namespace, or have a user namespace, which a thread can't enter.
 * @param abort See {@linkcode keepNamespaces}.
 * @throws {Error} If that fails; nothing is left then.
 */
export async function holdNamespaces(
  pod: PodToHold,
  runInit: RunInit,
  abort: (error: unknown) => never,
): Promise<HeldNamespaces> {
  const { config } = pod;
  if (config.users !== undefined) return await holdUsers(pod, config.users, runInit);
  const held = holdByThread(config, abort);
  if (!config.sharesPids) return held;
  try {
    const namespaces = ["ipc", "uts", "network"].map((type) => ({
      type,
      path: `/proc/${held.pid}/ns/${type === "network" ? "net" : type}`,
    }));
    return await runInit(pod, { namespaces });
  } finally {
    // Init is in them, too.
    await held.release();
  }
}

function holdByThread(config: PodConfig, abort: (error: unknown) => never): HeldNamespaces {
  const { network, hostname } = config;
  const fresh = freshKinds(config);
  const sysctls = sysctlPaths(sysctlsOf(config), ownNamespaces(config));
  // All are the host's, as are this server's.
  if (fresh.length === 0) return { pid: Deno.pid, release() {} };
  const arrange = () => {
    if (hostname !== "") setHostname(hostname);
    setSysctls(sysctls);
  };
  const { tid, release } = keepNamespaces({ fresh, network, arrange }, abort);
  return { pid: tid, release };
}

/** The kinds of which there are to be new ones. */
function freshKinds({ network, hasHostIpc }: PodConfig): NamespaceKind[] {
  return [
    ...(hasHostIpc ? [] : ["ipc" as const]),
    ...(network === undefined ? [] : ["uts" as const]),
  ];
}

function ownNamespaces({ network, hasHostIpc }: PodConfig): OwnNamespaces {
  return { ipc: !hasHostIpc, network: network !== undefined };
}

function sysctlsOf({ network, users, sysctls }: PodConfig): Record<string, string> {
  if (network === undefined) return { ...sysctls };
  return { ...DEFAULT_SYSCTLS, ...(users === undefined && PING_SYSCTLS), ...sysctls };
}

/** Holds the namespaces of a pod with a user namespace, to which all of them belong: containerd has made that with the network's. */
async function holdUsers(
  pod: PodToHold,
  users: UserMappings,
  runInit: RunInit,
): Promise<HeldNamespaces> {
  const { config, config: { network, hostname } } = pod;
  const sysctl = sysctlsOf(config);
  // Only to refuse what is the host's.
  sysctlPaths(sysctl, ownNamespaces(config));
  const fresh = freshKinds(config).map((type) => ({ type }));
  // Without a network of its own the pod's user namespace is a new one, too.
  if (network === undefined) {
    return await runInit(pod, { namespaces: [{ type: "user" }, ...fresh], sysctl });
  }
  const owner = openUsersOf(network);
  try {
    const joined = [
      // With one slash runc (1.2 and later) would read the mappings of this process, whatever follows its pid.
      { type: "user", path: `//proc/${Deno.pid}/fd/${owner}` },
      { type: "network", path: network },
    ];
    const held = await runInit(pod, { namespaces: [...joined, ...fresh], hostname, sysctl });
    return await orRelease(held, () => {
      expectMapping(held.pid, "uid", users.uids);
      expectMapping(held.pid, "gid", users.gids);
    });
  } finally {
    close(owner);
  }
}

async function orRelease(held: HeldNamespaces, work: () => void): Promise<HeldNamespaces> {
  try {
    work();
    return held;
  } catch (error) {
    await held.release();
    throw error;
  }
}

function openUsersOf(network: string): number {
  const owner = openOwner(network);
  if (readLink(`/proc/self/fd/${owner}`) !== readLink("/proc/self/ns/user")) return owner;
  close(owner);
  throw invalid(`the network namespace ${network} belongs to the host's user namespace`);
}

/** The network's user namespace may have been made with other mappings, by which no file would have the right owner. */
function expectMapping(pid: number, kind: "uid" | "gid", ranges: readonly IdRange[]): void {
  const actual = readText(`/proc/${pid}/${kind}_map`).trim().split("\n")
    .map((line) => line.trim().replace(/ +/g, ":")).sort().join();
  const expected = ranges.map(showRange).sort().join();
  if (actual === expected) return;
  throw invalid(
    `the network namespace's user namespace maps the ${kind}s ${actual}, not ${expected}`,
  );
}
