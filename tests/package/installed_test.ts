/** The life of the packages on a machine with containers that run. */

import { assertEquals, assertMatch, assertNotMatch, assertStringIncludes } from "@std/assert";
import { DebianMachine } from "../harness/machine/debian_machine.ts";
import { Containers } from "./containers.ts";
import { debian, NAME, test } from "./made_packages.ts";
import { expectInstalled, expectNothingLeft, filesOn } from "./expect_installed.ts";
import { dpkg, rpm } from "./package_managers.ts";

const SETTINGS = `/etc/${NAME}.json`;

for (const manager of [dpkg, rpm]) {
  test(`${manager.name}: installed, upgraded, downgraded and removed under running containers`, async () => {
    await using machine = await DebianMachine.boot(debian);
    await using containers = await Containers.boot(machine);
    const before = await filesOn(machine);
    const newer = await manager.repack(`${machine.root}/tmp`, "99", "f".repeat(40));
    const said = () => machine.run(NAME, "-v");

    await manager.install(machine, manager.own);
    await expectInstalled(machine, manager);
    assertMatch(await said(), /Revision: (?!f{40})[0-9a-f]{40}/);
    const first = await containers.start("first");
    await containers.start("lost");

    await manager.install(machine, newer);
    assertStringIncludes(await said(), "f".repeat(40));
    await containers.expectToRun("first");
    assertEquals(containers.server("first"), first);
    await containers.lose("lost");
    await containers.start("second");
    await containers.expectToRun("second");
    await containers.remove("first");

    await manager.install(machine, manager.own);
    await expectInstalled(machine, manager);
    await containers.expectToRun("second");
    await containers.lose("second");
    await containers.start("third");

    await Deno.writeTextFile(machine.root + SETTINGS, "{}");
    const { code, stderr } = await manager.remove(machine);
    assertEquals(code, 0);
    assertStringIncludes(stderr, "1 of its servers still run");
    await containers.expectToRun("third");
    await containers.remove("third");
    await Deno.remove(machine.root + SETTINGS);
    await expectNothingLeft(machine, manager, before);
  });
}

test(".deb: what was configured is removed when it is purged", async () => {
  await using machine = await DebianMachine.boot(debian);
  await dpkg.install(machine, dpkg.own);
  await Deno.writeTextFile(machine.root + SETTINGS, "{}");
  const { stderr } = await dpkg.remove(machine);
  assertNotMatch(stderr, /still run/);
  assertEquals(await Deno.readTextFile(machine.root + SETTINGS), "{}");
  await machine.run("dpkg", "-P", NAME);
  assertEquals((await filesOn(machine)).includes(SETTINGS), false);
  assertEquals((await machine.try("dpkg", "-s", NAME)).code, 1);
});
