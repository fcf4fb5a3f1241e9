/** JSON with comments and commas before closing brackets, read so that an error can tell the line. */

/** A value, and the line where it begins, from 1 on. An object is a Map. */
export interface Located {
  readonly line: number;
  readonly value: null | boolean | number | string | Located[] | Map<string, Located>;
}

/** Nothing, or white space and comments. A mark of the byte order counts as white space. */
const GAP = /(?:\s|\/\/[^\n]*|\/\*[^]*?\*\/)*/y;
/** A bracket, comma or colon; a string; or what should be a number, true, false or null. */
const TOKEN = /[{}[\],:]|"(?:[^"\\\n]|\\.)*"|[^\s{}[\],:"/]+/y;

/**
 * Parses a text. A key that stands twice in an object is an error: only one of the two could hold.
 * @throws {Error} If it is no JSON; with the line, behind `path:`.
 */
export function parseJsonc(text: string, path: string): Located {
  let end = 0;
  let line = 1;
  let token = "";

  function fail(expected: string): never {
    const got = token === "" ? "the end" : token;
    throw new Error(`${path}:${line}: expected ${expected}, not ${got}`);
  }
  /** Goes on to the next token; it is empty at the end. */
  function advance(): void {
    const begin = end;
    GAP.lastIndex = begin;
    end += GAP.exec(text)![0].length;
    TOKEN.lastIndex = end;
    token = TOKEN.exec(text)?.[0] ?? text.slice(end, end + 1);
    line += text.slice(begin, end).split("\n").length - 1;
    end += token.length;
  }
  function parse(expected: string): unknown {
    try {
      return JSON.parse(token);
    } catch {
      fail(expected);
    }
  }
  function parseMembers(): Map<string, Located> {
    const members = new Map<string, Located>();
    for (advance(); token !== "}";) {
      if (!token.startsWith('"')) fail("a key in quotes");
      const key = parse("a key in quotes") as string;
      if (members.has(key)) throw new Error(`${path}:${line}: the key ${key} stands twice`);
      advance();
      if (token !== ":") fail(`a colon behind the key ${key}`);
      advance();
      members.set(key, parseValue());
      parseComma("}");
    }
    return members;
  }
  function parseItems(): Located[] {
    const items: Located[] = [];
    for (advance(); token !== "]";) {
      items.push(parseValue());
      parseComma("]");
    }
    return items;
  }
  function parseComma(bracket: string): void {
    advance();
    if (token === ",") advance();
    else if (token !== bracket) fail(`a comma or ${bracket}`);
  }
  function parseValue(): Located {
    const begin = line;
    if (token === "{") return { line: begin, value: parseMembers() };
    if (token === "[") return { line: begin, value: parseItems() };
    return { line: begin, value: parse("a value") as null | boolean | number | string };
  }

  advance();
  const root = parseValue();
  advance();
  if (token !== "") fail("no more behind the value");
  return root;
}
