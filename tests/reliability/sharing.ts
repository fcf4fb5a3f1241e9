/** What the tests of servers that containers share have in common. */
import { PrivateContainerd, runtimeUnderTest } from "../harness/containerd/private_containerd.ts";
import { within } from "../harness/expect/within.ts";
import type { Bundle } from "../harness/shim/direct_shim.ts";
import { shutDown } from "../harness/shim/direct_shim.ts";
import type { TaskClient } from "../harness/shim/task_client.ts";
import { expectNoLeaks, takeTraces } from "../harness/suite/leaks.ts";

const isOurs = runtimeUnderTest().name === "io.containerd.ts.v2";

/** Sets variables of this process's environment, until they are disposed of. */
export function environment(variables: Readonly<Record<string, string>>): Disposable {
  const before = Object.keys(variables).map((name) => [name, Deno.env.get(name)] as const);
  for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
  return {
    [Symbol.dispose]() {
      for (const [name, value] of before) {
        if (value === undefined) Deno.env.delete(name);
        else Deno.env.set(name, value);
      }
    },
  };
}

/** A test with a containerd of its own, whose servers may have three containers each, and are no spares. */
export function test(
  name: string,
  body: (containerd: PrivateContainerd) => Promise<void>,
  { ignore = false, ...variables }: { ignore?: boolean; SHIM_SPARE?: string } = {},
): void {
  Deno.test({
    name: `share: ${name}`,
    ignore: !isOurs || ignore,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const before = takeTraces();
      {
        using _set = environment({ SHIM_SHARE: "3", SHIM_SPARE: "off", ...variables });
        await using containerd = await PrivateContainerd.start();
        await within(180, "an end of the test", body(containerd));
      }
      await expectNoLeaks(before);
    },
  });
}

/** A shim that a test has started itself. */
interface Started {
  readonly id: string;
  readonly bundle: Bundle;
  readonly tasks: TaskClient;
}

/** Ends shims without containers, and removes their bundles. Their server ends with the last one that it has. */
export async function shutDownAll(...shims: Started[]): Promise<void> {
  for (const { tasks, id } of shims) await shutDown(tasks, id);
  for (const { bundle } of shims) await bundle.remove();
}
