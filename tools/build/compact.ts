/** What makes a bundle shorter: V8 keeps the text of what it runs, and each server has its own. */

/** What is in a module, without its escapes, where the text of a template or string may go on in the next line. */
const LONG_TEXTS = [
  // An odd number of backticks.
  /^(?:[^`\n]*`[^`\n]*`)*[^`\n]*`[^`\n]*$/m,
  // A template that begins within another one.
  /`[^`\n]*\$\{[^`}\n]*`[^`\n]*$/m,
  /\\$/m,
];

/**
 * Takes out of a bundle what only bundlers and people need. Lines stay, for stack traces; so do the spaces at their beginning, in a
 * module where they may be text.
 * @param modules Their texts, by the names under which they import each other.
 */
export function compact(modules: ReadonlyMap<string, string>): Map<string, string> {
  return new Map(Array.from(modules, ([name, text]) => [name, compactText(text)]));
}

function compactText(text: string): string {
  const plain = text.replaceAll("/* @__PURE__ */ ", "");
  const unescaped = plain.replaceAll(/\\./g, "");
  const mayHaveLongText = LONG_TEXTS.some((pattern) => pattern.test(unescaped));
  return mayHaveLongText ? plain : plain.replaceAll(/^ +/gm, "");
}
