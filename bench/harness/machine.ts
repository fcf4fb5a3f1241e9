/** What is measured on, and with. */

/** The processors, the memory and the kernel. */
export function describeMachine(): string {
  const model = Deno.readTextFileSync("/proc/cpuinfo").match(/^model name\s*: (.*)$/m)?.[1];
  const gibibytes = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  const processors = `${navigator.hardwareConcurrency} processors`;
  const named = model === undefined ? processors : `${processors} (${model.trim()})`;
  return `${named}, ${gibibytes} GiB, Linux ${Deno.osRelease()}`;
}

/** The versions of the Go shim and of runc. */
export function describePrograms(goShim: string): string {
  const shim = told(goShim).match(/Version: +(\S+)/)?.[1];
  const runc = told("runc").match(/version (\S+)/)?.[1];
  return `Go shim of containerd ${shim}, runc ${runc}`;
}

/** The major version of a Go shim. */
export function majorVersionOf(goShim: string): number {
  const major = told(goShim).match(/Version: +v?(\d+)/)?.[1];
  if (major === undefined) throw new Error(`expected ${goShim} -v to tell its version`);
  return Number(major);
}

function told(program: string): string {
  const { stdout } = new Deno.Command(program, { args: ["-v"] }).outputSync();
  return new TextDecoder().decode(stdout);
}
