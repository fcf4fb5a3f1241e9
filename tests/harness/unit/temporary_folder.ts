/** Runs a test with a folder of its own, which is removed with all that is in it. */
export async function withFolder(run: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "unit-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Makes FIFOs. */
export function makeFifos(...paths: string[]): void {
  const { success, stderr } = new Deno.Command("mkfifo", { args: paths }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
