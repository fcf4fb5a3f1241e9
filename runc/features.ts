/** What an OCI runtime can do, for `-info`. */
import type { Any } from "../proto/mod.ts";
import { spawner } from "../shim/mod.ts";
import { type Runtime, runtimeOf } from "./bundle/mod.ts";
import { decodeOptions } from "./options/mod.ts";

const FEATURES = "types.containerd.io/opencontainers/runtime-spec/1/features/Features";

/**
 * What the runtime's `features` command says, if it has one.
 * @param options Tell which runtime it is.
 * @throws {Error} for options that can't be read, or a runtime that is not there.
 */
export async function readFeatures(options: Any): Promise<Any.Properties | undefined> {
  const value = await callFeatures(runtimeOf(await decodeOptions(options, console), ""));
  return value && { typeUrl: FEATURES, value };
}

async function callFeatures({ binary, root }: Runtime): Promise<Uint8Array | undefined> {
  let command: Deno.ChildProcess;
  try {
    // It makes no use of the folder; but without one runc, run by who is not root, makes another in XDG_RUNTIME_DIR.
    command = spawner.spawn(binary, { args: ["--root", root, "features"], stdout: "piped" });
  } catch (error) {
    throw new Error(`can't run the runtime ${binary}: ${(error as Error).message}`);
  }
  const { success, stdout } = await command.output();
  return success && isJson(stdout) ? stdout : undefined;
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder().decode(bytes));
    return true;
  } catch {
    return false;
  }
}
