/** The form of the shim that needs an installed Deno: one executable file, two lines for the shell and the rest for Deno. */

/** Nothing at the place where it runs has a say, nothing is fetched, nothing but errors is printed. */
const RUN_FLAGS = [
  "--no-config",
  "--no-lock",
  "--no-remote",
  "--no-npm",
  "--no-code-cache",
  "--quiet",
];

/** Only for Deno itself; the loader takes it out of the environment again. */
const ENVIRONMENT = {
  // Where no folder can be: Deno neither reads nor writes a cache. So nothing depends on HOME, or on what lies there, and a
  // hundred shims that start at once don't wait for each other.
  DENO_DIR: "/dev/null/none",
  // Else a server would ask deno.land for a newer Deno half a second after its start.
  DENO_NO_UPDATE_CHECK: "1",
};

/**
 * The program that Deno is started with, as a `data:` URL whose fragment is the script's path. It gives to the script what it would
 * have if it had been started itself: its URL as the main module, and the environment as it was for its children.
 *
 * @param length The bytes of the program with what stands before it: to read the rest as well takes a millisecond.
 */
const loader = (length: number) =>
  `data:text/javascript,
const path = Deno.realPathSync(decodeURIComponent(new URL(import.meta.url).hash.slice(1)));
Object.defineProperty(Deno, "mainModule", { value: "file://" + encodeURI(path) });
for (const name of ${JSON.stringify(Object.keys(ENVIRONMENT))}) Deno.env.delete(name);
const bytes = new Uint8Array(${String(length).padStart(9)});
const file = Deno.openSync(path);
file.readSync(bytes);
file.close();
await (0, eval)(new TextDecoder().decode(bytes));
`.trim().replaceAll("\n", " ");

/** Stands between the program and the library. */
const PAGE_BREAK = "\f";

/** What the import of the library becomes: it is read from the script when it is first needed, and gets what CommonJS promises. */
const LIBRARY_LOADER = `
async function loadLibrary() {
  const { createRequire } = await import("node:module");
  const [, library] = Deno.readTextFileSync(new URL(Deno.mainModule)).split("\\f");
  const exports = {};
  new Function("exports", "require", library)(exports, createRequire(Deno.mainModule));
  return { default: exports };
}
`.trim().replace(/\n */g, " ");

/**
 * The text of the script.
 *
 * A `#!` line may hold no more than 255 bytes (execve(2)), so it names the shell, which becomes Deno; to JavaScript the line after
 * it is a string and a comment.
 *
 * With no cache of Deno's a module is parsed by Deno itself, before V8 does, to see what it imports. This program imports nothing, so
 * a small loader hands it to V8 directly: that boots in 19 ms instead of 31, no slower than with a cache, and takes 1.2 MiB less
 * (260 KB of program). In stack traces it has its name and the line numbers of this file.
 *
 * V8 keeps the text, with two bytes for each character where one of them is beyond Latin-1: hence ASCII only, 350 KiB less. The
 * library is not in this text: it stands behind a page break, where the loader stops.
 *
 * @param deno The path of the Deno to run it with.
 * @param flags What both forms have in common.
 * @param program A bundle without static imports and exports.
 * @param library A bundle in CommonJS's form, for the only import in the program that is not of Deno's own.
 */
export function scriptForm(
  deno: string,
  flags: readonly string[],
  program: string,
  library: { readonly imported: string; readonly text: string },
): string {
  const environment = Object.entries(ENVIRONMENT).map(([name, value]) => `${name}=${value}`);
  const command = [quote(deno), "run", ...RUN_FLAGS, ...flags].join(" ");
  const page = (length: number) =>
    `#!/bin/sh
":" //; ${environment.join(" ")} exec ${command} ${quote(`${loader(length)}#`)}"$0" "$@"
;(async () => { "use strict"; ${LIBRARY_LOADER}
${toAscii(program.replace(library.imported, "loadLibrary()"))}
})()
//# sourceURL=containerd-shim-ts-v2
`;
  // It takes the same number of bytes whatever it is. Deno's path may be beyond ASCII.
  const { length } = new TextEncoder().encode(page(0));
  return page(length) + PAGE_BREAK + toAscii(library.text);
}

/** Escapes what is beyond ASCII, and page breaks; it can be in strings, templates, regular expressions and comments, where an escape means the same. */
function toAscii(program: string): string {
  return program.replace(
    /[^\0-\x7f]|\f/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A word for the shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
