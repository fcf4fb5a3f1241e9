/** `doctor`: settings of containerd, of the shim and of systemd that fight. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  expectSuccess,
  outputOf,
  type PrivateContainerd,
} from "../harness/containerd/private_containerd.ts";
import { Daemon } from "../harness/machine/daemon.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { cgroupFoldersOf, makeCgroup, removeCgroups } from "../harness/machine/cgroups.ts";
import { hasSystemd, PrivateSystemd } from "../harness/machine/private_systemd.ts";
import { expectProgram, readVersion } from "../harness/machine/programs.ts";
import { sh } from "../harness/machine/shell.ts";
import { findings, type Json } from "../harness/shim/commands.ts";
import { test } from "../harness/suite/both_shims.ts";

/** Restarts containerd with variables in its environment. */
async function restartWith(
  containerd: PrivateContainerd,
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  const usual = Object.keys(variables).map((name) => [name, Deno.env.get(name)] as const);
  await containerd.stop();
  for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
  try {
    await containerd.boot();
  } finally {
    for (const [name, value] of usual) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
}

for (
  const { variable, value, expected } of [
    { variable: "SHIM_PROTOCOL", value: "grcp", expected: "ttrpc or grpc" },
    { variable: "SHIM_DIRECT", value: "yes", expected: "on or off" },
  ]
) {
  test(`settings that keep containers from starting: ${variable}`, async (containerd) => {
    await restartWith(containerd, { [variable]: value });
    const [found] = await findings([containerd.address]);
    assertEquals([found.kind, found.certainty], ["wrong-setting", "certain"]);
    assertStringIncludes(found.what, `expected ${expected} in ${variable}, not ${value}`);
    await containerd.restart();
    assertEquals(await findings([containerd.address]), []);
  });
}

test("servers by gRPC with a containerd that can't use them", async (containerd) => {
  await restartWith(containerd, { SHIM_PROTOCOL: "grpc" });
  const found = await findings([containerd.address]);
  const version = readVersion("containerd");
  if (version.startsWith("1.7.")) assertEquals(found, []);
  else {
    assertEquals(found.map(({ kind, certainty }) => [kind, certainty]), [
      ["wrong-setting", "certain"],
    ]);
    assertStringIncludes(
      found[0].what,
      `are to serve gRPC, and containerd is of version ${version}`,
    );
  }
  await containerd.restart();
});

test("a Delete that waits for output longer than CRI waits for it", async (containerd) => {
  const file = `${containerd.folder}/settings.json`;
  const choose = (totalSeconds: number) =>
    Deno.writeTextFile(file, `{ "drain": { "totalSeconds": ${totalSeconds} } }`);
  await choose(10);
  await restartWith(containerd, { SHIM_CONFIG: file });
  // Without pods nobody gives a Delete up.
  assertEquals(await findings([containerd.address]), []);
  await containerd.ctr("namespaces", "create", "k8s.io");
  const [found, ...rest] = await findings([containerd.address]);
  assertEquals([found.kind, found.certainty, rest], ["wrong-setting", "likely", []]);
  assertStringIncludes(found.what, "wait 10 s for output in a Delete (drain.totalSeconds)");
  assertStringIncludes(found.meaning, "CRI gives up a Delete after 10 s");
  await choose(9.5);
  assertEquals(await findings([containerd.address]), []);
  await containerd.ctr("namespaces", "remove", "k8s.io");
  await Deno.remove(file);
  await containerd.restart();
});

test("two containerds with one state folder", async (containerd) => {
  const { folder, address } = containerd;
  const other = `${folder}/other`;
  const daemon = new Daemon("containerd", {
    args: [
      ...["--config", `${folder}/config.toml`, "--root", `${other}/root`],
      ...["--address", `${other}/containerd.sock`],
    ],
    // From 2.2 on it comes no further.
    readyMessage: "starting containerd",
  });
  await Deno.mkdir(other);
  assertEquals(await findings([address]), []);
  await daemon.boot();
  const found = await findings([address]);
  assertEquals(found.map(({ kind, certainty }) => [kind, certainty]), [
    ["wrong-setting", "certain"],
  ]);
  for (const said of [`${other}/containerd.sock`, ` have the same state folder ${folder}/state`]) {
    assertStringIncludes(found[0].what, said);
  }
  await daemon.stop("SIGKILL");
  assertEquals(await findings([address]), []);
  await Deno.remove(other, { recursive: true });
});

test("a cgroup that lets hardly any more processes in", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  const shim = await containerd.shimPid("box");
  const path = `/${containerd.namespace}-crowded`;
  const folders = await makeCgroup(path);
  const usual = cgroupFoldersOf(shim).all;
  for (const folder of folders) await Deno.writeTextFile(`${folder}/cgroup.procs`, `${shim}`);
  const crowded = cgroupFoldersOf(shim);
  const pids = crowded.unified ?? crowded.controller("pids")!;
  const limit = (max: string) => Deno.writeTextFile(`${pids}/pids.max`, max);
  const count = async () => Number(await Deno.readTextFile(`${pids}/pids.current`));
  await limit(`${await count() * 2}`);
  assertEquals(await findings([path]), []);
  // Meanwhile threads may end.
  let current = 0;
  const [found, ...rest] = await eventually("a finding", async () => {
    await limit(`${current = await count()}`);
    const found = await findings([path]);
    return found.length > 0 ? found : undefined;
  });
  assertEquals([found.kind, found.certainty, rest], ["wrong-setting", "likely", []]);
  assertMatch(
    found.what,
    new RegExp(
      `^the cgroup ${pids} of the shim of .*/box has \\d+ processes and threads, of ${current} `,
    ),
  );
  await sh(found.mend);
  assertEquals(await findings([path]), []);
  for (const folder of usual) await Deno.writeTextFile(`${folder}/cgroup.procs`, `${shim}`);
  await removeCgroups(folders);
  await containerd.remove("box");
});

/** containerd as a service, as its own unit has it, but for KillMode. */
function unit({ folder }: PrivateContainerd): string {
  return `[Unit]
DefaultDependencies=no
[Service]
Type=notify
Delegate=yes
TimeoutStopSec=1
Environment=PATH=${folder}/bin:${Deno.env.get("PATH")} HOME=${Deno.env.get("HOME")} SHIM_SPARE=off
ExecStart=${expectProgram("containerd")} --config ${folder}/config.toml
`;
}

const needs = hasSystemd ? "" : " (needs systemd, and cgroup v2 at least beside v1)";
test(`a KillMode by which systemd ends shims with containerd${needs}`, async (containerd) => {
  const { folder, namespace } = containerd;
  await containerd.stop();
  {
    const units = { "private-containerd.service": unit(containerd) };
    await using systemd = await PrivateSystemd.boot(
      `${namespace}-systemd`,
      `${folder}/systemd`,
      units,
    );
    const { binary } = containerd.runtime;
    const find = async (): Promise<Json[]> => {
      const { stdout, stderr } = await outputOf(
        systemd.command(binary, "doctor", "--json").spawn(),
      );
      assertEquals(stderr, "");
      return JSON.parse(stdout).findings.filter(({ what }: Json) => what.includes(".service"));
    };
    // ctr's default needs cgroup v2's controller cpu, which v1 may have.
    const run = async (id: string) =>
      expectSuccess(await containerd.run(["--detach", "--cpu-shares", "0"], id, "sleep", "1000"));
    const what = (shims: string) =>
      `private-containerd.service has KillMode=control-group, and ${shims} in its cgroup`;
    // Of what systemd does not know, as of services of users, it tells the default.
    const move = (service: string) =>
      systemd.sh(
        `folder=/sys/fs/cgroup/system.slice/${service}.service && mkdir -p $folder && ` +
          "systemctl show --value --property=MainPID private-containerd >$folder/cgroup.procs",
      );
    await move("unknown");
    assertEquals(await find(), []);
    await move("private-containerd");
    const [before] = await find();
    assertEquals([before.kind, before.certainty, before.what], [
      "wrong-setting",
      "likely",
      what("0 shims are"),
    ]);
    await run("ended");
    const [found, ...rest] = await find();
    assertEquals([found.certainty, found.what, rest], ["certain", what("1 shim is"), []]);
    await systemd.sh("systemctl restart private-containerd");
    await eventually(
      "an end of the container that has lost its shim",
      async () => (await containerd.tasks()).size === 0 || undefined,
    );
    await containerd.ctr("containers", "rm", "ended");

    await run("box");
    await systemd.sh(found.mend);
    assertEquals(await find(), []);
    await systemd.sh("systemctl restart private-containerd");
    assertEquals((await containerd.exec("box", "echo", "here")).stdout, "here\n");
    await containerd.remove("box");
  }
  await containerd.boot();
}, !hasSystemd);
