/** How what is known of a container is told to people. */
import type { Mount } from "./find/mounts.ts";
import { runtimeName } from "./find/shims.ts";
import type { Inspected } from "./inspected.ts";
import { table } from "./output/table.ts";
import { bytes, colours, commandLine, duration } from "./output/text.ts";

/** All of it, in tables. */
export function toText(found: Inspected): string {
  const { shim, containerd, bundle, runtime, usage, differences } = found;
  const exit = found.exitStatus === null ? "" : `, exit status ${found.exitStatus}`;
  const time = found.exitedAt === null ? "" : `, at ${found.exitedAt}`;
  const up = found.uptimeSeconds === null ? "" : `, up ${duration(found.uptimeSeconds)}`;
  const facts: [string, string][] = [
    ["Container", `${colours.bold(found.id)} (namespace ${found.namespace})`],
    ["Status", `${found.status}${exit}${time}${up}`],
    ["Init", `${found.pid ?? "-"}`],
    ["Command", commandLine(bundle.command ?? ["-"])],
    [
      "Shim",
      `${shim.pid ?? "-"} ${shim.runtime ? runtimeName(shim.runtime) : ""}, ${shim.condition}`,
    ],
    ["  socket", shim.socket ?? "-"],
    ["  memory", shim.privateMemoryBytes === null ? "-" : bytes(shim.privateMemoryBytes)],
    [
      "containerd",
      containerd
        ? `${containerd.address}${containerd.lives ? "" : ` ${colours.bad("(dead)")}`}`
        : "-",
    ],
    ["Bundle", bundle.path ?? "-"],
    ["Cgroup", bundle.cgroup ?? "-"],
    ["Runtime", `${runtime.binary} --root ${runtime.root}`],
    [
      "  says",
      runtime.status === null
        ? colours.bad(runtime.error ?? "nothing")
        : `${runtime.status}, init ${runtime.pid || "-"}`,
    ],
  ];
  if (usage) {
    const of = (limit: number | null, tell: (limit: number) => string) =>
      limit === null ? "" : ` of ${tell(limit)}`;
    facts.push(
      ["CPU time", `${(usage.cpuNanoseconds / 1e9).toFixed(2)} s`],
      [
        "Memory",
        bytes(usage.memoryBytes) + of(usage.memoryLimitBytes, bytes),
      ],
      ["Processes", `${usage.pids}` + of(usage.pidsLimit, String)],
      ["Disk", `${bytes(usage.readBytes)} read, ${bytes(usage.writtenBytes)} written`],
    );
  }
  const width = Math.max(...facts.map(([name]) => name.length));
  return [
    ...facts.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`),
    section("Processes", found.processes, () =>
      table(
        [{ title: "PID", isNumber: true }, { title: "STATE" }, { title: "EXEC" }, {
          title: "COMMAND",
        }],
        found.processes.map((
          { pid, state, execId, command },
        ) => [`${pid}`, state ?? "gone", execId ?? undefined, commandLine(command)]),
      )),
    section("Execs", found.execs, () =>
      table(
        [{ title: "ID" }, { title: "STATUS" }, { title: "PID", isNumber: true }, {
          title: "EXIT",
          isNumber: true,
        }],
        found.execs.map((
          { id, status, pid, exitStatus },
        ) => [id, status, pid?.toString(), exitStatus?.toString()]),
      )),
    section("Streams, and who holds them", found.streams, () =>
      table(
        [{ title: "STREAM" }, { title: "SIDE" }, { title: "TARGET" }, { title: "HOLDERS" }],
        found.streams.map(({ name, side, target, holders }) => [
          name,
          side,
          target,
          holders.map(({ pid, access, descriptor, command }) =>
            `${pid} ${nameOf(command)} (${descriptor}${access})`
          ).join(", ") || "nobody",
        ]),
      )),
    section("Mounts on the host", found.mounts, () => mountTable(found.mounts)),
    section("Mounts in the container", found.mountsInside, () => mountTable(found.mountsInside)),
    differences.length === 0 ? "" : `\n${colours.bad("Differences")}\n`,
    ...differences.map((difference) => `  ${difference}\n`),
    found.problem === null ? "" : `\n${colours.bad("Problem")}\n  ${found.problem}\n`,
  ].join("");
}

function section(title: string, rows: readonly unknown[], text: () => string): string {
  return rows.length === 0 ? "" : `\n${colours.bold(title)}\n${text()}`;
}

function mountTable(mounts: readonly Mount[]): string {
  return table(
    [{ title: "TARGET" }, { title: "TYPE" }, { title: "SOURCE" }, { title: "OPTIONS" }],
    mounts.map(({ target, type, source, options }) => [target, type, source, options.join(",")]),
  );
}

/** The name of a program; of a script, and of ours in its script form, that of the script. */
function nameOf(command: readonly string[]): string {
  const shim = command.find((word) => /(?:^|[/#])containerd-shim-[^/#]+$/.test(word));
  return (shim ?? command[0]).replace(/^.*[/#]/, "");
}
