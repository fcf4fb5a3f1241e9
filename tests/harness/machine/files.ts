/** Whether there is anything at a path, be it a link that leads nowhere. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Whether there is a file at a path, or a link that leads to one. */
export function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Makes files or folders look as if they had been changed an hour ago. */
export function age(...paths: string[]): void {
  const hourAgo = Date.now() / 1000 - 3600;
  for (const path of paths) Deno.utimeSync(path, hourAgo, hourAgo);
}
