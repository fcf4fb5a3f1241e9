/** Containers of one group (a pod) share a shim. */

import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import { expectSuccess } from "../harness/containerd/private_containerd.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { findProcess } from "../harness/machine/processes.ts";
import { Bundle, DirectShim } from "../harness/shim/direct_shim.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

for (const annotation of ["io.containerd.runc.v2.group", "io.kubernetes.cri.sandbox-id"]) {
  test(`containers with one ${annotation} share a shim`, async (containerd) => {
    const flags = ["--detach", "--annotation", `${annotation}=pod`];
    for (const id of ["one", "two"]) {
      expectSuccess(await containerd.run(flags, id, "sleep", "1000"));
    }
    await containerd.runDetached("alone", "sleep", "1000");
    const shim = await containerd.shimPid("one");
    assertEquals(await containerd.shimPid("two"), shim);
    assertNotEquals(await containerd.shimPid("alone"), shim);
    await containerd.remove("alone");

    // The first one's removal leaves the shim to the other, also across a restart of containerd.
    await containerd.remove("one");
    assertEquals(findProcess(shim)?.pid, shim);
    expectSuccess(await containerd.exec("two", "true"));
    await containerd.restart();
    expectSuccess(await containerd.exec("two", "true"));

    expectSuccess(await containerd.run(flags, "three", "sleep", "1000"));
    assertEquals(await containerd.shimPid("three"), shim);
    await containerd.remove("two", "three");
  });
}

test("ids are free again in a shim that goes on", async (containerd) => {
  const flags = ["--annotation", "io.containerd.runc.v2.group=pod"];
  expectSuccess(await containerd.run(["--detach", ...flags], "holder", "sleep", "1000"));
  for (const code of [0, 3, 5]) {
    const result = await containerd.run(["--rm", ...flags], "box", "sh", "-c", `exit ${code}`);
    assertEquals(result.code, code);
  }
  assertEquals((await containerd.run(["--rm", ...flags], "box", "nosuch")).code, 1);
  assertEquals((await containerd.run(["--rm", ...flags], "box", "echo", "well")).stdout, "well\n");
  await containerd.remove("holder");
});

testBetterThanGo(
  "a Create that can't be noted fails, and keeps neither id nor shim",
  async (containerd) => {
    const shim = await DirectShim.start(containerd, "box");
    const other = await Bundle.make(containerd, "other");
    const request = await other.createRequest(containerd);
    // In the way of the note, as a full disk is, and of taking it back.
    const inTheWay = `${shim.bundle.path}/container-other`;
    await Deno.mkdir(`${inTheWay}/full`, { recursive: true });
    for (let tries = 0; tries < 2; tries++) {
      const answer = shim.tasks.call("Create", request);
      assertStringIncludes(await expectStatus(StatusCode.UNKNOWN, answer), "Is a directory");
    }
    await Deno.remove(inTheWay, { recursive: true });
    await shim.tasks.call("Create", request);
    await shim.tasks.call("Kill", { id: other.id, signal: 9 });
    await shim.tasks.call("Delete", { id: other.id });

    await Deno.mkdir(inTheWay);
    await expectStatus(StatusCode.UNKNOWN, shim.tasks.call("Create", request));
    assertStringIncludes(await shim.shutDown(), "can't forget the container other");
    await other.remove();
  },
);
