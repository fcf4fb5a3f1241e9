/** Containers in a user namespace: by ctr, and as Kubernetes' pods with `hostUsers: false`. */

import { assertEquals } from "@std/assert";
import { expectSuccess, PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { PrivateCri } from "../harness/containerd/private_cri.ts";
import {
  canMapOwners,
  openFolders,
  runcMapsOwners,
  snapshottersMapOwners,
} from "../harness/machine/user_namespaces.ts";
import { testsWith } from "../harness/suite/shared_daemon.ts";

const ignore = !(canMapOwners && snapshottersMapOwners());
/** Tells the owners of a file of the image, and of a new one. */
const OWNERS = "stat -c %u:%g /bin/busybox; touch /bin/new && stat -c %u:%g /bin/new";

testsWith(() => PrivateContainerd.start())(
  "ctr run --remap-labels: files have the owners of the image (needs containerd 2, Linux 6.3)",
  async (containerd) => {
    await openFolders(containerd);
    const ids = ["--uidmap", "0:200000:65536", "--gidmap", "0:300000:65536", "--remap-labels"];
    expectSuccess(await containerd.run(["--detach", ...ids], "box", "sleep", "1000"));
    const { stdout } = expectSuccess(await containerd.exec("box", "sh", "-c", OWNERS));
    assertEquals(stdout, "0:0\n0:0\n");
    await containerd.remove("box");
  },
  ignore,
);

testsWith(() => PrivateCri.start())(
  "a pod in a user namespace: files have the owners of the image (needs containerd 2, Linux 6.3, runc 1.2)",
  async (cri) => {
    await openFolders(cri);
    const mapping = [{ hostId: 200_000, containerId: 0, length: 65536 }];
    const namespaceOptions = { usernsOptions: { uids: mapping, gids: mapping } };
    const pod = await cri.runPod("", { securityContext: { namespaceOptions } });
    const container = await cri.run(pod, "box", ["sleep", "1000"]);
    const script = `${OWNERS}; awk '{ print $1, $2, $3 }' /proc/self/uid_map`;
    const { stdout } = await cri.exec(container, "sh", "-c", script);
    assertEquals(stdout, "0:0\n0:0\n0 200000 65536\n");
    await cri.remove(pod);
  },
  ignore || !runcMapsOwners(),
);
