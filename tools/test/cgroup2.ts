/**
 * `deno task test:cgroup2 [--systemd] [files]`: the tests that touch cgroups, on a machine that has cgroup v2 alone; or, on one that
 * systemd runs (which must be installed here), those of cgroups that systemd makes. That is a user-mode Linux
 * (tools/test/user_mode_linux.ts says what it needs), so it runs on any host with x86-64, also where that has cgroup v1. SHIM_RUNTIME
 * and SHIM_BINARY name the shim under test as for `deno task test`.
 *
 * The last line is `N passed, N failed`. The exit code is 0 when nothing failed and nothing was left behind, 130 at Ctrl-C.
 */
import { isFile } from "../../tests/harness/machine/files.ts";
import { onInterruption } from "../../tests/harness/machine/interruption.ts";
import { REPOSITORY } from "../../tests/harness/machine/repository.ts";
import { fail } from "../common/fail.ts";
import { prepare } from "./prepare.ts";
import { runInUserModeLinux, SYSTEMD } from "./user_mode_linux.ts";

/**
 * What is done with a container's cgroup, each with the reason why it may differ from cgroup v1. The other tests have nothing to do
 * with cgroups; nearly all pass here too, but take half an hour, for the machine is slow at starting programs.
 */
const FILES = [
  // Which hierarchies are in use, joining a cgroup, and what a kernel says of threaded ones.
  "tests/unit/runc/cgroup/hierarchy_test.ts",
  "tests/unit/runc/cgroup/folders_test.ts",
  "tests/unit/runc/cgroup/processes_test.ts",
  // What is read of a container's cgroup, until it is gone.
  "tests/unit/runc/cgroup/cgroup_test.ts",
  // Which of them are removed when a container could not be made.
  "tests/unit/runc/cgroup/empty_cgroups_test.ts",
  "tests/command_line/delete_action_test.ts",
  // memory.events in place of an eventfd.
  "tests/unit/runc/cgroup/oom_test.ts",
  "tests/task/out_of_memory_test.ts",
  // Other files, and another message; the same that the Go shim tells.
  "tests/unit/runc/cgroup/stats_test.ts",
  "tests/task/metrics_test.ts",
  // Other names and values of limits; the kernel refuses others.
  "tests/task/update_test.ts",
  // cgroup.freeze, under which SIGKILL ends what is frozen.
  "tests/task/pause_test.ts",
  // Who is in the container: to tell of them, and to signal or end them all.
  "tests/task/pids_test.ts",
  "tests/task/kill_all_test.ts",
  "tests/namespaces/host_pid_namespace_test.ts",
  // A cgroup that is gone reads otherwise, and everyone can be moved by one file.
  "tests/reliability/cgroup_gone_test.ts",
  // What runc removes, and the shim in its place.
  "tests/task/runc_commands_test.ts",
  "tests/task/direct_commands_test.ts",
  // A pod's metrics, and the cgroup of its init.
  "tests/sandbox/sandbox_service_test.ts",
  "tests/sandbox/cri_test.ts",
  // ShimCgroup; and systemd_cgroup as far as it goes without systemd.
  "tests/options/runc_options_test.ts",
  // What is told of cgroups to people: what is used, and what is frozen.
  "tests/commands/cgroups_test.ts",
  // Another runtime, which has its own way with cgroup v2.
  "tests/options/crun_test.ts",
];
/** Those that need systemd. */
const SYSTEMD_FILES = ["tests/options/systemd_cgroup_test.ts"];
const MINUTES = 15;
/** What is passed on of this process's environment. */
const VARIABLES = ["PATH", "HOME", "DENO_DIR", "SHIM_BINARY", "SHIM_RUNTIME", "NO_COLOR"];

await prepare();
Deno.chdir(REPOSITORY);
const [systemd, ...rest] = Deno.args[0] === "--systemd"
  ? [true, ...Deno.args.slice(1)]
  : [false, ...Deno.args];
const files = rest.length > 0 ? rest : systemd ? SYSTEMD_FILES : FILES;
// The machine has no network to get a module by, and is slow at checking types.
const check = ["test", "--no-run", "--quiet", ...files];
const { success } = await new Deno.Command(Deno.execPath(), { args: check }).spawn().status;
if (!success) Deno.exit(1);

if (systemd && !isFile(SYSTEMD)) fail(`expected systemd at ${SYSTEMD}`);
const abort = new AbortController();
onInterruption(() => abort.abort(130));
setTimeout(() => abort.abort(`the tests did not end within ${MINUTES} minutes`), MINUTES * 60_000);
const command = [
  Deno.execPath(),
  "run",
  "--allow-all",
  "tools/test/suite.ts",
  "--no-check",
  ...files,
];
const environment = Object.fromEntries(
  VARIABLES.flatMap((name) => Deno.env.has(name) ? [[name, Deno.env.get(name)!]] : []),
);
try {
  Deno.exit(await runInUserModeLinux(command, environment, systemd, abort.signal));
} catch (error) {
  if (error === 130) {
    console.error("interrupted: the machine has been ended");
    Deno.exit(130);
  }
  fail(error instanceof Error ? error.message : `${error}`);
}
