/** Rust's crates that are linked into Deno, and their licences, as `deno task crates` has written them down. */
import { fromFileUrl } from "@std/path";

/** A crate. */
export interface Crate {
  readonly name: string;
  readonly version: string;
  /** As an expression of SPDX, or {@linkcode NO_LICENSE}. */
  readonly license: string;
  /** The SHA-256 of what crates.io has, in hexadecimal. */
  readonly checksum?: string;
  /** Who holds its copyright, as its files say; else who has written it. */
  readonly copyrights: readonly string[];
  /** The texts that it has, by their indices. */
  readonly texts: readonly number[];
}

/** What SPDX has for a licence that is told by its text alone. */
export const NO_LICENSE = "NOASSERTION";

/** The file with the crates, and the one with the texts. */
export const LIST = fromFileUrl(new URL("licenses/crates.json", import.meta.url));
export const TEXTS = fromFileUrl(new URL("licenses/crates.txt", import.meta.url));

/** Stands before each text but the first. */
const BETWEEN = `\n${"=".repeat(78)}\n`;

/** Writes the texts down. */
export async function writeTexts(texts: readonly string[]): Promise<void> {
  await Deno.writeTextFile(TEXTS, `${texts.join(BETWEEN)}\n`);
}

/**
 * Reads which crates are in a Deno.
 * @param version Its version; that of the Deno that runs this, which the packages get.
 * @throws {Error} If they were written down for another one.
 */
export async function readCrates(version = Deno.version.deno): Promise<Crate[]> {
  const { deno, crates } = JSON.parse(await Deno.readTextFile(LIST));
  if (deno === version) return crates;
  throw new Error(
    `expected Deno ${deno}, of which the crates and their licences are known, not ${version}, of which \`deno task crates\` has to collect them first`,
  );
}

/** All crates and their licences, as a text. */
export async function crateNotices(crates: readonly Crate[]): Promise<string> {
  const texts = (await Deno.readTextFile(TEXTS)).trimEnd().split(BETWEEN);
  const { deno, typescript } = Deno.version;
  return `\
Deno ${deno} links these crates of Rust, under these licences; in the compiled form of the program most of them are, not all. Behind each
are the numbers of the texts that it brings, which stand below, and who holds its copyright, as these say, or else who has written it. One
without a text tells its licence by name alone; others bring the text of that. Sources are at https://crates.io/crates/NAME/VERSION.

Beside the crates there are
- Rust's standard library: MIT OR Apache-2.0, https://github.com/rust-lang/rust;
- in V8: ICU (Unicode-3.0), Abseil (Apache-2.0), LLVM's C++ library (Apache-2.0 WITH LLVM-exception), and smaller ones, whose licences are
  beside them in the folders third_party and v8/third_party of the sources that https://github.com/denoland/rusty_v8 names;
- in the crate deno_node, JavaScript of Node.js (MIT, Copyright Joyent, Inc. and other Node contributors);
- in the script form TypeScript ${typescript}: Apache-2.0, Copyright (c) Microsoft Corporation, https://github.com/microsoft/TypeScript.

${crates.map(notice).join("")}
${texts.map((text, index) => `${"-".repeat(78)}\n${index + 1}.\n\n${text}\n`).join("\n")}`;
}

function notice({ name, version, license, copyrights, texts }: Crate): string {
  const numbers = texts.length > 0 ? `: ${texts.map((index) => index + 1).join(", ")}` : "";
  const holders = copyrights.map((line) => `    ${line}\n`).join("");
  return `${name} ${version} (${license})${numbers}\n${holders}`;
}
