/** How this program is executed: compiled, or as a script by an installed Deno. Nothing else depends on that. */
import { UNLIMITED } from "../libc/limits.ts";

/** The path by which this program can be executed again. It is needed at each boot, and the first URL that Deno parses takes 0.5 ms. */
export function ownExecutable(): string {
  return Deno.build.standalone
    ? Deno.execPath()
    : decodeURIComponent(Deno.mainModule.replace("file://", ""));
}

/**
 * Variables that would make Deno open an inspector or another socket, run something else, or print more than an answer. containerd's
 * environment may have them for other programs; they must not reach the Deno that runs the server.
 */
export const DENO_VARIABLES: readonly string[] = [
  "DENO_AUDIT_PERMISSIONS",
  "DENO_AUTO_SERVE",
  "DENO_CONNECTED",
  "DENO_COVERAGE_DIR",
  "DENO_LOG",
  "DENO_PERMISSION_BROKER_PATH",
  "DENO_SERVE_ADDRESS",
  "DENO_STARTUP_PHASES",
  "DENO_TOKIO_METRICS",
  "DENO_TRACE_PERMISSIONS",
  "DENO_UNSTABLE_CONTROL_SOCK",
  "DENO_V8_FLAGS",
  "NODE_CHANNEL_FD",
  "NODE_OPTIONS",
];

/** The variable in which the script's first lines (tools/build/script_form.ts) pass on what `ulimit -Sn` prints. */
export const OPEN_FILES = "SHIM_OPEN_FILES";

/**
 * Takes the soft limit of open files with which a script was started out of the environment: the deno binary raises the limit before
 * anything of ours runs. Undefined in the compiled form, whose runtime does not raise it.
 */
export function takeOpenFiles(): bigint | undefined {
  const text = Deno.env.get(OPEN_FILES);
  if (text === undefined) return undefined;
  Deno.env.delete(OPEN_FILES);
  if (Deno.build.standalone) return undefined;
  return text === "unlimited" ? UNLIMITED : BigInt(text);
}
