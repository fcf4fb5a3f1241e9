/** crun: an OCI runtime in C with runc's command line, named to the shim by the runtime option BinaryName. */

import type { PrivateContainerd } from "./private_containerd.ts";

/** Where some hosts with cgroup v1 have cgroup v2 beside it. crun refuses to run then: it works where that is not mounted. */
const UNIFIED = "/sys/fs/cgroup/unified";

/**
 * Puts a crun that works on this host, under the name `crun-here`, where containerd looks for programs. Only crun's own mounts are
 * changed: runc works with both versions of cgroups, and is to be tested with both.
 */
export async function installCrun(containerd: PrivateContainerd): Promise<Crun> {
  const path = `${containerd.folder}/bin/crun-here`;
  const isHybrid = (await Deno.readTextFile("/proc/self/mounts")).includes(` ${UNIFIED} cgroup2 `);
  const command = isHybrid
    ? `exec unshare --mount sh -c 'umount ${UNIFIED} && exec crun "$@"' sh "$@"`
    : 'exec crun "$@"';
  await Deno.writeTextFile(path, `#!/bin/sh\n${command}\n`, { mode: 0o755 });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}

/** An installed crun, removed when it is disposed of. */
export interface Crun extends AsyncDisposable {
  readonly path: string;
}
