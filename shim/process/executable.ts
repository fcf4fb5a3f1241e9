/** The one place that knows in which form this program runs: compiled, or as a script of an installed Deno. */
import { fromFileUrl } from "@std/path/posix";
import { UNLIMITED } from "../libc/mod.ts";

/** The path that starts this program again. */
export function ownExecutable(): string {
  return Deno.build.standalone ? Deno.execPath() : fromFileUrl(Deno.mainModule);
}

/**
 * Variables by which Deno would open an inspector or another socket, run something else, or say more than an answer: none of them, meant
 * for another program in containerd's environment, may reach the Deno that this program runs in.
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

/** What the script's first lines, see tools/script_form.ts, tell: what `ulimit -Sn` prints. */
const OPEN_FILES = "SHIM_OPEN_FILES";

/**
 * The soft limit of open files that a script was started with: the deno binary raises it before anything of ours runs. Undefined in the
 * compiled form, whose runtime does not. It is in the environment, and taken out of it here.
 */
export function takeOpenFiles(): bigint | undefined {
  const text = Deno.env.get(OPEN_FILES);
  if (text === undefined) return undefined;
  Deno.env.delete(OPEN_FILES);
  if (Deno.build.standalone) return undefined;
  return text === "unlimited" ? UNLIMITED : BigInt(text);
}
