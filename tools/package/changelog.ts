/** CHANGELOG.md, in the form of https://keepachangelog.com, as packages have it. */
import { REPOSITORY } from "../../tests/harness/machine/repository.ts";
import { NAME, type Source } from "./facts.ts";

/** What was changed with a version. */
export interface Release {
  readonly version: string;
  readonly date: Date;
  /** What was changed, each in one line. */
  readonly changes: readonly string[];
}

/** Reads the releases, the newest first. What has no release yet is that of the source. */
export async function readChangelog(source: Source): Promise<Release[]> {
  return parseChangelog(await Deno.readTextFile(`${REPOSITORY}CHANGELOG.md`), source);
}

/**
 * Reads releases from a text.
 * @throws {Error} If a release has no day or no changes, or the source is one that the text does not tell of.
 */
export function parseChangelog(text: string, { version, revision, time }: Source): Release[] {
  const [unreleased, ...releases] = text.split(/^## /m).slice(1).map(parseSection);
  const wrong = releases.find(({ date, changes }) => isNaN(date.getTime()) || changes.length === 0);
  if (unreleased?.version !== "Unreleased" || wrong) {
    throw new Error(
      `expected a day and changes of ${wrong?.version ?? "Unreleased"} in CHANGELOG.md`,
    );
  }
  const { changes } = unreleased;
  if (releases[0]?.version === version && changes.length === 0) return releases;
  if (!version.includes("+")) {
    throw new Error(`expected the changes of ${version} as the newest in CHANGELOG.md`);
  }
  const now = changes.length > 0 ? changes : [`Made from the commit ${revision}.`];
  return [{ version, date: new Date(time * 1000), changes: now }, ...releases];
}

/** A section: `[VERSION] - DAY`, and below headings the changes, each behind a dash. */
function parseSection(section: string): Release {
  const [, version = "a version", day] = /^\[(.+?)\](?: - (\S+))?$/m.exec(section) ?? [];
  const changes = section.split(/^- /m).slice(1)
    .map((change) => change.replace(/^(#|\[).*/ms, "").replaceAll(/\s+/g, " ").trim());
  return { version, date: new Date(`${day}T00:00:00Z`), changes };
}

/** In the form of deb-changelog(5). */
export function debianChangelog(releases: readonly Release[], maintainer: string): string {
  return releases.map(({ version, date, changes }) => {
    const lines = changes.map((change) => `  * ${wrap(change, "    ")}\n`).join("");
    const day = date.toUTCString().replace("GMT", "+0000");
    return `${NAME} (${version}) stable; urgency=medium\n\n${lines}\n -- ${maintainer}  ${day}\n`;
  }).join("\n");
}

/** In the form that a spec file of RPM has. */
export function rpmChangelog(releases: readonly Release[], maintainer: string): string {
  return releases.map(({ version, date, changes }) => {
    const [, weekday, day, month, year] = /^(\w+), (\d+) (\w+) (\d+)/.exec(date.toUTCString())!;
    const lines = changes.map((change) => `- ${wrap(change, "  ")}\n`).join("");
    return `* ${weekday} ${month} ${day} ${year} ${maintainer} - ${version}-1\n${lines}`;
  }).join("\n");
}

function wrap(text: string, indentation: string): string {
  return text.replaceAll(/(.{1,72})(?: |$)/g, `$1\n${indentation}`).trimEnd();
}
