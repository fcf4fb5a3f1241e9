/** Tests of pods without a pause container, as the kubelet runs them by containerd's CRI plugin. */
import { hasSandboxes, type Pod, PrivateCri } from "../harness/containerd/private_cri.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { type Register, testsWith } from "../harness/suite/shared_daemon.ts";

/** The handler of such pods. */
export const HANDLER = "sandboxed";

/** PodSandboxState and ContainerState of CRI. */
export const READY = 0;
export const NOT_READY = 1;
export const RUNNING = 1;

/** NamespaceMode of CRI. */
export const POD = 0;
export const CONTAINER = 1;
export const NODE = 2;
export const TARGET = 3;

const MAPPING = [{ hostId: 100_000, containerId: 0, length: 65_536 }];
/** The namespaces of a pod in a user namespace. */
export const USER_NAMESPACE = {
  pid: CONTAINER,
  usernsOptions: { mode: POD, uids: MAPPING, gids: MAPPING },
};

/** Answers what registers tests, which are ignored where containerd has no such pods: before 2.3. */
export function sandboxTests(): Register<PrivateCri> {
  const register = testsWith(() => PrivateCri.start());
  return (name, body, ignore = false) =>
    hasSandboxes()
      ? register(name, body, ignore)
      : register(`${name} (needs containerd 2.3)`, body, true);
}

/** Waits until a pod whose shim has been killed, or its init, is not ready. */
export async function untilNotReady(cri: PrivateCri, pod: Pod): Promise<void> {
  await eventually("a pod that is not ready", async () => {
    try {
      return (await cri.podStatus(pod)).state === NOT_READY || undefined;
    } catch (error) {
      // containerd asks the shim until it has cleaned up after it.
      if (!(error as Error).message.includes("ttrpc: closed")) throw error;
    }
  });
}
