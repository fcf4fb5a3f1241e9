/** Ends the program with a message for its user: a stack trace would tell them nothing. */
export function fail(message: string): never {
  console.error(`error: ${message}`);
  Deno.exit(1);
}
