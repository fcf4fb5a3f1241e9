/** Work that starts processes in private mounts, and leaves none behind. */
import { eventually } from "../../tests/harness/expect/eventually.ts";
import { cgroupFolders, removeCgroups } from "../../tests/harness/machine/cgroups.ts";
import { onInterruption } from "../../tests/harness/machine/interruption.ts";
import { runName } from "../../tests/harness/machine/private_mounts.ts";
import { processesOfThisRun, sendSignal } from "../../tests/harness/machine/processes.ts";
import { bold, red } from "./terminal.ts";

/**
 * Does some work, and exits: with 0 when it is done, with 1 where it throws, with 130 at Ctrl-C and its like. In the last two cases
 * everything that the work started is ended first. To be called in private mounts.
 * @param onFailure Called before the error is printed.
 */
export async function runPrivately(
  work: () => Promise<void>,
  onFailure: () => void = () => {},
): Promise<never> {
  const interruption = onInterruption(async (signal) => {
    console.log(`\n${signal}: ending what was started`);
    await endEverything();
    Deno.exit(130);
  });
  try {
    await work();
  } catch (error) {
    // What fails because everything is being ended is no news.
    if (interruption.aborted) await new Promise(() => {});
    onFailure();
    console.log(`\n${red(bold("Failed:"))} ${messageOf(error)}`);
    await endEverything();
    Deno.exit(1);
  }
  Deno.exit(0);
}

/** Where cleaning up has failed, too, of what failed first. */
function messageOf(error: unknown): string {
  return error instanceof SuppressedError ? messageOf(error.suppressed) : (error as Error).message;
}

/**
 * Kills all processes of this run; the mounts and files go with the last of them, the cgroups do not. The time is generous: init of
 * a PID namespace stays until process 1 has reaped all that were in it.
 */
async function endEverything(): Promise<void> {
  await eventually("the end of all processes", () => {
    const left = processesOfThisRun().filter(({ state }) => state !== "Z");
    for (const { pid } of left) sendSignal(pid, "SIGKILL");
    return left.length === 0 || undefined;
  }, 60);
  await removeCgroups(cgroupFolders(`${runName()}-`));
}
