/** Runtime options as clients send them, and a runtime that tells how it was called. */
import { parseArgs } from "@std/cli/parse-args";
import { type Any, RuncOptions, RuntimeOptions } from "../../../proto/mod.ts";
import type { PrivateContainerd } from "./private_containerd.ts";

/** Options as ctr and docker send them. */
export function runcOptions(options: RuncOptions.Properties): Any.Properties {
  return { typeUrl: "containerd.runc.v1.Options", value: RuncOptions.encode(options).finish() };
}

/** Options as containerd's CRI sends them, TOML or the path of a file with it. */
export function runtimeOptions(options: { toml?: string; path?: string }): Any.Properties {
  const configBody = new TextEncoder().encode(options.toml);
  const message = { configPath: options.path, configBody };
  return {
    typeUrl: "runtimeoptions.v1.Options",
    value: RuntimeOptions.encode(message).finish(),
  };
}

/** The flags with which `ctr run` sends options: for runc's own shim it has some, for others it names a file with TOML. */
export async function ctrFlags(
  containerd: PrivateContainerd,
  { binaryName, root }: { binaryName: string; root?: string },
): Promise<{ flags: string[] } & AsyncDisposable> {
  if (containerd.runtime.name === "io.containerd.runc.v2") {
    const flags = ["--runc-binary", binaryName, ...(root ? ["--runc-root", root] : [])];
    return { flags, async [Symbol.asyncDispose]() {} };
  }
  const path = `${containerd.folder}/options.toml`;
  const lines = [`BinaryName = "${binaryName}"`, ...(root ? [`Root = "${root}"`] : [])];
  await Deno.writeTextFile(path, lines.join("\n"));
  return {
    flags: ["--runtime-config-path", path],
    [Symbol.asyncDispose]: () => Deno.remove(path),
  };
}

/** How a {@linkcode RecordingRuntime} was called. */
export interface RuntimeCall {
  root: string;
  systemdCgroup: boolean;
  /** The command, and its arguments. */
  command: string;
  args: string[];
  /** The owner of each of its standard streams, as `uid:gid`. */
  owners: string[];
}

/** A runtime that notes its calls and then is runc, for which systemd makes no cgroups, though it may be asked to. */
export class RecordingRuntime implements AsyncDisposable {
  readonly path: string;
  readonly #calls: string;

  private constructor(path: string) {
    this.path = path;
    this.#calls = `${path}.calls`;
  }

  /** @param path Where to make it. */
  static async make(path: string): Promise<RecordingRuntime> {
    const runtime = new RecordingRuntime(path);
    const script = `#!/bin/sh
owners=$(stat -L -c %u:%g /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2)
echo $owners "$@" >> ${runtime.#calls}
for word do
  shift
  [ "$word" = --systemd-cgroup ] || set -- "$@" "$word"
done
exec runc "$@"
`;
    await Deno.writeTextFile(path, script, { mode: 0o755 });
    return runtime;
  }

  /** The calls so far. */
  async calls(): Promise<RuntimeCall[]> {
    const text = await Deno.readTextFile(this.#calls);
    return text.trim().split("\n").map((line) => {
      const words = line.split(" ");
      const flags = parseArgs(words.slice(3), {
        string: ["root", "log", "log-format"],
        boolean: ["systemd-cgroup"],
        stopEarly: true,
      });
      const [command, ...args] = flags._.map(String);
      return {
        root: flags.root!,
        systemdCgroup: flags["systemd-cgroup"],
        command,
        args,
        owners: words.slice(0, 3),
      };
    });
  }

  /** The calls of one command. */
  async callsOf(command: string): Promise<RuntimeCall[]> {
    return (await this.calls()).filter((call) => call.command === command);
  }

  /** Removes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path);
    await Deno.remove(this.#calls);
  }
}
