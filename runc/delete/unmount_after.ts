/** Unmounts the root file system of a lost container when its runtime does not need it any more. */
import { endsWithin } from "../../shim/common/ends_within.ts";
import { unmountAll } from "../../shim/libc/mount.ts";

/** How long the mount is kept for a runtime that does not end, in ms. containerd kills the whole action after 5 s. */
const REMOVAL_MS = 2_000;

/**
 * Unmounts what is mounted on `rootfs` when a removal has ended, whose hooks (`poststop`) may look there; or, if it hangs, after a
 * while.
 * @param removal The removal; whoever began it handles its error.
 */
export async function unmountAfter(removal: Promise<unknown>, rootfs: string): Promise<void> {
  await endsWithin(removal.catch(() => {}), REMOVAL_MS);
  await unmountAll(rootfs);
}
