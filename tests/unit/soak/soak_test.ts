/** The parts of the soak that decide what is done and what is found. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { checkDoubled } from "../../../soak/round/checks.ts";
import { Findings } from "../../../soak/round/findings.ts";
import { Random } from "../../../soak/round/random.ts";
import { roleOf } from "../../../soak/round/victims.ts";

Deno.test("the same seed decides the same, and the next one something else", () => {
  const decide = (seed: number) => {
    const random = new Random(seed);
    return Array.from({ length: 20 }, () => random.integer(-5, 250));
  };
  assertEquals(decide(7), decide(7));
  assertNotEquals(decide(7), decide(8));
});

Deno.test("a random number is anywhere from the least to the most", () => {
  const random = new Random(1);
  const numbers = Array.from({ length: 1_000 }, () => random.integer(-1, 2));
  assertEquals([...new Set(numbers)].sort((a, b) => a - b), [-1, 0, 1, 2]);
  assertEquals(random.shuffle(numbers).sort(), numbers.sort());
});

Deno.test("the role of a process is known by its command", () => {
  const roles = [
    "/usr/bin/containerd --config /tmp/config.toml",
    "ctr --address /tmp/containerd.sock run box",
    "ctr --address /tmp/containerd.sock events",
    "/usr/bin/containerd-shim-runc-v2 -namespace one -id box start",
    "deno run data:text/javascript,…#/dist/containerd-shim-ts-v2 -id box -bundle /b delete",
    "/usr/bin/containerd-shim-runc-v2 -namespace one -id box",
    "/dist/containerd-shim-ts-v2 -id box serve",
    "runc --root /run/containerd/runc create box",
    "runc init",
    "sleep 1000",
  ].map((command) => roleOf({ command: command.split(" ") }));
  assertEquals(roles, [
    ...["containerd", "ctr", undefined, "start", "delete", "server", "server", "runc"],
    ...[undefined, undefined],
  ]);
});

Deno.test("an event is doubled when it is the same process's", () => {
  const exit = { container_id: "box", id: "box", pid: 7, exit_status: 1 };
  const events = [
    { topic: "/tasks/exit", body: exit },
    { topic: "/tasks/exit", body: { ...exit, id: "visitor", pid: 8 } },
    { topic: "/tasks/delete", body: { container_id: "box", pid: 7 } },
    { topic: "/tasks/paused", body: { container_id: "box" } },
    { topic: "/tasks/paused", body: { container_id: "box" } },
  ];
  const findings = new Findings();
  checkDoubled(findings, events);
  assertEquals(findings.all, []);
  checkDoubled(findings, [...events, { topic: "/tasks/exit", body: { ...exit, exit_status: 2 } }]);
  assertEquals(findings.count("doubled"), 1);
});
