/** Logging programs as `binary://` URIs name them: shell scripts, each with a folder for what it logs. */

import type { PrivateContainerd } from "../harness/containerd/private_containerd.ts";

/** Says that the program is ready. */
export const ready = "echo >&5; exec 5>&-\n";

/** Copies both streams into files, to their ends. */
export const copy = `
/bin/busybox cat <&4 >"$log.stderr" &
/bin/busybox cat <&3 >"$log.stdout" &
wait
`;

/** One logging program. */
export class LogProgram implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Makes an executable of a script. It starts in its folder, where each run adds its pid to the file `pids`, and has in `$log` a
   * path for its files, which begins with the id that it was given. SIGTERM is ignored, since the Go shim sends it right after the
   * end of the input.
   */
  static async make(containerd: PrivateContainerd, script = ready + copy): Promise<LogProgram> {
    const folder = await Deno.makeTempDir({ dir: containerd.folder, prefix: "program-" });
    const lines = [
      "#!/bin/busybox sh",
      "trap '' TERM",
      `cd ${folder}`,
      'log="$CONTAINER_ID"',
      "echo $$ >>pids",
      script,
    ];
    await Deno.writeTextFile(`${folder}/program`, lines.join("\n"), { mode: 0o755 });
    return new LogProgram(folder);
  }

  /** The URI that names it, with a scheme and a query. */
  uri(scheme = "binary", query = ""): string {
    return `${scheme}://${this.folder}/program${query}`;
  }

  /** What is in one of its files. */
  read(name: string): string {
    return Deno.readTextFileSync(`${this.folder}/${name}`);
  }

  /** The processes that have run it. */
  get pids(): number[] {
    return this.read("pids").trim().split("\n").map(Number);
  }

  /** Whether it has made a file of this name, ready or not. */
  has(name: string): boolean {
    return [...Deno.readDirSync(this.folder)].some((entry) => entry.name === name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}
