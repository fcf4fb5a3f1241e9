/** What the OCI runtime itself knows of a container. */
import { readRuntime } from "../../runc/bundle/runtime.ts";
import { PATIENCE_MS } from "./shim_client.ts";

/** What a runtime says, and which one. */
export interface RuntimeState {
  readonly binary: string;
  /** The folder of its state. */
  readonly root: string;
  /** `created`, `running`, `paused` or `stopped`; null where it does not know the container. */
  readonly status: string | null;
  readonly pid: number | null;
  readonly bundle: string | null;
  /** Why it says nothing. */
  readonly error: string | null;
}

/** Asks the runtime that a bundle's container has: `runc --root … state ID`. */
export async function runtimeState(
  bundle: string,
  namespace: string,
  id: string,
): Promise<RuntimeState> {
  const { binary, root } = readRuntime(bundle, namespace);
  const nothing = { binary, root, status: null, pid: null, bundle: null };
  try {
    const { success, stdout, stderr } = await new Deno.Command(binary, {
      args: ["--root", root, "state", id],
      signal: AbortSignal.timeout(PATIENCE_MS),
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    if (!success) return { ...nothing, error: decoder.decode(stderr).trim() || "it was killed" };
    const state = JSON.parse(decoder.decode(stdout));
    return {
      ...nothing,
      status: state.status,
      pid: state.pid,
      bundle: state.bundle,
      error: null,
    };
  } catch (error) {
    return { ...nothing, error: (error as Error).message };
  }
}
