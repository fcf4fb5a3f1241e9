/** What the processes of a run are doing: for a test that has hung, before all of it is killed. */

import { describeProcess, processesOfThisRun } from "../machine/processes.ts";

/** Tells of each process what its threads wait for, where in the kernel, and what it has open (proc(5)). */
export function hangReport(): string {
  const load = read("/proc/loadavg");
  return [`load ${load}`, ...processesOfThisRun().map(describe)].join("\n");
}

function describe(process: ReturnType<typeof processesOfThisRun>[number]): string {
  const folder = `/proc/${process.pid}`;
  const threads = list(`${folder}/task`).map((thread) => {
    const of = (file: string) => read(`${folder}/task/${thread}/${file}`);
    // The number of the system call and its arguments, or `running`.
    return `  thread ${thread} ${of("comm")}: ${of("syscall")}, ${of("stack") || of("wchan")}`;
  });
  const descriptors = list(`${folder}/fd`).map((descriptor) => {
    const target = orReason(() => Deno.readLinkSync(`${folder}/fd/${descriptor}`));
    // Which descriptors an epoll instance watches, and which process a pidfd is.
    const isTelling = /eventpoll|pidfd/.test(target);
    return `  ${descriptor} ${target} ${isTelling ? read(`${folder}/fdinfo/${descriptor}`) : ""}`;
  });
  return [describeProcess(process), ...threads, ...descriptors].join("\n");
}

function read(path: string): string {
  return orReason(() => Deno.readTextFileSync(path)).trim().replaceAll("\n", " | ");
}

function list(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => name);
  } catch {
    // It has ended meanwhile.
    return [];
  }
}

function orReason(look: () => string): string {
  try {
    return look();
  } catch (error) {
    return (error as Error).message;
  }
}
