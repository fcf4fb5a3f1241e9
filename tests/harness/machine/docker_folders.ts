import { exists } from "./files.ts";

/** Folders that a dockerd makes wherever the rest of its state is, inner before outer. */
const FOLDERS = ["/run/docker/plugins", "/run/docker"];

/** Notes which of these folders are there, and answers what removes the others when dockerd has made them. */
export function noteDockerFolders(): () => Promise<void> {
  const missing = FOLDERS.filter((path) => !exists(path));
  return async () => {
    for (const path of missing) {
      // Another dockerd may use it by now, and the next folder, too.
      if (exists(path) && !isEmpty(path)) return;
      await Deno.remove(path).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    }
  };
}

function isEmpty(path: string): boolean {
  return [...Deno.readDirSync(path)].length === 0;
}
