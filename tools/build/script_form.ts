/**
 * The form of the shim that needs an installed Deno: one executable file, a few lines for the shell, and behind them the modules, which
 * Deno reads when they are first imported.
 */

import { DENO_VARIABLES, OPEN_FILES } from "../../shim/process/executable.ts";
import { CHANGED, DENO_SWITCH } from "../../shim/bootstrap/telemetry_variables.ts";
import { quote } from "../../commands/output/text.ts";

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

/** How a module of a bundle imports others: at once, one statement for each at its beginning, or when it needs them. */
const IMPORT = /^import (?:\{([^}]*)\} from )?"(\.\/.*)";$/gm;
const LAZY_IMPORT = /\bimport\("(\.\/[^"]*)"\)/g;

/** Where a module is: how many bytes before the end of the file it begins, and how long it is. */
type Place = readonly [fromEnd: number, bytes: number];

/**
 * The program that Deno is started with, as a `data:` URL whose fragment is the script's path. It gives to the script what it would
 * have if it had been started itself: its URL as the main module, and the environment as it was for its children. The file stays
 * open, as what has its name may be another version when a page is needed.
 */
const loader = (main: Place) =>
  `data:text/javascript,
const { url } = import.meta;
const path = Deno.realPathSync(decodeURIComponent(url.slice(url.indexOf("%23") + 1)));
Object.defineProperty(Deno, "mainModule", { value: "file://" + encodeURI(path) });
for (const name of ${JSON.stringify(Object.keys(ENVIRONMENT))}) Deno.env.delete(name);
const file = Deno.openSync(path);
const read = (places) => {
 const bytes = new Uint8Array(places.reduce((sum, [, length]) => sum + length, 0));
 let end = 0;
 for (const [fromEnd, length] of places) {
  file.seekSync(-fromEnd, ${Deno.SeekMode.End});
  file.readSync(bytes.subarray(end, end += length));
 }
 return new TextDecoder().decode(bytes);
};
await (0, eval)(read([${JSON.stringify(main)}]))(read);
`.trim().replaceAll("\n", " ");

/**
 * The text of the script.
 *
 * A `#!` line may hold no more than 255 bytes (execve(2)), so it names the shell, which becomes Deno.
 *
 * With no cache of Deno's a module is parsed by Deno itself, before V8 does, to see what it imports: 12 ms for 260 KB. So modules
 * become functions, which a small loader hands to V8 directly, and only those that are needed. What is imported when it is needed is
 * read with all that it imports itself, but what is there already, as one page: each page takes some time. In stack traces a page has
 * the name of the module that it begins with.
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
  // From here on a module is known by its number. Those of the main page are the first ones.
  const main = withImports(MAIN, modules);
  const names = [...main, ...[...modules.keys()].filter((name) => !main.includes(name)).sort()];
  const functions = names.map((name) => toFunction(name, modules.get(name)!, names));
  let fromEnd = 0;
  const places = functions.toReversed().map(({ length }): Place => [fromEnd += length, length])
    .reverse();
  const pages = Array.from(
    modules.values().flatMap((text) => importsIn(text, LAZY_IMPORT)),
    (name) => {
      const needed = withImports(name, modules).map((each) => names.indexOf(each));
      return [names.indexOf(name), [name.replace(".", program), ...needed]];
    },
  );
  const mainPage = toMainPage(program, functions.slice(0, main.length), {
    __places: places,
    __pages: Object.fromEntries(pages),
  });
  const environment = Object.entries(ENVIRONMENT).map(([name, value]) => `${name}=${value}`);
  const command = [quote(deno), "run", ...RUN_FLAGS, ...flags].join(" ");
  const source = quote(`${loader([fromEnd + mainPage.length, mainPage.length])}#`);
  // In a folder that was removed, as a bundle may be while its `delete` begins, Deno would end before anything of ours runs.
  // Deno raises the limit of open files; who starts other programs has to know what it was: shim/process/open_files.ts. `$(ulimit -Sn)`
  // forks, which takes 0.5 ms; so it goes through a here-document, which is a pipe, or a file. (bash makes /dev/null of an empty one.)
  return `#!/bin/sh
[ . -ef "$PWD" ] || cd /
unset ${DENO_VARIABLES.join(" ")}
[ "$${CHANGED}" ] || unset ${DENO_SWITCH}
{ ulimit -Sn >/proc/self/fd/3; read -r ${OPEN_FILES}; [ "$${OPEN_FILES}" ] || read -r ${OPEN_FILES}; } 3<<E <&3 2>/dev/null

E
${OPEN_FILES}=\${${OPEN_FILES}:-$(ulimit -Sn)} ${
    environment.join(" ")
  } exec ${command} ${source}"$0" "$@"
${mainPage}${functions.join("")}`;
}

/** A module, and what it imports at once, and what that imports. */
function withImports(name: string, modules: ReadonlyMap<string, string>): string[] {
  const found = new Set([name]);
  for (const each of found) {
    for (const from of importsIn(modules.get(each)!, IMPORT)) found.add(from);
  }
  return [...found];
}

function importsIn(module: string, pattern: RegExp): string[] {
  return Array.from(module.matchAll(pattern), (match) => match.at(-1)!);
}

/**
 * The page that runs: it gets the loader's function, and makes of it what modules are imported with. The function of a module that has
 * run is dropped: what V8 keeps for it is 0.1 MiB for those of a server.
 * @param functions Of the modules that it has.
 * @param tables By the numbers of modules: the places of all, and of those with a page its name and the modules that belong there.
 */
function toMainPage(
  program: string,
  functions: readonly string[],
  tables: Readonly<Record<string, unknown>>,
): string {
  const constants = Object.entries(tables).map(([name, table]) =>
    // V8 reads JSON sooner than the same as an expression.
    `${name} = JSON.parse('${JSON.stringify(table)}')`
  );
  return `((__read) => { const ${constants.join(", ")}, __modules = [];
const __functions = [${functions.join("")}];
const __open = (number) => {
const [name, ...all] = __pages[number];
const needed = all.filter((each) => !__functions[each]);
const page = "[" + __read(needed.map((each) => __places[each])) + "]\\n//# sourceURL=" + name;
(0, eval)(page).forEach((each, index) => __functions[needed[index]] = each);
return __functions[number];
};
const __load = (number) => {
if (!__modules[number]) {
__modules[number] = (__functions[number] ?? __open(number))(__load) ?? true;
__functions[number] = true;
}
return __modules[number];
};
return __load(0); })
//# sourceURL=${MAIN.replace(".", program)}
`;
}

/**
 * The function of a module, as an element of an array: it gets what it imports others with, and gives what it exports. It is in brackets,
 * by which V8 sees that it is called at once, and compiles it without a look at it before.
 * @param names Of all modules, by their numbers.
 */
function toFunction(name: string, module: string, names: readonly string[]): string {
  if (!name.endsWith(".cjs")) {
    const kind = name === MAIN ? "async " : "";
    return toAscii(`(${kind}(__load) => { "use strict";\n${toBody(module, names)}\n}),\n`);
  }
  const promised = 'const { createRequire } = process.getBuiltinModule("node:module"); ' +
    "const require = createRequire(Deno.mainModule), exports = {};";
  return toAscii(`(() => { ${promised}\n${module}\nreturn { default: exports };\n}),\n`);
}

/** What a bundler makes of a module has its exports at the end. */
function toBody(module: string, names: readonly string[]): string {
  const number = (name: string) => names.indexOf(name);
  const body = module
    .replace(IMPORT, (_, imported, from) => {
      const load = `__load(${number(from)});`;
      return imported === undefined
        ? load
        : `const {${imported.replaceAll(" as ", ": ")}} = ${load}`;
    })
    .replace(LAZY_IMPORT, (_, from) => `Promise.try(__load, ${number(from)})`)
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
