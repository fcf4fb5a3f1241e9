/** The licences of all that is in a package. */
import type { Dependency } from "./dependencies.ts";
import { LICENSE, NAME } from "./facts.ts";

/** The file with the licences of what Deno links. */
export const CRATES = "NOTICES-crates";

const RUNTIME =
  `Deno links libraries written in Rust: what these are, and their licences, is in ${CRATES} beside this file.`;

/** All of them, with the whole texts of what others have written. */
export function notices(dependencies: readonly Dependency[]): string {
  return [
    `${NAME} contains what others have written, under these licences.\n${RUNTIME}\n`,
    ...dependencies.map(notice),
  ].join("\n");
}

/** What Debian wants to have in a file of the name copyright, where texts that every Debian has are only named. */
export function debianCopyright(dependencies: readonly Dependency[]): string {
  const named = dependencies.map((each) =>
    each.license === "Apache-2.0" ? { ...each, text: commonLicense(each.text) } : each
  );
  const own = `Copyright: the authors of ${NAME}\nLicense: ${LICENSE}\n\n${commonLicense("")}\n`;
  return `${own}\n${notices(named)}`;
}

/** @param text Of it what is not the licence itself is kept. */
function commonLicense(text: string): string {
  const copyrights = text.match(/^ *Copyright (?!\[|\{|owner|license)\S.*$/gm) ?? [];
  const lines = copyrights.map((line) => `${line.trim()}\n`).join("");
  return `${lines}On Debian systems the text of the Apache License 2.0 is in /usr/share/common-licenses/Apache-2.0.`;
}

function notice({ name, version, license, text }: Dependency): string {
  return `${"-".repeat(78)}\n${name} ${version} (${license})\n\n${text}\n`;
}
