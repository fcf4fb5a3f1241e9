/** What is left of containers that are gone: sockets, mounts, the runtime's state, cgroups, FIFOs. */
import { dirname, join } from "@std/path/posix";
import { isSidePath, lockPath } from "../../shim/bootstrap/address.ts";
import { isFirstDoor, SOCKET_FOLDER } from "../../shim/bootstrap/first_door.ts";
import { isAnswered } from "../../shim/bootstrap/is_answered.ts";
import { lockFile } from "../../shim/bootstrap/lock_file.ts";
import { exists, removeIfThere } from "../../shim/common/files.ts";
import { listFolders, removeFolder, unmountAll } from "../../shim/libc/mod.ts";
import { readAllHierarchies } from "../../runc/cgroup/hierarchy.ts";
import { pidsIn } from "../../runc/cgroup/processes.ts";
import { readRuntime } from "../../runc/bundle/runtime.ts";
import { isFrozen, thawCommand } from "../find/cgroups.ts";
import { OpenFiles } from "../find/holders.ts";
import { mountsOf } from "../find/mounts.ts";
import { realPath } from "../find/paths.ts";
import { findProcess, orUndefined } from "../find/processes.ts";
import { quote } from "../output/text.ts";
import { ageOfPath, type Examined, YOUNG } from "./examined.ts";
import type { Finding } from "./finding.ts";
import { type Known, together } from "./knowledge.ts";
import { remove, run } from "./mending.ts";

/** Whatever is left of containers that nobody knows any more. */
export async function examineLeftovers(examined: Examined): Promise<Finding[]> {
  const found = await Promise.all([
    sockets(examined),
    mounts(examined),
    runtimeStates(examined),
    cgroups(examined),
    fifos(examined),
  ]);
  return found.flat();
}

/** A finding of something that nobody knows: certain, with what mends it, or less where not all could be asked. */
function leftover(known: Known, finding: Omit<Finding, "certainty">): Finding[] {
  if (known === "somebody") return [];
  if (known === "nobody") return [{ ...finding, certainty: "certain" }];
  const { fix: _, ...rest } = finding;
  return [{ ...rest, certainty: "likely" }];
}

/** The names of servers' sockets, and of those beside them. */
const SOCKET = /^[0-9a-f]{64}$|^[0-9a-f]{48}\.\d+$/;

/** Sockets on which nobody listens, and which no bundle names: whoever made them was killed. */
function sockets({ servers }: Examined): Finding[] {
  const named = new Set(
    servers.flatMap(({ address }) => address === undefined ? [] : [realPath(address.path)]),
  );
  const folders = new Set([SOCKET_FOLDER, ...[...named].map((path) => dirname(path))]);
  const paths = [...folders].flatMap((folder) =>
    (orUndefined(() => [...Deno.readDirSync(folder)]) ?? [])
      .filter(({ name }) => SOCKET.test(name) || isFirstDoor(name))
      .map(({ name }) => join(folder, name))
  );
  return paths.flatMap((path): Finding[] => {
    if (named.has(path) || exists(lockPath(path))) return [];
    // The socket for a terminal is its server's, which answers on another one.
    if (paths.some((other) => isSidePath(other, path))) return [];
    if ((ageOfPath(path) ?? 0) < YOUNG || isAnswered(path)) return [];
    return [{
      kind: "unanswered-socket",
      what: `nobody listens on the socket ${path}`,
      meaning: "A shim was killed and has left it. It does no harm.",
      certainty: "certain",
      mend: `rm ${quote(path)}`,
      fix: async () => {
        // Go's shims know no lock: one may have a new socket there since.
        using _lock = await lockFile(lockPath(path));
        const isOld = (ageOfPath(path) ?? 0) >= YOUNG;
        if (isOld && !isAnswered(path)) removeIfThere(path);
      },
    }];
  });
}

/** The root file systems of bundles that are gone, or that containerd could not remove. */
async function mounts({ survey, knowledge }: Examined): Promise<Finding[]> {
  const states = survey.containerds.map(({ state }) => state).filter((state) =>
    state !== undefined
  );
  const found = mountsOf("self").flatMap(({ target, type }) => {
    const state = states.find((each) => target.startsWith(`${each}/io.containerd.`));
    if (state === undefined) return [];
    const [, id, inner] = /^[^/]+\/[^/]+\/\.?([^/]+)\/(.+)$/.exec(target.slice(state.length + 1)) ??
      [];
    return inner === undefined ? [] : [{ target, type, id, state }];
  });
  const bundles = survey.servers.flatMap(({ bundles }) => bundles.map(({ id }) => id));
  const findings = await Promise.all(
    found.filter(({ id }) => !bundles.includes(id)).map(async ({ target, type, id }) =>
      leftover(await knowledge.of(id), {
        kind: "leftover-mount",
        what: `${target} (${type}) is mounted, and its container ${id} is gone`,
        meaning:
          "It keeps the container's snapshot, and the space that it takes, from being removed.",
        mend: `umount --recursive ${quote(target)}`,
        fix: () => unmountAll(target),
      })
    ),
  );
  return findings.flat();
}

/** The folder of runc's state, when no option names another. */
const RUNTIME_ROOT = "/run/containerd/runc";

/** What runc keeps of a container, as far as it is read. */
interface RuncState {
  readonly init_process_pid?: number;
  readonly init_process_start?: number;
}

/** The states of containers in runtimes' folders. */
async function runtimeStates({ survey, knowledge }: Examined): Promise<Finding[]> {
  const ofBundles = survey.servers.flatMap(({ bundles }) =>
    bundles.map(({ path, namespace }) => readRuntime(path, namespace))
  );
  const byDefault = foldersIn(RUNTIME_ROOT).map((namespace) => ({
    binary: "runc",
    root: join(RUNTIME_ROOT, namespace),
  }));
  const roots = new Map([...byDefault, ...ofBundles].map(({ binary, root }) => [root, binary]));
  const findings = await Promise.all(
    [...roots].flatMap(([root, binary]) =>
      foldersIn(root).map(async (id): Promise<Finding[]> => {
        const path = join(root, id);
        const state = orUndefined((): RuncState =>
          JSON.parse(Deno.readTextFileSync(join(path, "state.json")))
        );
        if (state === undefined || (ageOfPath(path) ?? 0) < YOUNG) return [];
        const { init_process_pid: pid = 0, init_process_start: start } = state;
        const process = findProcess(pid);
        const isAlive = process?.startTicks === start && process?.state !== "Z";
        const command = [binary, "--root", root, "delete", "--force", id];
        const finding = {
          kind: "leftover-runtime-state",
          mend: command.map(quote).join(" "),
        };
        if (!isAlive) {
          return leftover(await knowledge.of(id), {
            ...finding,
            what:
              `${binary} knows a container ${id} (${path}), which has ended and which nobody else knows`,
            meaning: "It keeps the id from being used again.",
            fix: () => run(command),
          });
        }
        // Its processes are somebody's work, whoever has started it.
        return leftover(await knowledge.of(id), {
          ...finding,
          what:
            `${binary} knows a container ${id} (${path}), which runs as process ${pid} without a shim, and which nobody else knows`,
          meaning:
            "Its shim and its bundle are gone, or somebody has started it by hand. The command ends it.",
        });
      })
    ),
  );
  return findings.flat();
}

/** The cgroups of containers that nobody knows: empty ones, and frozen ones. */
async function cgroups({ knowledge }: Examined): Promise<Finding[]> {
  const places = placesOf(knowledge.namespaces);
  const found = readAllHierarchies().flatMap(({ mountPoint }) =>
    places.flatMap((place) => containersIn(join(mountPoint, place.path), place))
  );
  const byId = Map.groupBy(found, ({ id }) => id);
  const findings = await Promise.all([...byId].map(async ([id, of]): Promise<Finding[]> => {
    const folders = of.map(({ folder }) => folder);
    if (folders.some((folder) => (ageOfPath(folder) ?? 0) < YOUNG)) return [];
    const processes = new Set(folders.flatMap((folder) => orUndefined(() => pidsIn(folder)) ?? []));
    const known = await knowledge.of(id);
    if (processes.size === 0) {
      return leftover(known, {
        kind: "leftover-cgroup",
        what: `the cgroup ${folders[0]} is empty, and its container ${id} is gone`,
        meaning:
          "The runtime was killed before it could remove it. Very many of them slow the kernel down.",
        mend: `find ${folders.map(quote).join(" ")} -depth -type d -exec rmdir {} \\;`,
        // It fails where a process has come into one meanwhile.
        fix: () => Promise.resolve(folders.forEach(removeTree)),
      });
    }
    const frozen = folders.find(isFrozen);
    if (frozen === undefined) return [];
    return leftover(known, {
      kind: "frozen-cgroup",
      what: `the cgroup ${frozen} is frozen with processes in it (${
        [...processes].join(", ")
      }), and nobody knows its container ${id}`,
      meaning: "Its processes can't go on, nor be ended before it is thawed.",
      mend: thawCommand(frozen),
    });
  }));
  return findings.flat();
}

/** A folder in which containers' cgroups are. */
interface Place {
  readonly path: string;
  /** Whether all in it are containers' own: else they are known by their names, at any depth. */
  readonly isOfContainers: boolean;
}

/** ctr and nerdctl have a folder for each namespace, Kubernetes and docker have their own. */
function placesOf(namespaces: ReadonlySet<string>): Place[] {
  const others = [
    ...(namespaces.has("k8s.io") ? ["kubepods", "kubepods.slice"] : []),
    ...(namespaces.has("moby") ? ["docker", "system.slice"] : []),
  ];
  return [
    ...[...namespaces].map((path) => ({ path, isOfContainers: true })),
    ...others.map((path) => ({ path, isOfContainers: false })),
  ];
}

/** The cgroups of containers in a folder; what is within one is the container's own. */
function containersIn(folder: string, place: Place): { id: string; folder: string }[] {
  const names = orUndefined(() => listFolders(folder)) ?? [];
  return names.flatMap((name) => {
    const path = join(folder, name);
    const id = /^(?:cri-containerd|nerdctl|docker)-(.+)\.scope$/.exec(name)?.[1] ??
      (place.isOfContainers || /^[0-9a-f]{64}$/.test(name) ? name : undefined);
    return id === undefined ? containersIn(path, place) : [{ id, folder: path }];
  });
}

function removeTree(folder: string): void {
  for (const name of listFolders(folder)) removeTree(join(folder, name));
  removeFolder(folder);
}

/** Where clients make FIFOs, unless they say otherwise. */
const FIFO_FOLDER = "/run/containerd/fifo";

/** FIFOs that nobody has open, of a process that nobody knows. */
async function fifos({ survey, knowledge }: Examined): Promise<Finding[]> {
  const folders = foldersIn(FIFO_FOLDER).map((name) => join(FIFO_FOLDER, name));
  if (folders.length === 0) return [];
  const open = new OpenFiles(survey.processes.values());
  const findings: Finding[] = [];
  // One after the other: each is asked for at all shims.
  for (const folder of folders) {
    const names = orUndefined(() => Array.from(Deno.readDirSync(folder), ({ name }) => name)) ?? [];
    if ((ageOfPath(folder) ?? 0) < YOUNG) continue;
    if (names.some((name) => open.holdersOf(join(folder, name)).length > 0)) continue;
    const ids = new Set(names.map((name) => name.replace(/-(?:stdin|stdout|stderr)$/, "")));
    const known: Known[] = [];
    for (const id of ids) known.push(await knowledge.ofProcess(id));
    findings.push(...leftover(together(known), {
      kind: "leftover-fifos",
      what: `nobody has the FIFOs in ${folder} open, and what they were for (${[...ids]}) is gone`,
      meaning: "A client was killed, and has left them. They do no harm.",
      mend: `rm -r ${quote(folder)}`,
      fix: () => remove(folder),
    }));
  }
  return findings;
}

function foldersIn(path: string): string[] {
  const entries = orUndefined(() => [...Deno.readDirSync(path)]) ?? [];
  return entries.filter(({ isDirectory, name }) => isDirectory && !name.startsWith("."))
    .map(({ name }) => name);
}
