import { assertEquals, assertThrows } from "@std/assert";
import {
  debianChangelog,
  parseChangelog,
  rpmChangelog,
} from "../../../../tools/package/changelog.ts";

const TEXT = `# Changelog

## [Unreleased]

## [0.2.0] - 2026-12-24

### Added

- One thing,
  which is long.
- Another.

### Fixed

- A third one.

## [0.1.0] - 2026-11-29

### Added

- All.

[0.2.0]: https://example.org/0.2.0
`;
const MAINTAINER = "Ada Example <ada@example.org>";
const SOURCE = { version: "0.2.0", revision: "abc", time: 1_800_000_000, maintainer: MAINTAINER };
const CHANGES = ["One thing, which is long.", "Another.", "A third one."];

Deno.test("changelog: a release has its changes, whatever their kind", () => {
  const [newest, oldest] = parseChangelog(TEXT, SOURCE);
  assertEquals([newest.version, newest.changes], ["0.2.0", CHANGES]);
  assertEquals(oldest, {
    version: "0.1.0",
    date: new Date("2026-11-29T00:00:00Z"),
    changes: ["All."],
  });
});

Deno.test("changelog: what is between releases has what is unreleased, or its commit", () => {
  const between = { ...SOURCE, version: "0.2.0+20270115080000.abc" };
  assertEquals(parseChangelog(TEXT, between)[0], {
    version: between.version,
    date: new Date(between.time * 1000),
    changes: ["Made from the commit abc."],
  });
  const text = TEXT.replace("[Unreleased]\n", "[Unreleased]\n\n- New.\n");
  assertEquals(parseChangelog(text, between)[0].changes, ["New."]);
  assertEquals(parseChangelog(text, between).length, 3);
});

const MISTAKES: Record<string, string> = {
  "a release that it does not know": TEXT.replaceAll("0.2.0", "0.1.9"),
  "a release and unreleased changes": TEXT.replace("[Unreleased]\n", "[Unreleased]\n\n- New.\n"),
  "a release without a day": TEXT.replace(" - 2026-12-24", ""),
  "a release without changes": TEXT.replace("- All.", ""),
  "no place for what is unreleased": TEXT.replace("## [Unreleased]", ""),
};
for (const [name, text] of Object.entries(MISTAKES)) {
  Deno.test(`changelog: ${name} is refused`, () => {
    assertThrows(() => parseChangelog(text, SOURCE), Error, "CHANGELOG.md");
  });
}

Deno.test("changelog: Debian's and RPM's forms", () => {
  const releases = [{
    version: "0.2.0",
    date: new Date("2026-12-24T00:00:00Z"),
    changes: ["One thing.", "word ".repeat(20).trim()],
  }];
  assertEquals(
    debianChangelog(releases, MAINTAINER),
    `containerd-shim-ts-v2 (0.2.0) stable; urgency=medium

  * One thing.
  * ${"word ".repeat(14).trim()}
    ${"word ".repeat(6).trim()}

 -- ${MAINTAINER}  Thu, 24 Dec 2026 00:00:00 +0000
`,
  );
  assertEquals(
    rpmChangelog(releases, MAINTAINER),
    `* Thu Dec 24 2026 ${MAINTAINER} - 0.2.0-1
- One thing.
- ${"word ".repeat(14).trim()}
  ${"word ".repeat(6).trim()}
`,
  );
});
