/** Settings of containerd and of the shim that fight with each other, or with the machine. */
import { basename, join } from "@std/path/posix";
import { readSettings, type Settings } from "../../shim/settings/settings.ts";
import { PROGRAM } from "../command_line/description.ts";
import { textOf } from "../find/processes.ts";
import type { Containerd } from "../find/containerds.ts";
import { quote } from "../output/text.ts";
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
  if (totalSeconds >= CRI_PATIENCE && knowledge.namespacesOf(address).includes("k8s.io")) {
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
  const valueOf = (name: string) =>
    environment.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
  return await readSettings(PROGRAM, valueOf);
}

async function versionOf(pid: number): Promise<string | undefined> {
  const output = await textFrom(`/proc/${pid}/exe`, "--version");
  return output?.match(/ v?(\d+\.\d+\.\d+)/)?.[1];
}

/** A service of systemd's, with its cgroup. */
interface Service {
  readonly unit: string;
  readonly cgroup: string;
}

/** The service in whose cgroup a process is, by the hierarchy that systemd goes by; undefined if it is in none. */
function serviceOf(pid: number): Service | undefined {
  const [, cgroup, unit] = textOf(`/proc/${pid}/cgroup`)?.match(
    /^\d+:(?:name=systemd)?:(.*\/([^/]+\.service))$/m,
  ) ?? [];
  return unit === undefined ? undefined : { unit, cgroup };
}

/** systemd ends with a service what is in its cgroup, unless it is told to end the service's process alone. */
async function killMode(pid: number, { servers }: Examined): Promise<Finding[]> {
  const service = serviceOf(pid);
  if (service === undefined) return [];
  const { unit, cgroup } = service;
  const shown = await textFrom("systemctl", "show", "--property=LoadState,KillMode", unit);
  // Of what it does not know, as a service of a user's, systemd tells the default.
  const mode = shown?.includes("LoadState=loaded") ? shown.match(/^KillMode=(.*)$/m)?.[1] : "none";
  if (mode === undefined || mode === "process" || mode === "none") return [];
  const pids = new Set(servers.map(({ shim }) => shim?.process.pid));
  const inside = [...pids].filter((each) => each && serviceOf(each)?.cgroup === cgroup).length;
  const folder = `/etc/systemd/system/${unit}.d`;
  const shims = inside === 1 ? "1 shim is" : `${inside} shims are`;
  return [{
    kind: "wrong-setting",
    what: `${unit} has KillMode=${mode}, and ${shims} in its cgroup`,
    meaning:
      "When containerd is stopped or restarted, systemd ends what is in its cgroup: shims, and with them the containers.",
    // Shims can have a cgroup of their own, by ShimCgroup.
    certainty: inside > 0 ? "certain" : "likely",
    mend: `mkdir -p ${quote(folder)} && printf '[Service]\\nKillMode=process\\n' > ${
      quote(`${folder}/kill-mode.conf`)
    } && systemctl daemon-reload`,
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
    meaning:
      "Each takes the other's containers for lost ones, and removes them; of newer ones the second waits for the end of the first.",
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
    const folder = line && join(pids.mountPoint, line[1]);
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
        mend: /\.service$/.test(folder)
          ? `systemctl set-property ${quote(basename(folder))} TasksMax=infinity`
          : `echo max > ${quote(`${folder}/pids.max`)}`,
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
