/**
 * The names of what is in a bundle; none if there is no bundle. Most of what `delete` looks for is not there, as a rule; by its name that is
 * found without an exception, the first of which takes a cold process 0.4 ms and a further one 0.1.
 */
export function namesIn(bundle: string): string[] {
  try {
    return Array.from(Deno.readDirSync(bundle), ({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
