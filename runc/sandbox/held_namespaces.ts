/**
 * How a pod's namespaces are held, and what containerd is told of it. Today's containerd (2.3) takes a pid, whose /proc/PID/ns it writes
 * into the specs of containers; it is to be bind-mounted files, and paths in the answer of StartSandbox, some day.
 */
import { keepNamespaces, type NamespaceKind, setHostname } from "../../shim/libc/mod.ts";
import type { Exit } from "../../shim/mod.ts";
import type { PodConfig } from "./pod_config.ts";
import { setSysctls, sysctlPaths } from "./sysctls.ts";

/** What CRI sets for pods with a network of their own (`enable_unprivileged_ports` and `_icmp`, on by default), unless they say otherwise. */
const DEFAULT_SYSCTLS = {
  "net.ipv4.ip_unprivileged_port_start": "0",
  "net.ipv4.ping_group_range": "0 2147483647",
};

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
 * Makes a pod's namespaces and holds them by a thread of this server: nobody can end that but with the server.
 * @param abort See {@linkcode keepNamespaces}.
 * @throws {Error} If that fails; nothing is left then.
 */
export function holdNamespaces(
  config: PodConfig,
  abort: (error: unknown) => never,
): HeldNamespaces {
  const { network, hasHostIpc, hostname } = config;
  const fresh: NamespaceKind[] = [
    ...(hasHostIpc ? [] : ["ipc" as const]),
    ...(network === undefined ? [] : ["uts" as const]),
  ];
  const wished = network === undefined ? config.sysctls : { ...DEFAULT_SYSCTLS, ...config.sysctls };
  const sysctls = sysctlPaths(wished, { ipc: !hasHostIpc, network: network !== undefined });
  // All are the host's, as are this server's.
  if (fresh.length === 0) return { pid: Deno.pid, release() {} };
  const arrange = () => {
    if (hostname !== "") setHostname(hostname);
    setSysctls(sysctls);
  };
  const { tid, release } = keepNamespaces({ fresh, network, arrange }, abort);
  return { pid: tid, release };
}
