import { assertEquals } from "@std/assert";
import { mainPackage } from "../../../../runc/direct/build_info.ts";
import { expectProgram } from "../../../harness/machine/programs.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

Deno.test("build info: the main package of Go programs", () => {
  const packages = ["runc", "ctr"].map((name) => mainPackage(expectProgram(name)));
  assertEquals(packages[0], "github.com/opencontainers/runc");
  assertEquals(packages[1]!.replace("/v2/", "/"), "github.com/containerd/containerd/cmd/ctr");
});

Deno.test("build info: programs that are not Go's have none", () => {
  assertEquals(mainPackage(Deno.execPath()), undefined);
  assertEquals(mainPackage(expectProgram("mount")), undefined);
});

Deno.test("build info: files that are no programs, or only parts of one, have none", () =>
  withFolder(async (folder) => {
    const path = `${folder}/file`;
    const runc = await Deno.readFile(expectProgram("runc"));
    // The table of sections is at the end of the file, and its place is in the header.
    const ends = [0, 3, 16, 63, 64, 4096, runc.length >> 1, runc.length - 4096, runc.length - 1];
    for (const end of ends) {
      await Deno.writeFile(path, runc.subarray(0, end));
      assertEquals(mainPackage(path), undefined, `the first ${end} bytes`);
    }
    for (const text of ["#!/bin/sh\n", "path\tgithub.com/opencontainers/runc\n"]) {
      await Deno.writeTextFile(path, text);
      assertEquals(mainPackage(path), undefined, text);
    }
    await Deno.writeFile(path, runc.map((byte, index) => index < 64 ? byte : 0xff));
    assertEquals(mainPackage(path), undefined, "runc with garbage behind its header");
  }));
