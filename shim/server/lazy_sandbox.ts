/** The Sandbox service of a server that loads it when it is first called: few servers are. */
import type { Method, Service } from "../ttrpc/mod.ts";
import type { Served } from "./rpc.ts";
import type { Sandbox } from "./sandbox.ts";

const NAMES = [
  "CreateSandbox",
  "StartSandbox",
  "Platform",
  "StopSandbox",
  "WaitSandbox",
  "SandboxStatus",
  "PingSandbox",
  "ShutdownSandbox",
  "SandboxMetrics",
];

/** @param load Loads the shim's own part. */
export function lazySandboxService(load: () => Promise<Sandbox>, served: Served): Service {
  let loaded: Promise<Service> | undefined;
  const service = () =>
    loaded ??= Promise.all([import("./sandbox.ts"), load()])
      .then(([{ sandboxService }, sandbox]) => sandboxService(sandbox, served));
  const method = (name: string): Method => async (payload, call) =>
    await (await service())[name](payload, call);
  return Object.fromEntries(NAMES.map((name) => [name, method(name)]));
}
