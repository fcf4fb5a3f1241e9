/** The kernel settings of a pod: those that a namespace has for itself. */
import { writeText } from "../../shim/libc/mod.ts";
import { StatusCode, StatusError } from "../../shim/mod.ts";

/** Settings of an IPC namespace (ipc_namespaces(7)). */
const IPC =
  /^(kernel\/(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)|fs\/mqueue\/\w+)$/;
/** Of a network namespace; names of interfaces may have almost any character. */
const NETWORK = /^net\/[^/]+(\/[^/]+)*$/;
/** Of a UTS namespace. */
const UTS = /^kernel\/domainname$/;

/** Which namespaces a pod has for itself. */
export interface OwnNamespaces {
  readonly ipc: boolean;
  readonly network: boolean;
}

/**
 * The paths below /proc/sys of the settings.
 * @throws {StatusError} INVALID_ARGUMENT for one that is the host's, and would be changed for all.
 */
export function sysctlPaths(
  sysctls: Readonly<Record<string, string>>,
  own: OwnNamespaces,
): [path: string, value: string][] {
  return Object.entries(sysctls).map(([name, value]) => {
    // As sysctl(8) has it: dots and slashes change places in a name that is separated by slashes.
    const path = name.includes("/") && name.search(/[./]/) === name.indexOf("/")
      ? name
      : name.replaceAll(/[./]/g, (each) => each === "." ? "/" : ".");
    const isOwn = own.ipc && IPC.test(path) ||
      own.network && (NETWORK.test(path) || UTS.test(path));
    if (isOwn && !path.split("/").some((part) => part === "." || part === "..")) {
      return [path, value];
    }
    throw new StatusError(
      StatusCode.INVALID_ARGUMENT,
      `the sysctl ${name} is none of the pod's own namespaces`,
    );
  });
}

/**
 * Sets them in the namespaces that this thread is in.
 * @throws {StatusError} INVALID_ARGUMENT if the kernel refuses one.
 */
export function setSysctls(paths: readonly [path: string, value: string][]): void {
  for (const [path, value] of paths) {
    try {
      writeText(`/proc/sys/${path}`, value);
    } catch (error) {
      const message = `can't set the sysctl ${path} to ${value}: ${(error as Error).message}`;
      throw new StatusError(StatusCode.INVALID_ARGUMENT, message);
    }
  }
}
