import { basename, dirname, join } from "@std/path";

/**
 * Makes a file anew and puts it in its place at once, over the old one: that one may be running, or be about to be started.
 * @param make Makes the file at the path it is given, in a folder of its own beside the place.
 */
export async function replace(path: string, make: (file: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ dir: dirname(path), prefix: `.${basename(path)}-` });
  try {
    const file = join(folder, basename(path));
    await make(file);
    await Deno.rename(file, path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
