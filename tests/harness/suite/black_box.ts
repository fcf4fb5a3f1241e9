import { PrivateContainerd, runtimeUnderTest } from "../containerd/private_containerd.ts";
import { testsWith } from "./shared_daemon.ts";

const register = testsWith(() => PrivateContainerd.start());

/** A test's body. */
type Body = (containerd: PrivateContainerd) => Promise<void>;

/**
 * A test with a private containerd, which the tests of a file share. It fails when it leaves anything
 * behind: a process, mount, cgroup, socket or file. After a failure the next test gets a new containerd.
 */
export function test(name: string, body: Body): void {
  register(name, body);
}

/**
 * A {@linkcode test} of what our shim does better than the Go shim: ignored with that one.
 * @param ignore Whether it can't be done on this machine; its name should say what it needs.
 */
export function testBetterThanGo(name: string, body: Body, ignore = false): void {
  register(name, body, ignore || runtimeUnderTest().name === "io.containerd.runc.v2");
}
