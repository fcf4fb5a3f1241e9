import { PrivateContainerd, runtimeUnderTest } from "../containerd/private_containerd.ts";
import { expectProgram } from "../machine/programs.ts";
import { GO_SHIM } from "../shim/go_shim.ts";
import { testsWith } from "./shared_daemon.ts";

const register = testsWith(() => {
  const go = { ...GO_SHIM, binary: expectProgram(GO_SHIM.binary) };
  return PrivateContainerd.start([runtimeUnderTest(), go]);
});

/** A test of a command, with a private containerd that has our shim and Go's. It leaves nothing behind. */
export function test(
  name: string,
  body: (containerd: PrivateContainerd) => Promise<void>,
  ignore = false,
): void {
  register(name, body, ignore || runtimeUnderTest().name !== "io.containerd.ts.v2");
}

/** Starts a container with Go's shim; see {@linkcode PrivateContainerd.runDetached}. */
export async function runWithGo(
  containerd: PrivateContainerd,
  id: string,
  ...command: string[]
): Promise<void> {
  const args = containerd.runArguments(["--detach", "--runtime", GO_SHIM.name], id, ...command);
  const { code, stderr } = await containerd.ctr(...args);
  if (code !== 0) throw new Error(`ctr run: exit code ${code}: ${stderr}`);
}
