/** Tests of a process on a terminal, once as init and once as an exec, with ctr at a terminal of the test's own. */

import { eventually } from "../expect/eventually.ts";
import { ctrAtTerminal, type PseudoTerminal } from "../streams/pseudo_terminal.ts";
import { test } from "./black_box.ts";

/** The size of a {@linkcode PseudoTerminal}, as `stty size` tells it, is there a moment after the start. */
export const untilSized = 'until [ "$(stty size 2>/dev/null)" = "24 80" ]; do sleep 0.01; done';

/** A body that is given a terminal on which ctr runs a command. */
export type Body = (run: (...command: string[]) => PseudoTerminal) => Promise<void>;

/** Two tests: with `ctr run -t`, and with `ctr task exec -t` in a container `box`. */
export function testBoth(name: string, body: Body, register = test): void {
  register(`init: ${name}`, async (containerd) => {
    await body((...command) =>
      ctrAtTerminal(containerd, containerd.runArguments(["--rm", "-t"], "box", ...command))
    );
  });
  register(`exec: ${name}`, async (containerd) => {
    await containerd.runDetached("box", "sleep", "1000");
    await body((...command) =>
      ctrAtTerminal(containerd, containerd.execArguments(["-t"], "box", ...command))
    );
    await containerd.remove("box");
  });
}

/** {@linkcode testBoth} with a shell script, which begins when ctr has set the size: of one that ends before, ctr complains. */
export function testScript(
  name: string,
  script: string,
  body: (terminal: PseudoTerminal) => Promise<void>,
): void {
  testBoth(name, async (run) => {
    await using terminal = run("sh", "-c", `${untilSized}; ${script}`);
    await body(terminal);
  });
}

/** Waits for a size to be told. Clients begin to listen for SIGWINCH a moment after they have set the first one, so they are told again. */
export async function untilHeard({ child, output }: PseudoTerminal, size: RegExp): Promise<void> {
  let heard = false;
  const hears = output.until(size).then(() => heard = true);
  await eventually("a resize", () => {
    if (!heard) child.kill("SIGWINCH");
    return heard || undefined;
  });
  await hears;
}
