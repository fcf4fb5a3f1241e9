/** Containers in a user namespace. */

import { assertEquals } from "@std/assert";
import { dirname } from "@std/path";
import { expectSuccess, PrivateContainerd } from "./private_containerd.ts";
import { testsWith } from "./shared_daemon.ts";

/** Since Linux 6.3 a tmpfs, which the tests' folders are on, can have other owners. */
const [major, minor] = Deno.osRelease().split(".").map(Number);
const linuxCan = major > 6 || (major === 6 && minor >= 3);
const { stdout } = new Deno.Command("ctr", { args: ["--version"] }).outputSync();
const containerdCan = !/ v?1\.\d/.test(new TextDecoder().decode(stdout));

const test = testsWith(() => PrivateContainerd.start());

test(
  "files have the owners of the image (needs containerd 2 and Linux 6.3)",
  async (containerd) => {
    // The namespace's root is somebody on the host, and has to get to its root file system.
    for (const path of [dirname(containerd.folder), containerd.folder]) {
      await Deno.chmod(path, 0o711);
    }
    const ids = ["--uidmap", "0:200000:65536", "--gidmap", "0:300000:65536", "--remap-labels"];
    expectSuccess(await containerd.run(["--detach", ...ids], "box", "sleep", "1000"));
    const script = "stat -c %u:%g /bin/busybox; touch /bin/new && stat -c %u:%g /bin/new";
    const { stdout } = expectSuccess(await containerd.exec("box", "sh", "-c", script));
    assertEquals(stdout, "0:0\n0:0\n");
    await containerd.remove("box");
  },
  !(linuxCan && containerdCan),
);
