/** How this program is executed: compiled, or as a script by an installed Deno. Nothing else depends on that. */

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
 * The soft limit of open files with which a script was started, as `ulimit` prints it, by its environment: the deno binary raises the
 * limit before anything of ours runs. Undefined in the compiled form, whose runtime does not raise it.
 */
export function openFilesIn(variable: (name: string) => string | undefined): string | undefined {
  return Deno.build.standalone ? undefined : variable(OPEN_FILES);
}

/** {@linkcode openFilesIn} of this program, whose environment has it no more then. */
export function takeOpenFiles(): string | undefined {
  const text = openFilesIn((name) => Deno.env.get(name));
  Deno.env.delete(OPEN_FILES);
  return text;
}
