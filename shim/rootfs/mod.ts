/** Root file systems: their mounts, also those with mapped ids. */
export { type Mount, mountRootfs, unmountRootfs } from "./rootfs.ts";
