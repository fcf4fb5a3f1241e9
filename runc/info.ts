/** `-info`: tells containerd 2.x what this runtime is and can do. */
import { Any, RuntimeInfo } from "../proto/mod.ts";
import { spawner } from "../shim/mod.ts";
import { type Runtime, runtimeOf } from "./bundle/runtime.ts";
import { decodeOptions } from "./options/options.ts";

const FEATURES = "types.containerd.io/opencontainers/runtime-spec/1/features/Features";

/**
 * Makes the answer.
 * @param input From standard input: an Any of runtime options, or nothing.
 * @returns A RuntimeInfo: the options as they came, and what the runtime's `features` command says, if it has one.
 * @throws {Error} for options that can't be read, or a runtime that is not there.
 */
export async function runtimeInfo(
  name: string,
  version: string,
  input: Uint8Array,
): Promise<Uint8Array> {
  const options = Any.decode(input);
  const features = await readFeatures(runtimeOf(await decodeOptions(options, console), ""));
  return RuntimeInfo.encode({
    name,
    version: { version },
    options: options.typeUrl === "" ? undefined : options,
    features: features === undefined ? undefined : { typeUrl: FEATURES, value: features },
  }).finish();
}

async function readFeatures({ binary, root }: Runtime): Promise<Uint8Array | undefined> {
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
