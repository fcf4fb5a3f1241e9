/** `deno task install [DIR]`: builds, and copies the one file to DIR, or to /usr/local/bin. */
import { basename, join, resolve } from "@std/path";
import { fail } from "../common/fail.ts";
import { build } from "./build.ts";
import { replace } from "./replace.ts";

// deno task runs in the repository; INIT_CWD is where it was called.
const folder = resolve(Deno.env.get("INIT_CWD") ?? ".", Deno.args[0] ?? "/usr/local/bin");
if (Deno.args.length > 1) fail(`expected one folder at most, got ${Deno.args.join(" ")}`);
await expectFolder(folder);

const built = await build();
const target = join(folder, basename(built));
try {
  await replace(target, async (file) => {
    await Deno.copyFile(built, file);
    await Deno.chmod(file, 0o755);
  });
} catch (error) {
  fail(`can't install to ${folder}: ${(error as Error).message}`);
}
console.log(`Installed ${target}`);
if (await isScript(target)) {
  const deno = Deno.execPath();
  console.log(`It needs the Deno at ${deno}: where that moves or goes, install it again.`);
  if (deno.includes("/_npx/")) {
    console.log("(That is npx's cache; an installed Deno lasts longer.)");
  }
}
const searched = (Deno.env.get("PATH") ?? "").split(":").includes(folder);
if (!searched) console.log(`containerd looks on its PATH; ${folder} is not on the one here.`);

async function expectFolder(path: string): Promise<void> {
  const found = await Deno.stat(path).catch((error) =>
    fail(`can't install to ${path}: ${error.message}`)
  );
  if (!found.isDirectory) fail(`can't install to ${path}: expected a folder, it is none`);
}

async function isScript(path: string): Promise<boolean> {
  using file = await Deno.open(path);
  const beginning = new Uint8Array(2);
  await file.read(beginning);
  return new TextDecoder().decode(beginning) === "#!";
}
