/** What runc keeps of a container, in the file `state.json`, as far as it is needed here. The names are those of runc 1.1 to 1.5. */
import { join } from "@std/path/posix";

/** A container's state. Where a member is left out it is false, empty or none. */
export interface ContainerState {
  readonly id: string;
  readonly init_process_pid: number;
  readonly rootless?: boolean;
  /** The folder of its cgroup in each hierarchy. */
  readonly cgroup_paths?: Readonly<Record<string, string>>;
  readonly intel_rdt_path?: string;
  readonly intel_rdt_mon_path?: string;
  readonly config: {
    readonly namespaces: readonly { readonly type: string; readonly path?: string }[];
    readonly cgroups: { readonly Systemd?: boolean; readonly Rootless?: boolean };
    readonly rootless_euid?: boolean;
    readonly rootless_cgroups?: boolean;
    readonly intel_rdt?: unknown;
    readonly Hooks?: Readonly<Record<string, readonly unknown[] | null>> | null;
  };
}

/** The file in a container's folder with its state. */
export const STATE_FILE = "state.json";
/** The FIFO in a container's folder at which init waits for its start. It is gone afterwards. */
export const START_FIFO = "exec.fifo";

/**
 * The state of a container that is runc's as root has them, without peculiarities.
 * @param folder The container's, in the folder of runc's state.
 * @param pid Init's.
 * @returns Undefined if it is another one, or if there is none.
 */
export function readState(folder: string, pid: number): ContainerState | undefined {
  try {
    const state: ContainerState = JSON.parse(Deno.readTextFileSync(join(folder, STATE_FILE)));
    return isPlain(state) && state.init_process_pid === pid ? state : undefined;
  } catch {
    return undefined;
  }
}

function isPlain(
  { rootless, intel_rdt_path, intel_rdt_mon_path, config }: ContainerState,
): boolean {
  const { cgroups, rootless_euid, rootless_cgroups, intel_rdt } = config;
  const isRootless = rootless || rootless_euid || rootless_cgroups || cgroups.Rootless;
  const usesRdt = intel_rdt_path || intel_rdt_mon_path || intel_rdt;
  return !isRootless && !usesRdt && !cgroups.Systemd;
}

/** Whether a container has hooks of a kind, as `poststop`. */
export function hasHooks({ config: { Hooks } }: ContainerState, kind: string): boolean {
  return (Hooks?.[kind] ?? []).length > 0;
}

/** Whether a container has a PID namespace of its own, so that with its init all its processes have ended. */
export function hasOwnPids({ config: { namespaces } }: ContainerState): boolean {
  return namespaces.some(({ type, path }) => type === "NEWPID" && !path);
}
