/** The commands for people, with docker's containers. Ignored where there is no dockerd; `deno task test:docker` fetches some. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runtimeUnderTest } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { sh } from "../harness/machine/shell.ts";
import { findings, type Json, jsonOf, rowsOf, runCommand } from "../harness/shim/commands.ts";
import { testsWith } from "../harness/suite/shared_daemon.ts";
import { dockerVersion, PrivateDocker } from "./private_docker.ts";

/** docker's own. */
const NAMESPACE = "moby";

/** How many characters of an id docker shows. */
const SHORT = 12;

const isOurs = runtimeUnderTest().name === "io.containerd.ts.v2";
const register = testsWith(() => PrivateDocker.start(undefined, NAMESPACE));

function test(name: string, body: (docker: PrivateDocker) => Promise<void>): void {
  if (dockerVersion() === undefined) Deno.test.ignore(`${name} (needs dockerd)`, () => {});
  else register(name, body, !isOurs);
}

/** Runs a container of two processes, one of them exec'd; returns its id. */
async function runTwo(docker: PrivateDocker, name: string): Promise<string> {
  await docker.runDetached(["--name", name], "sleep", "1000");
  await docker.expect("exec", "--detach", name, "sleep", "1001");
  await eventually("both processes", async () => {
    const top = await docker.expect("top", name, "-o", "pid,args");
    return /sleep 1000$/m.test(top) && /sleep 1001$/m.test(top) || undefined;
  });
  const { Id } = await docker.inspect(name);
  assertMatch(Id, /^[0-9a-f]{64}$/);
  return Id;
}

test("docker: ps, stats and tree show its containers, whose ids they cut as docker does", async (docker) => {
  const ids = [await runTwo(docker, "one"), await runTwo(docker, "two")].toSorted();
  const place = ["--address", docker.containerd.address];
  const { shims } = await eventually("both execs, running", async () => {
    const found = await jsonOf("ps", ...place);
    const containers = found.shims.flatMap(({ containers }: Json) => containers);
    return containers.every(({ execs: [exec] }: Json) => exec?.status === "running")
      ? found
      : undefined;
  });
  assertEquals(
    shims.map(({ namespace, id, condition }: Json) => [namespace, id, condition]),
    ids.map((id) => [NAMESPACE, id, "serves"]),
  );
  for (const { containers: [container], containerd } of shims) {
    assertEquals([containerd.address, containerd.lives], [docker.containerd.address, true]);
    const [exec] = container.execs;
    assertEquals([container.status, exec.status], ["running", "running"]);
    assertMatch(exec.id, /^[0-9a-f]{64}$/);
  }
  const rows = rowsOf((await runCommand("ps", ...place)).stdout);
  assertEquals(
    rows.map(({ NAMESPACE, KIND, ID }) => [NAMESPACE, KIND, ID]),
    shims.flatMap(({ id, containers: [{ execs: [exec] }] }: Json) =>
      [["shim", id], ["container", id], ["exec", exec.id]].map(([kind, id]) => [
        NAMESPACE,
        kind,
        id.slice(0, SHORT),
      ])
    ),
  );
  assertEquals(
    (await runCommand("ps", "--quiet", ...place)).stdout,
    ids.map((id) => `${id}\n`).join(""),
  );
  assertEquals(await jsonOf("ps", "--namespace", "other", ...place), { shims: [] });

  const { containers } = await jsonOf("stats", "--once", ...place);
  assertEquals(
    containers.map(({ namespace, id, pids }: Json) => [namespace, id, pids]),
    ids.map((id) => [NAMESPACE, id, 2]),
  );

  const { Id, State } = await docker.inspect("two");
  const { children: [shim, ...others] } = await jsonOf("tree", Id.slice(0, SHORT), ...place);
  assertEquals([shim.container, others], [Id, []]);
  const { role, pid, cgroup } = shim.children.find(({ role }: Json) => role === "init");
  assertEquals([role, pid], ["init", State.Pid]);
  assertStringIncludes(cgroup, Id);
  const exec = shim.children.find(({ role }: Json) => role === "exec");
  assertEquals(exec.command, ["sleep", "1001"]);
  assertEquals(await findings(ids), []);
  await docker.remove("one", "two");
});

test("docker: inspect by the beginning of an id, as docker shows it", async (docker) => {
  const id = await runTwo(docker, "box");
  const { Pid } = (await docker.inspect("box")).State;
  const place = ["--address", docker.containerd.address];
  const found = await eventually("the exec", async () => {
    const found = await jsonOf("inspect", id.slice(0, SHORT), ...place);
    return found.execs[0]?.status === "running" ? found : undefined;
  });
  assertEquals(
    [found.id, found.namespace, found.status, found.pid, found.differences, found.problem],
    [id, NAMESPACE, "running", Pid, [], null],
  );
  // docker may have runc keep its state elsewhere.
  assertEquals([found.runtime.status, found.runtime.pid], ["running", Pid]);
  assertEquals(found.bundle.command, ["sleep", "1000"]);
  assertEquals(found.processes.map(({ command }: Json) => command.join(" ")).toSorted(), [
    "sleep 1000",
    "sleep 1001",
  ]);
  await docker.remove("box");
  const { code, stderr } = await runCommand("inspect", id.slice(0, SHORT), ...place);
  assertEquals(code, 3);
  assertStringIncludes(stderr, `no container's id begins with ${id.slice(0, SHORT)}`);
});

test("docker: doctor tells a container that somebody has frozen from a paused one", async (docker) => {
  const id = await runTwo(docker, "box");
  await docker.expect("pause", "box");
  assertEquals(await findings([id]), []);
  await docker.expect("unpause", "box");
  const { runtime } = await jsonOf("inspect", id, "--address", docker.containerd.address);
  await sh(`${runtime.binary} --root ${runtime.root} pause ${id}`);
  const [found, ...rest] = await findings([id], "--fix");
  assertEquals([found.kind, found.certainty, found.isFixed, rest], [
    "frozen-container",
    "certain",
    false,
    [],
  ]);
  assertStringIncludes(found.what, `the container ${NAMESPACE}/${id} is frozen`);
  await sh(found.mend);
  assertEquals(await findings([id]), []);
  await docker.remove("box");
});
