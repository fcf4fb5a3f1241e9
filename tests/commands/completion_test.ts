/** Completions and the manual page, which are made from the same description as the help. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../commands/command_line/description.ts";
import { manualPage } from "../../commands/command_line/man.ts";
import { runtimeUnderTest } from "../harness/containerd/private_containerd.ts";
import { findProgram } from "../harness/machine/programs.ts";
import { runCommand } from "../harness/shim/commands.ts";
import { test as testWithContainerd } from "../harness/suite/both_shims.ts";
import { withFolder } from "../harness/unit/temporary_folder.ts";

const isOurs = runtimeUnderTest().name === "io.containerd.ts.v2";
const PROGRAM = "containerd-shim-ts-v2";

/** Runs a shell that has read its completions, with the program on its PATH. */
async function shell(name: string, args: readonly string[], script: string): Promise<string> {
  const { stdout: completions } = await runCommand("completion", name);
  let output = "";
  await withFolder(async (folder) => {
    await Deno.symlink(runtimeUnderTest().binary, `${folder}/${PROGRAM}`);
    await Deno.writeTextFile(`${folder}/completions`, completions);
    const { success, stdout, stderr } = await new Deno.Command(name, {
      args: [...args, script],
      cwd: folder,
      env: { PATH: `${folder}:${Deno.env.get("PATH")}`, HOME: folder },
    }).output();
    output = new TextDecoder().decode(stdout);
    assert(success, new TextDecoder().decode(stderr));
    assertEquals(new TextDecoder().decode(stderr), "");
  });
  return output;
}

/** What bash offers for the last of these words. */
async function bashOffers(...words: string[]): Promise<string[]> {
  const line = [PROGRAM, ...words];
  const script = `source ./completions
    COMP_WORDS=(${line.map((word) => `'${word}'`).join(" ")}) COMP_CWORD=${words.length}
    compopt() { :; }
    _containerd_shim_ts_v2
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const offered = await shell("bash", ["--noprofile", "--norc", "-c"], script);
  return offered.split("\n").filter(Boolean).toSorted();
}

Deno.test(
  "completions: bash offers commands, options, and what options take",
  { ignore: !isOurs },
  async () => {
    const names = COMMANDS.map(({ name }) => name);
    assertEquals(await bashOffers(""), ["--help", "help", ...names].toSorted());
    assertEquals(await bashOffers("ins"), ["inspect"]);
    for (const { name, options } of COMMANDS) {
      const expected = options.flatMap((option) => [
        `--${option.name}`,
        ...(option.short ? [`-${option.short}`] : []),
      ]);
      assertEquals(await bashOffers(name, "-"), expected.toSorted());
    }
    assertEquals(await bashOffers("completion", ""), ["bash", "fish", "zsh"]);
    assertEquals(await bashOffers("events", "--topic", "/tasks/e"), ["/tasks/exit"]);
    assertEquals(await bashOffers("ps", "--state", "/pro"), ["/proc"]);
  },
);

testWithContainerd("completions: bash offers the containers that there are", async (containerd) => {
  await containerd.runDetached("quixote", "sleep", "1000");
  assertEquals(await bashOffers("inspect", "qui"), ["quixote"]);
  await containerd.remove("quixote");
});

const hasFish = findProgram("fish") !== undefined;
Deno.test(`completions: fish offers commands and options${hasFish ? "" : " (needs fish)"}`, {
  ignore: !isOurs || !hasFish,
}, async () => {
  const script =
    `source ./completions; complete -C '${PROGRAM} ins'; complete -C '${PROGRAM} ps --'`;
  const offered = await shell("fish", ["--no-config", "-c"], script);
  const words = offered.split("\n").map((line) => line.split("\t")[0]).filter(Boolean);
  const options = COMMANDS.find(({ name }) => name === "ps")!.options.map(({ name }) =>
    `--${name}`
  );
  assertEquals(words, ["inspect", ...options.toSorted()]);
});

const hasZsh = findProgram("zsh") !== undefined;
Deno.test(`completions: zsh reads them${hasZsh ? "" : " (needs zsh)"}`, {
  ignore: !isOurs || !hasZsh,
}, async () => {
  await shell("zsh", ["-f", "-c"], "zsh -n ./completions");
});

Deno.test("man: the page has every command, option and exit code", () => {
  const page = manualPage("1.2.3");
  const plain = page.replaceAll("\\-", "-").replaceAll(/\s+/g, " ");
  assertStringIncludes(plain, '.TH CONTAINERD-SHIM-TS-V2 8 "" "containerd-shim-ts-v2 1.2.3"');
  for (const { name, summary, description, options } of COMMANDS) {
    assertStringIncludes(plain, `.SS ${name} ${summary}.`);
    for (const paragraph of description) assertStringIncludes(plain, paragraph);
    for (const option of options) assertStringIncludes(plain, `--${option.name}`);
  }
  // What a macro takes has to be in its line.
  const wrong = page.split("\n").filter((line) =>
    line.length > 80 && !/^\.[A-Z]/.test(line) || /^['.](?![A-Z]|br$)/.test(line)
  );
  assertEquals(wrong, []);
});
