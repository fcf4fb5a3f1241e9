/** Unmounts a lost container's root file system when its runtime is done with it. */
import { endsWithin } from "../../shim/common/ends_within.ts";
import { unmountAll } from "../../shim/libc/mount.ts";

/** How long a mount is kept for a runtime that has not ended, in ms. containerd allows the whole action 5 s. */
const REMOVAL_MS = 2_000;

/**
 * Unmounts what is mounted on `rootfs` after a removal has ended, as hooks of it may look there (`poststop`); but one that hangs keeps
 * no mount.
 * @param removal May fail; who began it is told of that.
 */
export async function unmountAfter(removal: Promise<unknown>, rootfs: string): Promise<void> {
  await endsWithin(removal.catch(() => {}), REMOVAL_MS);
  await unmountAll(rootfs);
}
