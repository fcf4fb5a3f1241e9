/** What a pod is to be: of the CRI's configuration what a sandbox has to see to. */
import type { Any } from "../../proto/mod.ts";
import { type DnsConfig, NamespaceMode, PodSandboxConfig } from "../../proto/sandbox/mod.ts";
import { isNamespace } from "../../shim/libc/mod.ts";
import { StatusCode, StatusError } from "../../shim/mod.ts";
import { readUserMappings, type UserMappings } from "./user_mappings.ts";

const TYPE = "runtime.v1.PodSandboxConfig";
/** HOST_NAME_MAX, see gethostname(2). */
const HOSTNAME_BYTES = 64;

/** A pod, as its sandbox needs to know it. */
export interface PodConfig {
  /** Empty for the host's. */
  readonly hostname: string;
  readonly dns: DnsConfig | undefined;
  /** The file of its network namespace; undefined for the host's. */
  readonly network: string | undefined;
  readonly hasHostIpc: boolean;
  /** Whether its containers share a PID namespace. */
  readonly sharesPids: boolean;
  /** Of its user namespace; undefined for the host's. */
  readonly users: UserMappings | undefined;
  readonly cgroupParent: string;
  readonly sysctls: Readonly<Record<string, string>>;
}

/**
 * Reads a pod's configuration.
 * @param options As CreateSandbox has them.
 * @param network The file of its network namespace; empty for the host's.
 * @throws {StatusError} INVALID_ARGUMENT if they are of another type or can't be followed.
 */
export function readPodConfig(options: Any | null, network: string): PodConfig {
  const type = options?.typeUrl.replace(/^.*\//, "") ?? "";
  if (type !== TYPE) throw invalid(`expected options of the type ${TYPE}, not ${type || "none"}`);
  const { hostname, dnsConfig, linux } = decode(options!.value);
  const namespaces = linux?.securityContext?.namespaceOptions;
  const length = new TextEncoder().encode(hostname).length;
  if (length > HOSTNAME_BYTES) {
    throw invalid(`expected a hostname of ${HOSTNAME_BYTES} bytes at most, not ${hostname}`);
  }
  const hasHostNetwork = namespaces?.network === NamespaceMode.NODE;
  if (hasHostNetwork ? network !== "" : !isNetwork(network)) {
    throw invalid(`expected a network namespace unless it is the host's, not "${network}"`);
  }
  const users = orInvalid(() => readUserMappings(namespaces?.usernsOptions));
  if (
    users !== undefined &&
    (namespaces?.pid === NamespaceMode.NODE || namespaces?.ipc === NamespaceMode.NODE)
  ) {
    // The kernel lets nobody there mount /proc, or /dev/mqueue.
    throw invalid("a pod with a user namespace can't have the host's PID or IPC namespace");
  }
  return {
    hostname: hasHostNetwork ? "" : hostname,
    dns: dnsConfig ?? undefined,
    network: network || undefined,
    hasHostIpc: namespaces?.ipc === NamespaceMode.NODE,
    sharesPids: (namespaces?.pid ?? NamespaceMode.POD) === NamespaceMode.POD,
    users,
    cgroupParent: linux?.cgroupParent ?? "",
    sysctls: linux?.sysctls ?? {},
  };
}

function decode(value: Uint8Array): PodSandboxConfig {
  try {
    return PodSandboxConfig.decode(value);
  } catch (error) {
    throw invalid(`can't decode the pod's configuration: ${(error as Error).message}`);
  }
}

/** Whether a path is that of a network namespace. */
export function isNetwork(path: string): boolean {
  try {
    return isNamespace(path, "net");
  } catch {
    return false; // There is no such file.
  }
}

function orInvalid<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw invalid((error as Error).message);
  }
}

/** What can't be followed. */
export function invalid(message: string): StatusError {
  return new StatusError(StatusCode.INVALID_ARGUMENT, message);
}
