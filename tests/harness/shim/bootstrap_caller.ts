/** Calls a shim's program in the way of containerd 2.3: with BootstrapParams on its standard input. */
import { BootstrapParams, BootstrapResult } from "../../../proto/mod.ts";
import type { PrivateContainerd } from "../containerd/private_containerd.ts";
import { type Bundle, type ProgramResult, shimArguments } from "./direct_shim.ts";

/** The BootstrapParams of a container, with some `changes`. */
export function bootstrapParams(
  containerd: PrivateContainerd,
  id: string,
  changes: BootstrapParams.Properties = {},
): Uint8Array<ArrayBuffer> {
  return BootstrapParams.encode({
    instanceId: id,
    namespace: containerd.namespace,
    containerdVersion: "v2.3.4",
    containerdTtrpcAddress: `${containerd.address}.ttrpc`,
    containerdGrpcAddress: containerd.address,
    containerdBinary: "/usr/bin/containerd",
    ...changes,
  }).finish();
}

/** Starts the shim's program in the bundle with the action `start`, and its standard input still to be written. */
export function spawnStart(
  containerd: PrivateContainerd,
  bundle: Bundle,
  env: Record<string, string> = {},
): Deno.ChildProcess {
  return new Deno.Command(containerd.runtime.binary, {
    args: shimArguments(containerd, bundle.id, "start"),
    cwd: bundle.path,
    env: {
      MAX_SHIM_VERSION: "2",
      TTRPC_ADDRESS: `${containerd.address}.ttrpc`,
      GRPC_ADDRESS: containerd.address,
      NAMESPACE: containerd.namespace,
      SHIM_PROTOCOL: "",
      ...env,
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Calls the action `start` with `input`. */
export async function callStart(
  containerd: PrivateContainerd,
  bundle: Bundle,
  input: Uint8Array<ArrayBuffer>,
  env?: Record<string, string>,
): Promise<ProgramResult> {
  const child = spawnStart(containerd, bundle, env);
  const [{ code, stdout, stderr }] = await Promise.all([
    child.output(),
    new Blob([input]).stream().pipeTo(child.stdin),
  ]);
  return { code, stdout, stderr: new TextDecoder().decode(stderr) };
}

/** What a `start` that succeeded has answered. */
export function decodeAnswer({ code, stdout, stderr }: ProgramResult): BootstrapResult {
  if (code === 0 && stderr === "") return BootstrapResult.decode(stdout);
  throw new Error(`expected start to succeed, silently, and not with ${code} and ${stderr}`);
}
