/**
 * The form of the shim that needs an installed Deno: one executable file, a few lines for the shell, and behind them a page for each
 * module, which Deno reads when it is first imported.
 */

import { DENO_VARIABLES } from "../../shim/process/executable.ts";
import { CHANGED, DENO_SWITCH } from "../../shim/bootstrap/telemetry_variables.ts";
import { quote } from "../common/quote.ts";

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

/** The module that runs, by the name under which the others would import it. */
const MAIN = "./main.js";

/** Where a page is: how many bytes before the end of the file it begins, and how long it is. */
type Place = readonly [fromEnd: number, bytes: number];

/**
 * The program that Deno is started with, as a `data:` URL whose fragment is the script's path. It gives to the script what it would
 * have if it had been started itself: its URL as the main module, and the environment as it was for its children. The file stays
 * open, as what has its name may be another version when a page is needed.
 */
const loader = (main: Place) =>
  `data:text/javascript,
const [, hash] = import.meta.url.split(/%23(.*)/);
const path = Deno.realPathSync(decodeURIComponent(hash));
Object.defineProperty(Deno, "mainModule", { value: "file://" + encodeURI(path) });
for (const name of ${JSON.stringify(Object.keys(ENVIRONMENT))}) Deno.env.delete(name);
const file = Deno.openSync(path);
const read = ([fromEnd, length]) => {
 const bytes = new Uint8Array(length);
 file.seekSync(-fromEnd, ${Deno.SeekMode.End});
 file.readSync(bytes);
 return (0, eval)(new TextDecoder().decode(bytes));
};
await read(${JSON.stringify(main)})(read);
`.trim().replaceAll("\n", " ");

/**
 * The text of the script.
 *
 * A `#!` line may hold no more than 255 bytes (execve(2)), so it names the shell, which becomes Deno.
 *
 * With no cache of Deno's a module is parsed by Deno itself, before V8 does, to see what it imports: 12 ms for 260 KB. So modules
 * become functions, which a small loader hands to V8 directly, and only those that are needed: `start` needs 40 KB of 280, `delete`
 * 170. In stack traces a page has the name of its module, which stands in its last line.
 *
 * V8 keeps the text, with two bytes for each character where one of them is beyond Latin-1: hence ASCII only.
 *
 * @param program Its name, for stack traces.
 * @param deno The path of the Deno to run it with.
 * @param flags What both forms have in common.
 * @param modules By the names under which they import each other: those of a bundle, of which `./main.js` runs, and libraries in
 * CommonJS's form (`.cjs`).
 */
export function scriptForm(
  program: string,
  deno: string,
  flags: readonly string[],
  modules: ReadonlyMap<string, string>,
): string {
  const names = [...modules.keys()].filter((name) => name !== MAIN).sort();
  const rest = names.map((name) => toPage(program, name, modules.get(name)!));
  const places: Record<string, Place> = {};
  let fromEnd = 0;
  for (const [index, { length }] of [...rest.entries()].reverse()) {
    fromEnd += length;
    places[names[index]] = [fromEnd, length];
  }
  const main = toMainPage(program, modules.get(MAIN)!, places);
  const environment = Object.entries(ENVIRONMENT).map(([name, value]) => `${name}=${value}`);
  // Deno raises the limit; who starts other programs has to know what it was: shim/process/open_files.ts.
  environment.push("SHIM_OPEN_FILES=$(ulimit -Sn)");
  const command = [quote(deno), "run", ...RUN_FLAGS, ...flags].join(" ");
  const source = quote(`${loader([fromEnd + main.length, main.length])}#`);
  // In a folder that was removed, as a bundle may be while its `delete` begins, Deno would end before anything of ours runs.
  return `#!/bin/sh
[ . -ef "$PWD" ] || cd /
unset ${DENO_VARIABLES.join(" ")}
[ "$${CHANGED}" ] || unset ${DENO_SWITCH}
${environment.join(" ")} exec ${command} ${source}"$0" "$@"
${main}${rest.join("")}`;
}

/** The page of the module that runs: it gets the loader's function, and makes of it what the others are imported with. */
function toMainPage(
  program: string,
  module: string,
  places: Readonly<Record<string, Place>>,
): string {
  const load = `const __places = ${JSON.stringify(places)}, __modules = {}; ` +
    "const __load = (name) => __modules[name] ??= __read(__places[name])(__load);";
  return toFunction(program, MAIN, "async (__read)", `"use strict"; ${load}`, toBody(module));
}

/** The page of another module: it gets what it imports with, and gives what it exports. */
function toPage(program: string, name: string, module: string): string {
  if (!name.endsWith(".cjs")) {
    return toFunction(program, name, "(__load)", '"use strict";', toBody(module));
  }
  const promised = 'const { createRequire } = process.getBuiltinModule("node:module"); ' +
    "const require = createRequire(Deno.mainModule), exports = {};";
  return toFunction(program, name, "()", promised, `${module}\nreturn { default: exports };`);
}

/** In brackets, by which V8 sees that it is called at once, and compiles it without a look at it before. */
function toFunction(
  program: string,
  name: string,
  parameters: string,
  firstLine: string,
  body: string,
): string {
  const sourceUrl = name.replace(".", program);
  return toAscii(
    `(${parameters} => { ${firstLine}\n${body}\n})\n//# sourceURL=${sourceUrl}\n`,
  );
}

/** What a bundler makes of a module has its imports, one statement for each other module, at the beginning, its exports at the end. */
function toBody(module: string): string {
  const body = module
    .replace(/^import "(\.\/.*)";$/gm, `__load("$1");`)
    .replace(
      /^import \{([^}]*)\} from "(\.\/.*)";$/gm,
      (_, names, from) => `const {${names.replaceAll(" as ", ": ")}} = __load("${from}");`,
    )
    .replace(/\bimport\("(\.\/[^"]*)"\)/g, `Promise.try(__load, "$1")`)
    .replace(
      /^export \{([^}]*)\};$/m,
      (_, names) => `return {${names.replaceAll(/(\S+) as (\S+)/g, "$2: $1")}};`,
    );
  const left = /^(import|export) .*|\bimport\("(?!node:).*/m.exec(body);
  if (left) throw new Error(`expected no more imports and exports in a bundle, not ${left[0]}`);
  return body;
}

/** Escapes what is beyond ASCII; it can be in strings, templates, regular expressions and comments, where an escape means the same. */
function toAscii(program: string): string {
  return program.replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
