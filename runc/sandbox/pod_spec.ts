/** What containerd is told of a pod's namespaces, beside a pid, for its users. */
import type { Any } from "../../proto/mod.ts";
import type { PodConfig } from "./pod_config.ts";

const TYPE = "types.containerd.io/opencontainers/runtime-spec/1/Spec";

/** A spec in the words of OCI. */
interface Spec {
  readonly ociVersion: string;
  readonly linux: { readonly namespaces: readonly { type: string; path: string }[] };
}

/**
 * The namespaces that a pod has for itself, as a pause container's spec has them: containerd shows them to NRI's plugins, of which those
 * for networks look there for the pod's.
 * @param pid Of what is in them.
 */
export function podSpec(config: PodConfig, pid: number): Spec {
  const held = (type: string) => ({ type, path: `/proc/${pid}/ns/${type}` });
  const { network, hasHostIpc, sharesPids, users } = config;
  const namespaces = [
    ...(network === undefined ? [] : [{ type: "network", path: network }, held("uts")]),
    ...(hasHostIpc ? [] : [held("ipc")]),
    ...(sharesPids ? [held("pid")] : []),
    ...(users === undefined ? [] : [held("user")]),
  ];
  return { ociVersion: "1.0.2", linux: { namespaces } };
}

/** A spec as the answer of StartSandbox has it. */
export function encodeSpec(spec: Spec): Any.Properties {
  return { typeUrl: TYPE, value: new TextEncoder().encode(JSON.stringify(spec)) };
}

/**
 * What containerd's CRI plugin has of a pause container in the answer of a verbose PodSandboxStatus, as far as it is known here.
 * `crictl inspectp` shows it, and people enter a pod's namespaces by its pid.
 * @param pid 0 for a pod that is not ready.
 */
export function podInfo(config: PodConfig, pid: number): Record<string, string> {
  const info = pid === 0
    ? { processStatus: "deleted" }
    : { pid, processStatus: "running", runtimeSpec: podSpec(config, pid) };
  return { info: JSON.stringify(info) };
}
