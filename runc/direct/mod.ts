/** Commands of runc that the shim does itself. */
export { DirectRunc } from "./direct.ts";
