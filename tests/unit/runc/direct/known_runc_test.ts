import { assertEquals } from "@std/assert";
import { isKnownVersion } from "../../../../runc/direct/known_runc.ts";

const REST = "\ncommit: v1.2.3-0-gabcdef0-dirty\nspec: 1.2.0\ngo: go1.22.4\nlibseccomp: 2.5.5";

Deno.test("known runc: releases, also those of distributions", () => {
  const known = [
    "1.1.0",
    "1.1.5+ds1",
    "1.1.15+ds1",
    "1.1.12-0ubuntu3.1",
    "1.2.9",
    "1.3.6",
    "1.4.3",
    "1.5.1",
  ];
  for (const version of known) {
    assertEquals(isKnownVersion(`runc version ${version}${REST}`), true, version);
  }
});

Deno.test("known runc: other versions, and other programs", () => {
  const unknown = [
    ...["1.0.3", "1.6.0", "2.0.0", "1.10.0", "1.1", "1.1.5.1", "11.1.5"],
    ...["1.5.0-rc.1", "1.5.0-rc.1+dev", "1.2.0+dev", "1.4.0-12-g0123abc", "1.3.0~rc1"],
  ];
  for (const version of unknown) {
    assertEquals(isKnownVersion(`runc version ${version}${REST}`), false, version);
  }
  for (
    const said of [
      "",
      "sysbox-runc\n\tversion: \t1.1.5\n",
      "crun version 1.1.5",
      "NVIDIA\nrunc version 1.1.5",
    ]
  ) {
    assertEquals(isKnownVersion(said), false, said);
  }
});
