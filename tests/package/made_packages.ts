/** The packages under test. */

/** Their name, and that of the program. */
export const NAME = "containerd-shim-ts-v2";

/** Where `deno task test:package` has made them, and its Debian; without these the tests are ignored. */
const FOLDER = Deno.env.get("PACKAGES_FOLDER");
const DEBIAN = Deno.env.get("PACKAGES_DEBIAN");
/** Whether there are any. */
export const isPackaged = FOLDER !== undefined && DEBIAN !== undefined;

/** The folder with the packages. */
export const folder = FOLDER ?? "";
/** See makeDebian. */
export const debian = DEBIAN ?? "";

/** The path of the package whose name ends so: `.deb`, `.rpm`, or `.tar.gz`. */
export function packagePath(ending: string): string {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  return `${folder}/${names.find((name) => name.endsWith(ending))}`;
}

/** A test of packages. */
export function test(name: string, fn: () => Promise<void>): void {
  Deno.test({
    name: `package: ${name}`,
    ignore: !isPackaged,
    sanitizeOps: false,
    sanitizeResources: false,
    fn,
  });
}

/**
 * Runs a command.
 * @returns Its standard output.
 * @throws {Error} If it fails.
 */
export async function run(
  program: string,
  args: string[],
  options: Deno.CommandOptions = {},
): Promise<string> {
  const command = new Deno.Command(program, { args, stdin: "null", ...options });
  const { success, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  throw new Error(
    `${program} ${args.join(" ")}\n${decoder.decode(stdout)}${decoder.decode(stderr)}`,
  );
}
