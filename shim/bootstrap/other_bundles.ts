/** The bundles beside a bundle: those of the other containers in the same namespace of the same containerd. */
import { basename, dirname, join } from "@std/path/posix";

/** The folders of the other bundles; none if the folder around them is gone. */
export function otherBundles(bundle: string): string[] {
  const folder = dirname(bundle);
  try {
    // containerd puts a dot before the name of a bundle that it is removing.
    return [...Deno.readDirSync(folder)].map(({ name }) => name)
      .filter((name) => name !== basename(bundle) && !name.startsWith("."))
      .map((name) => join(folder, name));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
