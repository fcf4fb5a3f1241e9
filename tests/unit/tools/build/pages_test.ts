import { assert, assertEquals } from "@std/assert";
import { bundleModules } from "../../../../tools/build/build.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

/** All that a module of the bundle loads before it runs. */
function loaded(modules: ReadonlyMap<string, string>, name: string): Set<string> {
  const names = new Set([name]);
  // What is added is visited, too.
  for (const each of names) {
    const imports = modules.get(each)!.matchAll(/^(?:import|\} from) "(\.\/.*)";$/gm);
    for (const [, imported] of imports) names.add(imported);
  }
  return names;
}

Deno.test("pages: the look of delete loads neither libc nor protobuf, and little else", async () => {
  await withFolder(async (folder) => {
    const modules = await bundleModules(folder);
    const cleanUp = [...modules.keys()].find((name) => name.startsWith("./clean_up-"))!;
    const texts = [...loaded(modules, cleanUp), ...loaded(modules, "./main.js")]
      .map((name) => modules.get(name)!);
    const sources = texts.flatMap((text) => [...text.matchAll(/^\/\/ (.*)$/gm)])
      .map(([, source]) => source);
    assert(sources.includes("runc/delete/clean_up.ts"));
    assertEquals(sources.filter((source) => /libc|proto|ttrpc|spawn/.test(source)), []);
    const characters = texts.reduce((sum, { length }) => sum + length, 0);
    assert(characters < 45_000, `expected less than 45,000 characters, not ${characters}`);
  });
});

Deno.test("pages: a server loads neither what protobufjs has hidden from it, nor Node's timers, nor what few servers need", async () => {
  await withFolder(async (folder) => {
    const modules = await bundleModules(folder);
    const pages = [...modules.keys()].filter((name) => /^\.\/(serve|mod)-/.test(name));
    const texts = [...new Set(pages.flatMap((name) => [...loaded(modules, name)]))]
      .map((name) => modules.get(name)!);
    // A comment names the source of what is behind it.
    const parts = texts.flatMap((
      text,
    ) => [...text.matchAll(/^\/\/ (\S+)$([^]*?)(?=^\/\/ |$(?!\n))/gm)]);
    const sources = parts.map(([, source]) => source);
    assert(sources.includes("shim/server/serve.ts") && sources.includes("runc/service.ts"));
    const seldom = /^npm:long|proto\/metrics|server\/doors?\.ts|stdio\/log_/;
    assertEquals(sources.filter((source) => seldom.test(source)), []);
    const withTimers = parts.filter(([, , text]) => /\bset(Timeout|Interval)\(/.test(text));
    // It has one for services of its own, which nobody calls here.
    assertEquals(withTimers.map(([, source]) => source), [
      "npm:protobufjs/8.8.1/src/rpc/service.js",
    ]);
  });
});

Deno.test("pages: the commands are a page of their own, of which nothing else is made", async () => {
  await withFolder(async (folder) => {
    const modules = await bundleModules(folder);
    const isOfCommands = (text: string) => /^\/\/ commands\//m.test(text);
    const names = [...modules].filter(([, text]) => isOfCommands(text)).map(([name]) => name);
    assertEquals(names, ["./commands.js"]);
    const importing = [...modules].filter(([, text]) => text.includes("./commands.js"));
    assertEquals(importing.map(([name]) => name), ["./main.js"]);
    assertEquals([...loaded(modules, "./commands.js")], ["./commands.js"]);
  });
});
