/** The containerds of this machine: those that run, and those that shims and folders tell of. */
import { basename } from "@std/path/posix";
import { parse as parseToml } from "@std/toml/parse";
import { identify } from "../../shim/libc/mod.ts";
import { bundlesIn, stateOf } from "./bundles.ts";
import { realPath } from "./paths.ts";
import { isCopyOf, linkOf, orUndefined, type Process } from "./processes.ts";
import type { ShimProcess } from "./shims.ts";

/** A containerd. */
export interface Containerd {
  /** The path of its socket. */
  readonly address: string;
  /** Its state folder, in which the bundles are; undefined where nothing tells. */
  readonly state: string | undefined;
  /** Undefined where it does not run, or not where it can be seen. */
  readonly process: Process | undefined;
}

/** Where one is looked for of which no process tells: containerd's own defaults, docker's and k3s's. */
const DEFAULTS = [
  { address: "/run/containerd/containerd.sock", state: "/run/containerd" },
  { address: "/run/docker/containerd/containerd.sock", state: "/run/docker/containerd/daemon" },
  { address: "/run/k3s/containerd/containerd.sock", state: "/run/k3s/containerd" },
];
const DEFAULT_CONFIG = "/etc/containerd/config.toml";

/** Where to look, if not everywhere. */
export interface Place {
  /** The path of a containerd's socket. */
  readonly address?: string;
  /** A containerd's state folder. */
  readonly state?: string;
}

/**
 * The containerds of a place, or all of them.
 * @param shims May tell of containerds that do not run.
 */
export function findContainerds(
  processes: Iterable<Process>,
  shims: readonly ShimProcess[],
  place: Place,
): Containerd[] {
  const found = new Map<string, Containerd>();
  const add = (next: Containerd) => {
    // Docker has /var/run/docker/… for /run/docker/….
    const address = realPath(next.address);
    const known = found.get(address);
    const state = known?.state ?? (next.state && realPath(next.state));
    found.set(address, { address, state, process: known?.process ?? next.process });
  };
  const running = [...processes].map(toContainerd).filter((each) => each !== undefined);
  for (const each of running) {
    if (!running.some(({ process }) => isCopyOf(each.process, process))) add(each);
  }
  for (const { address, bundle, isElsewhere } of shims) {
    if (!isElsewhere && address !== "") {
      add({ address, state: stateOf(bundle), process: undefined });
    }
  }
  const { address, state } = place;
  for (const each of DEFAULTS) {
    const isThere = identify(each.address) !== undefined || bundlesIn(each.state).length > 0;
    if (isThere || each.address === address) add({ ...each, process: undefined });
  }
  if (address !== undefined) add({ address, state, process: undefined });
  const isMeant = (each: Containerd) =>
    (address === undefined || each.address === realPath(address)) &&
    (state === undefined || each.state === realPath(state));
  const meant = [...found.values()].filter(isMeant);
  if (meant.length > 0 || state === undefined) return meant;
  return [{ address: address ?? "", state, process: undefined }];
}

/** A containerd that runs here; undefined for any other process. */
function toContainerd(process: Process): Containerd & { process: Process } | undefined {
  const { pid, command } = process;
  if (basename(command[0]) !== "containerd" || process.state === "Z") return undefined;
  // `containerd publish`, `containerd config`, … are no daemons.
  if (command.slice(1).some((word) => /^(publish|config|oci-hook)$/.test(word))) return undefined;
  const flag = (...names: string[]) => {
    const at = command.findIndex((word) => names.includes(word));
    if (at !== -1) return command[at + 1];
    const prefix = names.map((name) => `${name}=`);
    const given = command.find((word) => prefix.some((each) => word.startsWith(each)));
    return given?.slice(given.indexOf("=") + 1);
  };
  const config = readConfig(flag("--config", "-c") ?? DEFAULT_CONFIG);
  const address = flag("--address", "-a") ?? config.grpc?.address ?? DEFAULTS[0].address;
  const state = flag("--state") ?? config.state ?? DEFAULTS[0].state;
  const seen = identify(address);
  const isHere = linkOf(`/proc/${pid}/ns/mnt`) === linkOf("/proc/self/ns/mnt") ||
    seen !== undefined && identify(`/proc/${pid}/root${address}`)?.id === seen.id;
  return isHere ? { address, state, process } : undefined;
}

/** What is read of containerd's configuration. */
interface Config {
  readonly state?: string;
  readonly grpc?: { readonly address?: string };
}

function readConfig(path: string): Config {
  return orUndefined(() => parseToml(Deno.readTextFileSync(path)) as Config) ?? {};
}
