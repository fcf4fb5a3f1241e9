import { fromFileUrl } from "@std/path";

/** The folder of the repository, with a slash at its end. */
export const REPOSITORY = fromFileUrl(new URL("../../..", import.meta.url));
