/**
 * `deno run -A bench/memory.ts [execs] [answers]`: private memory of one server, in MiB: fresh, with a container, after so many execs,
 * and after so many Stats; and what these cost the server, in ms of CPU time. SHIM_BINARY and SHIM_RUNTIME name the shim.
 */
import { PrivateContainerd } from "../tests/harness/containerd/private_containerd.ts";
import { enterPrivateMounts } from "../tests/harness/machine/private_mounts.ts";
import { DirectShim } from "../tests/harness/shim/direct_shim.ts";

await enterPrivateMounts();
const execs = Number(Deno.args[0] ?? 300);
const answers = Number(Deno.args[1] ?? 2000);

/** Private_Clean and Private_Dirty, see proc(5). */
function privateMemory(pid: number): string {
  const text = Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`);
  const kilobytes = [...text.matchAll(/^Private_\w+: +(\d+) kB$/gm)].map(([, value]) =>
    Number(value)
  );
  return (kilobytes.reduce((sum, each) => sum + each, 0) / 1024).toFixed(1);
}

/** utime and stime, see proc(5), in ms: the kernel counts in hundredths of a second. */
function processorTime(pid: number): number {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).replace(/^.*\) /, "").split(" ");
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

/** What a server does when nobody asks for anything is done by then. */
const idle = () => new Promise((resolve) => setTimeout(resolve, 500));

{
  await using containerd = await PrivateContainerd.start();
  const shim = await DirectShim.start(containerd, "box");
  await idle();
  const report: Record<string, string> = { fresh: privateMemory(shim.pid) };
  await shim.create(containerd);
  await shim.tasks.call("Start", { id: "box" });
  await idle();
  report.container = privateMemory(shim.pid);
  const begin = processorTime(shim.pid);
  for (let index = 0; index < execs; index++) {
    const execId = `exec-${index}`;
    await shim.exec(execId, ["true"]);
    await shim.tasks.call("Wait", { id: "box", execId });
    await shim.tasks.call("Delete", { id: "box", execId });
  }
  report["CPU ms an exec"] = ((processorTime(shim.pid) - begin) / execs).toFixed(2);
  report[`${execs} execs`] = privateMemory(shim.pid);
  await idle();
  report[`${execs} execs, idle`] = privateMemory(shim.pid);
  const asked = processorTime(shim.pid);
  for (let index = 0; index < answers; index++) await shim.tasks.call("Stats", { id: "box" });
  report["CPU ms a Stats"] = ((processorTime(shim.pid) - asked) / answers).toFixed(2);
  await idle();
  report[`${answers} Stats`] = privateMemory(shim.pid);
  report.threads = Deno.readTextFileSync(`/proc/${shim.pid}/status`).match(/Threads:\s+(\d+)/)![1];
  await shim.end();
  console.log(JSON.stringify(report));
}
Deno.exit(0);
