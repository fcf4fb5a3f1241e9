/** A user namespace without anyone in it, for mounts whose files have the owners that it gives them. */
import { close, open, OpenFlag, writeText } from "../libc/mod.ts";
import type { Spawner } from "../process/mod.ts";
import type { IdMapping } from "./mount_options.ts";

/**
 * Makes a user namespace, calls `use` with its descriptor, and closes it.
 *
 * A namespace is made by a process that is in it, until others have it: `cat` here, which by its answer tells that it is.
 * @throws {Error} where there can't be one, with the reason.
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
    // Where it has ended there is no answer.
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
    // An error of these tells nothing: what matters has failed before, or is done.
    await Promise.allSettled([input.close(), output.cancel(), child.stderr.cancel(), child.status]);
  }
}

async function readText(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const bytes of stream) text += decoder.decode(bytes, { stream: true });
  return text.trim();
}

/** As in user_namespaces(7): a line for each, with spaces between its numbers. */
function toLines(mapping: string): string {
  return mapping.split(",").map((range) => range.replaceAll(":", " ") + "\n").join("");
}
