/** What is mounted, as a process sees it. */
import { textOf } from "./processes.ts";

/** A mount. */
export interface Mount {
  readonly target: string;
  readonly type: string;
  readonly source: string;
  /** Of the mount and of its file system. */
  readonly options: readonly string[];
}

/** All mounts of a process, in the order in which they were made; none if it has ended. */
export function mountsOf(pid: number | "self"): Mount[] {
  const lines = (textOf(`/proc/${pid}/mountinfo`) ?? "").split("\n").filter(Boolean);
  return lines.map((line) => {
    const [place, fileSystem] = line.split(" - ");
    const [, , , , target, options] = place.split(" ");
    const [type, source, more] = fileSystem.split(" ");
    return {
      target: unescape(target),
      type,
      source: unescape(source),
      options: [...new Set([...options.split(","), ...more.split(",")])],
    };
  });
}

/** The mounts at a folder and below it. */
export function mountsBelow(folder: string, mounts: readonly Mount[]): Mount[] {
  return mounts.filter(({ target }) => target === folder || target.startsWith(`${folder}/`));
}

/** The kernel writes a blank as `\040` (proc(5)). */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(parseInt(code, 8)));
}
