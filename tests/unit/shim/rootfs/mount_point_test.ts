import { assertEquals } from "@std/assert";
import { mount, MountFlag, unmountAll } from "../../../../shim/libc/mod.ts";
import { isMountPoint } from "../../../../shim/rootfs/mount_point.ts";
import { inPrivateMounts } from "../../../harness/machine/private_mounts.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

Deno.test("mount point: what is mounted is told from what is not, and nothing stays", async () => {
  if (!inPrivateMounts()) throw new Error("expected private mounts: run `deno task test`");
  await withFolder(async (folder) => {
    for (const name of ["folder", "full", "bound", "memory"]) await Deno.mkdir(`${folder}/${name}`);
    await Deno.writeTextFile(`${folder}/full/file`, "");
    await Deno.writeTextFile(`${folder}/file`, "");
    await Deno.writeTextFile(`${folder}/boundFile`, "");
    await Deno.symlink("memory", `${folder}/link`);
    await Deno.symlink("nowhere", `${folder}/dead`);
    mount(`${folder}/full`, `${folder}/bound`, "", MountFlag.BIND, "");
    mount(`${folder}/file`, `${folder}/boundFile`, "", MountFlag.BIND, "");
    mount("tmpfs", `${folder}/memory`, "tmpfs", 0, "");
    const names = () => [...Deno.readDirSync(folder)].map(({ name }) => name).toSorted();
    const before = names();
    const mounted = ["none", ...before].filter((name) => isMountPoint(`${folder}/${name}`));
    assertEquals(mounted, ["bound", "boundFile", "memory"]);
    assertEquals(names(), before);
    assertEquals(isMountPoint(`${folder}/none/rootfs`), false);
    for (const name of mounted) await unmountAll(`${folder}/${name}`);
    assertEquals(["none", ...before].filter((name) => isMountPoint(`${folder}/${name}`)), []);
  });
});
