/** The bundles in containerd's state folders: what is on the disk of each container, and of each sandbox. */
import { isAbsolute, join } from "@std/path/posix";
import { ADDRESS_FILE, BOOTSTRAP_FILE } from "../../shim/bootstrap/address.ts";
import { toSocketPath } from "../../shim/bootstrap/first_door.ts";
import { CONTAINERS, SANDBOXES } from "../../shim/bootstrap/other_bundles.ts";
import type { Protocol } from "../../shim/settings/settings.ts";
import { orUndefined } from "./processes.ts";

/** How a shim is reached, as a bundle tells it. */
export interface ShimAddress {
  /** The path of the socket. */
  readonly path: string;
  readonly protocol: Protocol;
}

/** A folder that containerd has made for a container. */
export interface Bundle {
  readonly id: string;
  readonly namespace: string;
  readonly path: string;
  /** containerd's state folder, which it is in. */
  readonly state: string;
  /** Whether it is a sandbox's, beside that of the sandbox's own container if it has one. */
  readonly isSandbox: boolean;
  /** Undefined where it names no shim: `start` has not come that far, or it is damaged. */
  readonly address: ShimAddress | undefined;
}

/** The bundles in a state folder; none if it is not there. */
export function bundlesIn(state: string): Bundle[] {
  return [CONTAINERS, SANDBOXES].flatMap((folder) =>
    foldersIn(join(state, folder)).flatMap((namespace) =>
      // containerd puts a dot before the name of a bundle that it is removing.
      foldersIn(join(state, folder, namespace)).filter((id) => !id.startsWith(".")).map((id) => {
        const path = join(state, folder, namespace, id);
        const isSandbox = folder === SANDBOXES;
        return { id, namespace, path, state, isSandbox, address: readAddress(path) };
      })
    )
  );
}

/** The state folder that a bundle is in; undefined for one that no containerd has made. */
export function stateOf(bundle: string): string | undefined {
  const [, state] =
    new RegExp(`^(/.*)/(?:${CONTAINERS}|${SANDBOXES})/[^/]+/[^/]+/?$`).exec(bundle) ??
      [];
  return state;
}

/** The address that a bundle names: in the file that containerd has made, else in that of the shim. */
export function readAddress(bundle: string): ShimAddress | undefined {
  for (const name of [BOOTSTRAP_FILE, ADDRESS_FILE]) {
    const text = orUndefined(() => Deno.readTextFileSync(join(bundle, name)));
    const address = text && orUndefined(() => parseAddress(text));
    if (address) return address;
  }
  return undefined;
}

function parseAddress(text: string): ShimAddress | undefined {
  const { address, protocol }: { address: string; protocol: Protocol } = text.startsWith("{")
    ? JSON.parse(text)
    : { address: text.trim(), protocol: "ttrpc" };
  const path = toSocketPath(address);
  return isAbsolute(path) ? { path, protocol } : undefined;
}

function foldersIn(path: string): string[] {
  const entries = orUndefined(() => [...Deno.readDirSync(path)]) ?? [];
  return entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => name).toSorted();
}
