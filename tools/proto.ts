/**
 * Generates proto/generated.ts from the .proto files beside it (`deno task proto`), and one in each folder below, which servers load when
 * they need it, from those in that folder: for each message its types, and a function each to encode and to decode it. The files are
 * parsed by pbjs of protobufjs-cli. The code it generates itself is not used: it is eight times as large, and a bundler can drop nothing
 * of it.
 *
 * Of proto3 there is what the files need; what is not provided for is an error.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";

const FOLDER = fromFileUrl(new URL("../proto/", import.meta.url));
const PBJS = "npm:protobufjs-cli@2.7.1/pbjs";

/** What has another name in TypeScript, where all share one scope, by its full name. */
const NAMES: Readonly<Record<string, string>> = {
  "containerd.runc.v1.Options": "RuncOptions",
  "containerd.runtime.bootstrap.v1.Capability": "BootstrapCapability",
  "containerd.runtime.bootstrap.v1.Extension": "BootstrapExtension",
  "containerd.runtime.bootstrap.v1.LogLevel": "BootstrapLogLevel",
  "containerd.v1.types.Status": "TaskStatus",
  "google.rpc.Status": "RpcStatus",
  "runtimeoptions.v1.Options": "RuntimeOptions",
};

/** What all of a package has before its names. */
const PREFIXES: Readonly<Record<string, string>> = {
  "io.containerd.cgroups.v1": "CgroupV1",
  "io.containerd.cgroups.v2": "CgroupV2",
};

/** The keys of a declaration, a field and a field's options, in the form of pbjs's target `json`, that are seen to or say nothing. */
const PROVIDED = {
  declaration: ["nested", "fields", "values", "oneofs", "methods", "reserved"],
  field: ["type", "id", "rule", "keyType", "options", "protoName"],
  option: ["proto3_optional"],
};

/** A package, a message or an enum, in the form of pbjs's target `json`. */
interface Declaration {
  readonly nested?: Readonly<Record<string, Declaration>>;
  readonly fields?: Readonly<Record<string, Field>>;
  readonly values?: Readonly<Record<string, number>>;
  readonly oneofs?: Readonly<Record<string, { readonly oneof: readonly string[] }>>;
  readonly methods?: unknown;
}

interface Field {
  readonly type: string;
  readonly id: number;
  readonly rule?: "repeated";
  /** Set for a map. */
  readonly keyType?: string;
  readonly options?: { readonly proto3_optional?: boolean };
}

/** A message or an enum, in the one scope. */
interface Named {
  readonly name: string;
  /** The package, and what the package is in, the outermost first. */
  readonly scopes: readonly string[];
  readonly declaration: Declaration;
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;

/** How one value of a type is declared, read and written. */
interface Type {
  readonly wireType: number;
  readonly decoded: string;
  /** What can be encoded, where that is more. */
  readonly encodable?: string;
  readonly initial: string;
  readonly read: string;
  /** The call that follows on the writer. */
  readonly write: (value: string) => string;
  /** Whether a value is not the default. */
  readonly isSet: (value: string) => string;
  /** For numbers, which are packed where they are repeated. */
  readonly readPacked?: (array: string) => string;
  readonly writePacked?: (array: string) => string;
}

const isTruthy = (value: string) => value;

const STRING: Type = {
  wireType: LENGTH_DELIMITED,
  decoded: "string",
  initial: '""',
  read: "reader.stringVerify()",
  write: (value) => `string(${value})`,
  isSet: isTruthy,
};

const BYTES: Type = {
  wireType: LENGTH_DELIMITED,
  decoded: "Uint8Array",
  initial: "new Uint8Array()",
  read: "reader.bytes()",
  write: (value) => `bytes(${value})`,
  isSet: (value) => `${value}?.length`,
};

/** A number, or what is like one, whose functions in protobufjs have the name. */
function number(name: string, special: Partial<Type> = {}): Type {
  return {
    wireType: VARINT,
    decoded: "number",
    initial: "0",
    read: `reader.${name}()`,
    write: (value) => `${name}(${value})`,
    isSet: isTruthy,
    readPacked: (array) => `reader.${name}s(${array})`,
    writePacked: (array) => `${name}s([...${array}])`,
    ...special,
  };
}

function number64(name: string): Type {
  return number(name, {
    encodable: "number | bigint",
    read: `Number(reader.${name}())`,
    write: (value) => `${name}(toLong(${value}))`,
    writePacked: (array) => `${name}s(${array}.map(toLong))`,
  });
}

const SCALARS: Readonly<Record<string, Type>> = {
  string: STRING,
  bytes: BYTES,
  bool: number("bool", { decoded: "boolean", initial: "false" }),
  int32: number("int32"),
  uint32: number("uint32"),
  int64: number64("int64"),
  uint64: number64("uint64"),
  double: number("double", {
    wireType: FIXED64,
    // NaN and -0 are not the default.
    isSet: (value) => `${value} != null && !Object.is(${value}, 0)`,
  }),
};

/** The parts of the code for one field. */
interface FieldCode {
  readonly decoded: string;
  /** What can be encoded, where that is more. */
  readonly encodable?: string;
  readonly initial: string;
  /** What to do for each tag. */
  readonly read: readonly (readonly [tag: number, statement: string])[];
  readonly write: string;
}

/** What the .proto files declare, by full name. */
type Declared = ReadonlyMap<string, Named>;

/**
 * The code for the .proto files of a folder: the text of proto/generated.ts.
 * @param renamed What must be declared there, for it has another name in TypeScript.
 * @param base The folder above, if what its files declare is used: that is imported.
 * @throws {Error} where what is declared is not provided for, or something is missing.
 */
export async function generate(
  folder = FOLDER,
  renamed: readonly string[] = folder === FOLDER ? Object.keys(NAMES) : [],
  base?: string,
): Promise<string> {
  const based = base === undefined ? new Map() : await declaredIn([base], protoFiles(base));
  const declared = base === undefined
    ? await declaredIn([folder], protoFiles(folder))
    : await declaredIn([folder, base], [...protoFiles(folder), ...protoFiles(base)]);
  const scopes = new Set(Array.from(declared.values(), ({ scopes }) => scopes.join(".")));
  const missing = renamed.find((name) => !declared.has(name) && !scopes.has(name));
  if (missing !== undefined) {
    throw new Error(`${missing}: expected its declaration, found none; see NAMES and PREFIXES`);
  }
  const names = Array.from(declared.values(), ({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice) {
    throw new Error(`${twice}: expected one of that name, found two; see NAMES and PREFIXES`);
  }
  const code = [...declared].filter(([key]) => !based.has(key))
    .map(([, named]) => declare(named, declared)).join("\n");
  const helpers = ["messageType", "readMapEntry", "toLong", "writeMap"]
    .filter((name) => new RegExp(`\\b${name}\\b`).test(code));
  const imported = Array.from(based.values(), ({ name }) => name)
    .filter((name) => new RegExp(`\\b${name}\\b`).test(code));
  const from = base === undefined ? "." : "..";
  return await deno(
    ["fmt", "--ext", "ts", "-"],
    `\
// Generated from the .proto files by tools/proto.ts: not to be edited.
${
      /^export interface \w+ {\n\n?}/m.test(code)
        ? "// deno-lint-ignore-file no-empty-interface\n"
        : ""
    }\
${imported.length > 0 ? `import { ${imported.join(", ")} } from "${from}/generated.ts";\n` : ""}\
import { ${helpers.join(", ")} } from "${from}/protobuf.ts";

${code}`,
  );
}

/** The .proto files of a folder. */
function protoFiles(folder: string): string[] {
  const files = Array.from(Deno.readDirSync(folder), ({ name }) => name)
    .filter((name) => name.endsWith(".proto"))
    .sort()
    .map((name) => join(folder, name));
  if (files.length === 0) throw new Error(`expected .proto files in ${folder}, found none`);
  return files;
}

/** What files declare, which may import files in these folders. */
async function declaredIn(folders: readonly string[], files: readonly string[]): Promise<Declared> {
  const paths = folders.flatMap((folder) => ["--path", folder]);
  // No product code depends on pbjs: its dependencies shall not come into the lock file.
  const pbjs = ["run", "--no-lock", "--allow-all", PBJS, "--target", "json", ...paths];
  return new Map(list(JSON.parse(await deno([...pbjs, ...files])), []));
}

/** Runs Deno, with the configuration of this repository, and gives its output. */
async function deno(args: readonly string[], input = ""): Promise<string> {
  const process = new Deno.Command(Deno.execPath(), {
    args: [args[0], "--quiet", ...args.slice(1)],
    cwd: FOLDER,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const [{ success, stdout }] = await Promise.all([
    process.output(),
    new Blob([input]).stream().pipeTo(process.stdin),
  ]);
  if (!success) throw new Error(`deno ${args.join(" ")}: expected success, its error is above`);
  return new TextDecoder().decode(stdout);
}

/** All messages and enums by their full names. */
function list(declaration: Declaration, scopes: readonly string[]): (readonly [string, Named])[] {
  const entries = Object.entries(declaration.nested ?? {})
    .filter(([, nested]) => !nested.methods);
  return entries.flatMap(([key, nested]) => {
    const path = [...scopes, key];
    expectProvided(key, nested, PROVIDED.declaration);
    for (const [name, field] of Object.entries(nested.fields ?? {})) {
      expectProvided(`${key}.${name}`, field, PROVIDED.field);
      expectProvided(`${key}.${name}`, field.options ?? {}, PROVIDED.option);
    }
    if (!nested.fields && !nested.values) return list(nested, path);
    if (nested.nested) throw new Error(`${key}: declarations in a message are not provided for`);
    for (const name of Object.values(nested.oneofs ?? {}).flatMap(({ oneof }) => oneof)) {
      const isOptional = nested.fields?.[name].options?.proto3_optional;
      if (!isOptional) throw new Error(`${key}.${name}: oneof is not provided for`);
    }
    const fullName = path.join(".");
    const name = NAMES[fullName] ?? (PREFIXES[scopes.join(".")] ?? "") + key;
    return [[fullName, { name, scopes, declaration: nested }] as const];
  });
}

function expectProvided(name: string, found: object, provided: readonly string[]): void {
  const other = Object.entries(found).find(([key]) => !provided.includes(key));
  if (other === undefined) return;
  throw new Error(`${name}: ${other[0]} ${JSON.stringify(other[1])} is not provided for`);
}

function declare(named: Named, declared: Declared): string {
  const { name, declaration } = named;
  if (declaration.values) {
    const members = Object.entries(declaration.values).map(([key, value]) => `${key} = ${value},`);
    return `export enum ${name} {\n${members.join("\n")}\n}\n`;
  }
  expectNoRecursion(named, declared);
  const fields = Object.entries(declaration.fields!)
    .map(([key, field]) => [key, fieldCode(key, field, named, declared)] as const);
  const decoded = fields.map(([key, { decoded }]) => `${key}: ${decoded};`);
  const initial = fields.map(([key, { initial }]) => `${key}: ${initial}`);
  const read = fields.flatMap(([, { read }]) => read)
    .map(([tag, statement]) => `if (tag === ${tag}) ${statement};`);
  const write = fields.map(([, { write }]) => write);
  return `\
export interface ${name} {
${decoded.join("\n")}
}
export declare namespace ${name} {
${declareProperties(name, fields)}
}
export const ${name} = /* @__PURE__ */ messageType<${name}, ${name}.Properties>(
() => ({ ${initial.join(", ")} }),
(${fields.length ? "message, tag, reader" : ""}) => {
${read.join("\nelse ")}
},
(${fields.length ? "message, writer" : ""}) => {
${write.join("\n")}
},
);
`;
}

/** What can be encoded: the decoded fields, but for those that can be more than is decoded. */
function declareProperties(
  name: string,
  fields: readonly (readonly [string, FieldCode])[],
): string {
  const wider = fields.filter(([, { encodable }]) => encodable);
  if (wider.length === 0) return `type Properties = Partial<${name}>;`;
  const keys = wider.map(([key]) => `"${key}"`).join(" | ");
  const rest = wider.length < fields.length ? ` extends Partial<Omit<${name}, ${keys}>>` : "";
  const members = wider.map(([key, { encodable }]) => `${key}?: ${encodable};`);
  return `interface Properties${rest} {\n${members.join("\n")}\n}`;
}

/** The decoder calls itself for messages in messages: what sends the bytes must not choose how often. */
function expectNoRecursion(named: Named, declared: Declared, within: readonly Named[] = []): void {
  if (within.includes(named)) throw new Error(`${named.name}: recursion is not provided for`);
  for (const { type } of Object.values(named.declaration.fields ?? {})) {
    if (type in SCALARS) continue;
    expectNoRecursion(find(type, named, declared), declared, [...within, named]);
  }
}

/** Looks a name up as protobuf does, from the innermost scope out. */
function find(type: string, { name, scopes }: Named, declared: Declared): Named {
  for (let depth = scopes.length; depth >= 0; depth--) {
    const found = declared.get([...scopes.slice(0, depth), type].join("."));
    if (found) return found;
  }
  throw new Error(`${name}: expected a type that is declared or provided for, not ${type}`);
}

function fieldCode(key: string, field: Field, named: Named, declared: Declared): FieldCode {
  const value = `message.${key}`;
  const { id, type, keyType, options } = field;
  const repeated = field.rule === "repeated";
  if (keyType) return mapField(value, field);
  const found = type in SCALARS ? undefined : find(type, named, declared);
  if (found?.declaration.fields) return messageField(value, id, found.name, repeated);
  const scalar = found ? number("int32", { decoded: found.name }) : SCALARS[type];
  if (repeated) return repeatedField(value, id, scalar);
  return singleField(value, id, scalar, options?.proto3_optional);
}

function singleField(value: string, id: number, type: Type, optional = false): FieldCode {
  const isSet = optional ? `${value} != null` : type.isSet(value);
  const orNull = optional ? " | null" : "";
  return {
    decoded: type.decoded + orNull,
    encodable: type.encodable && type.encodable + orNull,
    initial: optional ? "null" : type.initial,
    read: [[tag(id, type.wireType), `${value} = ${type.read}`]],
    write: `if (${isSet}) ${writeTag(id, type.wireType)}.${type.write(value)};`,
  };
}

function repeatedField(value: string, id: number, type: Type): FieldCode {
  const { readPacked, writePacked, encodable = type.decoded } = type;
  const types = {
    decoded: `${type.decoded}[]`,
    encodable: encodable.includes(" ") ? `readonly (${encodable})[]` : `readonly ${encodable}[]`,
    initial: "[]",
  };
  const readOne = [tag(id, type.wireType), `${value}.push(${type.read})`] as const;
  if (!readPacked || !writePacked) {
    const write = `${writeTag(id, type.wireType)}.${type.write("item")};`;
    return { ...types, read: [readOne], write: `for (const item of ${value} ?? []) ${write}` };
  }
  const write = `${writeTag(id, LENGTH_DELIMITED)}.${writePacked(value)};`;
  return {
    ...types,
    read: [[tag(id, LENGTH_DELIMITED), readPacked(value)], readOne],
    write: `if (${value}?.length) ${write}`,
  };
}

function messageField(value: string, id: number, name: string, repeated: boolean): FieldCode {
  const write = (item: string) =>
    `${name}.encode(${item}, ${writeTag(id, LENGTH_DELIMITED)}.fork()).ldelim();`;
  if (repeated) {
    return {
      decoded: `${name}[]`,
      encodable: `readonly ${name}.Properties[]`,
      initial: "[]",
      read: [[tag(id, LENGTH_DELIMITED), `${value}.push(${name}.decode(reader.bytes()))`]],
      write: `for (const item of ${value} ?? []) ${write("item")}`,
    };
  }
  return {
    decoded: `${name} | null`,
    encodable: `${name}.Properties | null`,
    initial: "null",
    // What came of it before is kept: protobuf merges a message that comes in parts.
    read: [[tag(id, LENGTH_DELIMITED), `${value} = ${name}.decode(reader.bytes(), ${value})`]],
    write: `if (${value}) ${write(value)}`,
  };
}

function mapField(value: string, { type, id, keyType }: Field): FieldCode {
  if (keyType !== "string" || type !== "string") {
    throw new Error(`map<${keyType}, ${type}> is not provided for, only map<string, string>`);
  }
  return {
    decoded: "Record<string, string>",
    encodable: "Readonly<Record<string, string>>",
    initial: "{}",
    read: [[tag(id, LENGTH_DELIMITED), `readMapEntry(${value}, reader.bytes())`]],
    write: `if (${value}) writeMap(writer, ${tag(id, LENGTH_DELIMITED)}, ${value});`,
  };
}

function tag(id: number, wireType: number): number {
  return (id << 3 | wireType) >>> 0;
}

function writeTag(id: number, wireType: number): string {
  return `writer.uint32(${tag(id, wireType)})`;
}

/** The folders that have code of their own, each with what must be declared there; see {@linkcode generate}. */
export const FOLDERS = { metrics: Object.keys(PREFIXES), sandbox: [] };

if (import.meta.main) {
  await Deno.writeTextFile(join(FOLDER, "generated.ts"), await generate());
  for (const [name, renamed] of Object.entries(FOLDERS)) {
    const folder = join(FOLDER, name);
    await Deno.writeTextFile(join(folder, "generated.ts"), await generate(folder, renamed, FOLDER));
  }
}
