/** Settings of containerd and of the shim that fight with each other, or with the machine. */
import { readSettings, type Settings } from "../../shim/settings/settings.ts";
import { PROGRAM } from "../command_line/description.ts";
import { textOf } from "../find/processes.ts";
import type { Containerd } from "../find/containerds.ts";
import { cgroupOf } from "../find/cgroups.ts";
import { namesOf } from "./shims.ts";
import type { Examined } from "./examined.ts";
import type { Finding } from "./finding.ts";

/** Settings of containerds that run. */
export async function examineSettings(examined: Examined): Promise<Finding[]> {
  const running = examined.survey.containerds.filter(({ process }) => process !== undefined);
  const found: Finding[] = [];
  for (const each of running) {
    found.push(...await ofShim(each, examined), ...await killMode(each.process!.pid, examined));
  }
  return [...found, ...sharedState(running), ...crowded(examined)];
}

/** The variables by which shims are configured, of containerd's environment. */
const VARIABLES = ["SHIM_CONFIG", "SHIM_PROTOCOL", "SHIM_SHARE", "SHIM_SPARE"];

/** After so many seconds containerd's CRI gives up a Delete. */
const CRI_PATIENCE = 10;

/** The settings that the shims of a containerd have: docs/operating.md. */
async function ofShim(
  { process, address }: Containerd,
  { knowledge }: Examined,
): Promise<Finding[]> {
  const { pid } = process!;
  const whose = `the shims of containerd ${pid} (${address})`;
  const kind = "wrong-setting";
  let settings: Settings;
  try {
    settings = await settingsOf(pid);
  } catch (error) {
    return [{
      kind,
      what: `${whose} can't read their settings: ${(error as Error).message}`,
      meaning: "No container starts with this shim. Those that run are not touched by it.",
      certainty: "certain",
    }];
  }
  const found: Finding[] = [];
  const version = settings.protocol === "grpc" ? await versionOf(pid) : undefined;
  if (version !== undefined && !version.startsWith("1.7.")) {
    found.push({
      kind,
      what: `${whose} are to serve gRPC, and containerd is of version ${version}`,
      meaning: "Only containerd 1.7 works with shims that serve gRPC.",
      certainty: "certain",
    });
  }
  const { totalSeconds } = settings.drain;
  if (totalSeconds >= CRI_PATIENCE && knowledge.namespaces.has("k8s.io")) {
    found.push({
      kind,
      what: `${whose} wait ${totalSeconds} s for output in a Delete (drain.totalSeconds)`,
      meaning:
        `containerd's CRI gives up a Delete after ${CRI_PATIENCE} s, and handles no other exit meanwhile.`,
      certainty: "likely",
    });
  }
  return found;
}

/** Reads the settings as a shim would that this containerd starts. */
async function settingsOf(pid: number): Promise<Settings> {
  const environment = (textOf(`/proc/${pid}/environ`) ?? "").split("\0");
  for (const name of VARIABLES) {
    const value = environment.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
    if (value === undefined) Deno.env.delete(name);
    else Deno.env.set(name, value);
  }
  return await readSettings(PROGRAM);
}

async function versionOf(pid: number): Promise<string | undefined> {
  const output = await textFrom(`/proc/${pid}/exe`, "--version");
  return output?.match(/ v?(\d+\.\d+\.\d+)/)?.[1];
}

/** systemd ends with a service what is in its cgroup, unless it is told to end the service's process alone. */
async function killMode(pid: number, { hierarchies, servers }: Examined): Promise<Finding[]> {
  const path = textOf(`/proc/${pid}/cgroup`)?.match(
    /^\d+:(?:name=systemd)?:(.*\/([^/]+\.service))$/m,
  );
  if (!path) return [];
  const [, cgroup, unit] = path;
  const mode = (await textFrom("systemctl", "show", "--property=KillMode", unit))?.match(/=(.*)/)
    ?.[1];
  if (mode === undefined || mode === "process" || mode === "none") return [];
  const inside = servers.filter(({ shim }) =>
    shim !== undefined && cgroupOf(shim.process.pid, hierarchies)?.path.startsWith(cgroup)
  );
  return [{
    kind: "wrong-setting",
    what: `${unit} has KillMode=${mode}${
      inside.length > 0 ? `, and ${inside.length} shims are in its cgroup` : ""
    }`,
    meaning:
      "When containerd is stopped or restarted, systemd ends the shims, too, and with them the containers.",
    certainty: "certain",
    mend: `systemctl edit ${unit} # [Service] KillMode=process`,
  }];
}

/** Two containerds that have one state folder remove each other's containers. */
function sharedState(running: readonly Containerd[]): Finding[] {
  const byState = Map.groupBy(running, ({ state }) => state);
  return [...byState].filter(([state, of]) => state !== undefined && of.length > 1).map((
    [state, of],
  ): Finding => ({
    kind: "wrong-setting",
    what: `the containerds ${
      of.map(({ address }) => address).join(" and ")
    } have the same state folder ${state}`,
    meaning: "Each takes the other's containers for lost ones, and removes them.",
    certainty: "certain",
  }));
}

/** A cgroup with more than this part of its limit of processes is told of. */
const CROWDED = 0.9;

/** Shims whose cgroup lets hardly any more processes in. */
function crowded({ servers, hierarchies }: Examined): Finding[] {
  const pids = hierarchies.find(({ unified, controllers }) =>
    unified || controllers.includes("pids")
  );
  const found = new Map<string, Finding>();
  for (const server of servers) {
    const { shim, condition } = server;
    if (pids === undefined || shim === undefined || condition === "elsewhere") continue;
    const line = textOf(`/proc/${shim.process.pid}/cgroup`)?.match(
      pids.unified ? /^0::(.*)$/m : /^\d+:(?:.*,)?pids(?:,.*)?:(.*)$/m,
    );
    const folder = line && pids.mountPoint + line[1];
    const [max, current] = ["pids.max", "pids.current"].map((name) =>
      Number(textOf(`${folder}/${name}`) ?? NaN)
    );
    if (folder && current > max * CROWDED) {
      found.set(folder, {
        kind: "wrong-setting",
        what: `the cgroup ${folder} of the shim of ${
          namesOf([server])
        } has ${current} processes and threads, of ${max} that it may have`,
        meaning:
          "Shims can start no more processes soon: neither a runtime nor a thread of their own.",
        certainty: "likely",
        mend: "systemctl edit containerd # [Service] TasksMax=infinity",
      });
    }
  }
  return [...found.values()];
}

/** What a program prints; undefined where it is not there or fails. */
async function textFrom(program: string, ...args: string[]): Promise<string | undefined> {
  try {
    const command = new Deno.Command(program, {
      args,
      stdin: "null",
      signal: AbortSignal.timeout(2_000),
    });
    const { success, stdout } = await command.output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch {
    return undefined;
  }
}
