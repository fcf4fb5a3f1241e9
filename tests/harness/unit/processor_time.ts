import { assert } from "@std/assert";

/** That this process, while it waits for something to happen, leaves the processor alone. */
export async function expectIdle(): Promise<void> {
  const [before, began] = [processorTime(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, 200));
  const share = (processorTime() - before) / (performance.now() - began);
  assert(share < 0.5, `expected an idle process, and it used ${share} of a processor`);
}

/** The processor time that this process has used so far, in milliseconds; see proc(5), a tick is 10 ms. */
function processorTime(): number {
  const fields = Deno.readTextFileSync("/proc/self/stat").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
