/** What makes a bundle the same wherever it is built. */

/** The path of a file of an npm package in Deno's cache, as seen from where the bundler ran: in comments, and as a name in CommonJS. */
const CACHED = /(?<=["'\s])[^\s"']*\/npm\/registry\.npmjs\.org\//g;
/** What the bundler puts into the name of a module: a hash of its text, with the paths in it. */
const HASH = /-[0-9A-Z]{8}(?=\.js\b)/g;

/**
 * Takes out of a bundle what tells of the place where it was built: npm packages are named `npm:NAME/VERSION/FILE`, and modules that
 * have the same name are numbered.
 * @param modules Their texts, by the names under which they import each other.
 */
export function portable(modules: ReadonlyMap<string, string>): Map<string, string> {
  const texts = new Map(
    Array.from(modules, ([name, text]) => [name, text.replace(CACHED, "npm:")]),
  );
  const plain = (text: string) => text.replace(HASH, "");
  const order = (name: string) => plain(`${name}\n${texts.get(name)}`);
  const hashed = [...texts.keys()].filter((name) => plain(name) !== name)
    .sort((one, other) => order(one) < order(other) ? -1 : 1);
  const numbers = new Map<string, number>();
  const renamed = new Map<string, string>();
  for (const name of hashed) {
    const number = (numbers.get(plain(name)) ?? 0) + 1;
    numbers.set(plain(name), number);
    renamed.set(name, plain(name).replace(".js", `-${number}.js`));
  }
  const inText = (text: string) =>
    text.replace(/"(\.\/[^"]*)"/g, (word, name) => {
      const to = renamed.get(name);
      return to === undefined ? word : `"${to}"`;
    });
  return new Map(Array.from(texts, ([name, text]) => [renamed.get(name) ?? name, inText(text)]));
}
