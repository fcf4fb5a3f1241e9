/** What is measured on, and with. */
import { readVersion } from "../../tests/harness/machine/programs.ts";

/** The processors, the memory and the kernel. */
export function describeMachine(): string {
  const model = Deno.readTextFileSync("/proc/cpuinfo").match(/^model name\s*: (.*)$/m)?.[1];
  const gibibytes = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  const processors = `${navigator.hardwareConcurrency} processors`;
  const named = model === undefined ? processors : `${processors} (${model.trim()})`;
  return `${named}, ${gibibytes} GiB, Linux ${Deno.osRelease()}`;
}

/** The versions of a Go shim and of runc. */
export function describePrograms(goShim: string): string {
  return `Go shim of containerd ${shimVersion(goShim)}, runc ${readVersion("runc")}`;
}

/** The major version of a Go shim. */
export function majorVersionOf(goShim: string): number {
  return Number(shimVersion(goShim).split(".")[0]);
}

/** As in `1.6.20`. */
function shimVersion(goShim: string): string {
  const { stdout } = new Deno.Command(goShim, { args: ["-v"] }).outputSync();
  const version = new TextDecoder().decode(stdout).match(/Version: +v?(\d+\.[\d.]*\d)/)?.[1];
  if (version === undefined) throw new Error(`expected ${goShim} -v to tell its version`);
  return version;
}
