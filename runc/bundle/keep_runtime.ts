/** Writing the file that says which OCI runtime a container has. It is apart, as `delete`, which reads it, needs no libc, which takes time to load. */
import { join } from "@std/path/posix";
import { writeFile } from "../../shim/libc/descriptor.ts";
import { type KeptOptions, optionsFile, type RuntimeOptions } from "./runtime.ts";

/** Keeps in the bundle what `readRuntime` reads. If the shim is killed meanwhile, it is there as a whole or not at all. */
export function keepRuntime(bundle: string, options: RuntimeOptions): void {
  const { binaryName, root, systemdCgroup } = options;
  const kept: KeptOptions = { binary_name: binaryName, root, systemd_cgroup: systemdCgroup };
  const written = join(bundle, ".options.json");
  writeFile(written, JSON.stringify(kept));
  Deno.renameSync(written, optionsFile(bundle));
}
