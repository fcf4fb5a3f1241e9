/** The features of an OCI runtime, for `-info`. */
import type { Any } from "../proto/mod.ts";
import { spawner } from "../shim/mod.ts";
import { type Runtime, runtimeOf } from "./bundle/mod.ts";
import { decodeOptions } from "./options/mod.ts";

const FEATURES = "types.containerd.io/opencontainers/runtime-spec/1/features/Features";

/**
 * Runs the runtime's command `features`.
 * @param options The runtime options, which choose the runtime.
 * @returns An Any of what it prints; undefined if the runtime has no such command.
 * @throws {Error} If the options can't be read, or the runtime can't be run.
 */
export async function readFeatures(options: Any): Promise<Any.Properties | undefined> {
  const value = await callFeatures(runtimeOf(await decodeOptions(options, console), ""));
  return value && { typeUrl: FEATURES, value };
}

async function callFeatures({ binary, root }: Runtime): Promise<Uint8Array | undefined> {
  let command: Deno.ChildProcess;
  try {
    // The command needs no folder for its state; but runc, when not run by root, would make one in XDG_RUNTIME_DIR.
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
