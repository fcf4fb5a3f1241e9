/** A cgroup that counts the processor time of all that is below it, whatever has ended meanwhile. */
import { parseHierarchies } from "../../runc/cgroup/hierarchy.ts";

/** The cgroup of a stage: its containers are below, and so are its shims, where they are started by {@linkcode CountedCgroup.wrap}. */
export class CountedCgroup {
  readonly #folder: string;
  readonly #isUnified: boolean;

  /** @param namespace The name of the cgroup, which is made. */
  constructor(namespace: string) {
    const hierarchies = parseHierarchies(Deno.readTextFileSync("/proc/self/mountinfo"));
    const counting = hierarchies.find(({ unified, controllers }) =>
      unified || controllers.includes("cpuacct")
    );
    if (counting === undefined) throw new Error("expected cgroup v2, or v1's controller cpuacct");
    this.#isUnified = counting.unified;
    this.#folder = `${counting.mountPoint}/${namespace}`;
    Deno.mkdirSync(this.#shims, { recursive: true });
  }

  /** Writes a program that enters the cgroup, and becomes another one there. */
  wrap(program: string, path: string): void {
    const script = `#!/bin/sh\necho $$ > ${this.#shims}/cgroup.procs && exec ${program} "$@"\n`;
    Deno.writeTextFileSync(path, script, { mode: 0o755 });
  }

  /** The words before a command that is to run there, with all that it starts. */
  get enter(): string[] {
    return ["sh", "-c", `echo $$ > ${this.#shims}/cgroup.procs && exec "$@"`, "sh"];
  }

  /** The processor time so far, in ms. */
  processorTime(): number {
    if (!this.#isUnified) {
      return Number(Deno.readTextFileSync(`${this.#folder}/cpuacct.usage`)) / 1e6;
    }
    const stat = Deno.readTextFileSync(`${this.#folder}/cpu.stat`);
    return Number(stat.match(/^usage_usec (\d+)$/m)![1]) / 1e3;
  }

  /** In cgroup v2 only the innermost ones have processes. */
  get #shims(): string {
    return `${this.#folder}/shims`;
  }
}
