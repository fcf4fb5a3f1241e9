/** A user namespace that only serves to map the owners of a mount's files. */
import { close, open, OpenFlag, writeText } from "../libc/mod.ts";
import type { Spawner } from "../process/mod.ts";
import type { IdMapping } from "./mount_options.ts";

/**
 * Makes a user namespace, calls `use` with a descriptor of it, and closes that.
 *
 * A namespace lives while a process is in it or has a descriptor of it. The process is `cat` here: when it answers, it is in there.
 * @throws {Error} If no namespace can be made, with the reason.
 */
export async function withUserNamespace(
  spawner: Spawner,
  { uids, gids }: IdMapping,
  use: (descriptor: number) => Promise<void>,
): Promise<void> {
  const child = spawner.spawn("unshare", {
    args: ["--user", "cat"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  const input = child.stdin.getWriter();
  const output = child.stdout.getReader();
  try {
    // If the process has ended, this fails, and the answer is missing below.
    await input.write(Uint8Array.of(0)).catch(() => {});
    if ((await output.read()).done) {
      throw new Error(`no user namespace: ${await readText(child.stderr)}`);
    }
    writeText(`/proc/${child.pid}/uid_map`, toLines(uids));
    writeText(`/proc/${child.pid}/gid_map`, toLines(gids));
    const descriptor = open(`/proc/${child.pid}/ns/user`, OpenFlag.RDONLY);
    try {
      await use(descriptor);
    } finally {
      close(descriptor);
    }
  } finally {
    // Errors of these do not matter: what does has failed before, or is done.
    await Promise.allSettled([input.close(), output.cancel(), child.stderr.cancel(), child.status]);
  }
}

async function readText(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const bytes of stream) text += decoder.decode(bytes, { stream: true });
  return text.trim();
}

/** A mapping in the form of user_namespaces(7): a line for each range, with spaces between its numbers. */
function toLines(mapping: string): string {
  return mapping.split(",").map((range) => range.replaceAll(":", " ") + "\n").join("");
}
