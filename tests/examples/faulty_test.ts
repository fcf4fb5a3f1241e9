import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { build } from "../../tools/build/build.ts";
import { expectSuccess, PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { testsWith } from "../harness/suite/shared_daemon.ts";

const FAULTY = fromFileUrl(new URL("faulty", import.meta.url));

const test = testsWith(async () => {
  const binary = await build(FAULTY);
  return await PrivateContainerd.start([{ name: "io.containerd.faulty.v1", binary }]);
});

/** What a client, and what the log is told of each fault. */
const FAULTS = [
  ["SIGHUP", "thrown by mistake", /a fault of the Task service.*thrown by mistake/],
  ["SIGINT", "must not end the server", /a fault of the Task service.*must not end the server/],
  ["SIGQUIT", undefined, /unhandled rejection.*rejected behind the answer/],
] as const;

for (const [signal, told, logged] of FAULTS) {
  test(`kit: a Task service at fault costs the call alone: ${signal}`, async (containerd) => {
    await containerd.runDetached("box", "sleep", "1000");
    const from = containerd.log.length;
    const { code, stderr } = await containerd.ctr("task", "kill", "--signal", signal, "box");
    assertEquals(code, told === undefined ? 0 : 1);
    assertStringIncludes(stderr, told ?? "");
    await containerd.untilLogged(logged, from);

    const wait = containerd.ctr("task", "attach", "box");
    expectSuccess(await containerd.ctr("task", "kill", "--signal", "SIGTERM", "box"));
    assertEquals((await wait).code, 143);
    expectSuccess(await containerd.ctr("containers", "rm", "box"));
  });
}
