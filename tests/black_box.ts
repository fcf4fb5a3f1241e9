import { expectNoLeaks, removeTraces, takeTraces } from "./leaks.ts";
import { PrivateContainerd, runtimeUnderTest } from "./private_containerd.ts";
import { within } from "./within.ts";

let containerd: PrivateContainerd | undefined;

/** A test's body. */
type Body = (containerd: PrivateContainerd) => Promise<void>;

/**
 * A test with a private containerd, which the tests of a file share. It fails when it leaves anything
 * behind: a process, mount, cgroup, socket or file. After a failure the next test gets a new containerd.
 */
export function test(name: string, body: Body): void {
  register(name, body, false);
}

/** A {@linkcode test} of what our shim does better than the Go shim: ignored with that one. */
export function testBetterThanGo(name: string, body: Body): void {
  register(name, body, runtimeUnderTest().name === "io.containerd.runc.v2");
}

function register(name: string, body: Body, ignore: boolean): void {
  // Deno's own sanitizers would take what follows containerd's log for a leak of the test.
  Deno.test({ name, ignore, sanitizeOps: false, sanitizeResources: false }, async () => {
    const current = containerd ??= await PrivateContainerd.start();
    const logged = current.log.length;
    const before = takeTraces();
    try {
      await within(120, "an end of the test", body(current));
      await expectNoLeaks(before);
    } catch (error) {
      console.error(`containerd's log:\n${current.log.slice(logged)}`);
      containerd = undefined;
      await removeTraces(before).catch(console.error);
      await current[Symbol.asyncDispose]().catch(console.error);
      throw error;
    }
  });
}

Deno.test.afterAll(async () => {
  await containerd?.[Symbol.asyncDispose]();
});
