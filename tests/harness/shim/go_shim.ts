/** The Go shim, beside which ours is tested. */
import type { Runtime } from "../containerd/private_containerd.ts";
import { cgroupFoldersOf } from "../machine/cgroups.ts";

export const GO_SHIM: Runtime = {
  name: "io.containerd.runc.v2",
  binary: "containerd-shim-runc-v2",
};

/** Nobody has looked yet at what is different with other Go shims, other runc, and other cgroups. */
export const isGoShimKnown = /Version: +1\.6\./.test(versionOf(GO_SHIM.binary)) &&
  /version 1\.1\./.test(versionOf("runc")) && cgroupFoldersOf(Deno.pid).unified === undefined;

function versionOf(program: string): string {
  const { stdout } = new Deno.Command(program, { args: ["-v"] }).outputSync();
  return new TextDecoder().decode(stdout);
}
