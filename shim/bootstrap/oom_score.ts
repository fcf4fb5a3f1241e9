/** Who ends first under memory pressure. */
import { readText, writeText } from "../libc/kernel_files.ts";
import { SystemError } from "../libc/library.ts";

const MAX_OOM_SCORE_ADJ = 1000;

/**
 * Sees to it that the kernel ends a server before its containerd.
 * @param pid The server's.
 * @param containerd The pid of containerd.
 */
export function adjustOomScore(pid: number, containerd: number): void {
  try {
    const score = Number(readText(`/proc/${containerd}/oom_score_adj`));
    writeText(`/proc/${pid}/oom_score_adj`, `${Math.min(score + 1, MAX_OOM_SCORE_ADJ)}`);
  } catch (error) {
    // Without CAP_SYS_RESOURCE it can't be lowered, and a server that has died is told of by the handshake.
    if (!(error instanceof SystemError)) throw error;
  }
}
