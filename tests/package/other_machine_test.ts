/** The packages for the kind of machine that this one is not: they are made and installed here, but can't run. */
import { assertEquals, assertMatch } from "@std/assert";
import { type Machine, TARGETS } from "../../tools/package/facts.ts";
import { makePackages } from "../../tools/package/package.ts";
import { DebianMachine } from "../harness/machine/debian_machine.ts";
import { expectInstalled, expectNothingLeft, filesOn } from "./expect_installed.ts";
import { debian, test } from "./made_packages.ts";
import { dpkg, rpm } from "./package_managers.ts";

/** As readelf(1) names them. */
const MACHINES = { x86_64: "Advanced Micro Devices X86-64", aarch64: "AArch64" };

test("those for the other kind of machine are installed and removed as well", async () => {
  const other: Machine = Deno.build.arch === "x86_64" ? "aarch64" : "x86_64";
  const folder = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "packages-" });
  try {
    const { files } = await makePackages(other, folder);
    await using machine = await DebianMachine.boot(debian);
    const before = await filesOn(machine);
    for (const manager of [dpkg, rpm]) {
      const file = files.find((name) => name.endsWith(manager.name))!;
      assertMatch(
        file,
        new RegExp(`[_.](${TARGETS[other].deb}|${TARGETS[other].rpm})\\.(deb|rpm)$`),
      );
      await manager.install(machine, `${folder}/${file}`);
      const elf = await expectInstalled(machine, manager);
      assertEquals(/Machine: +(.*)/.exec(elf)?.[1], MACHINES[other]);
      assertEquals((await manager.remove(machine)).code, 0);
      await expectNothingLeft(machine, manager, before);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
