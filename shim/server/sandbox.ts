/** The Sandbox service as an interface: what containerd asks of a shim that holds a pod itself, a method for each RPC. */
import { Empty } from "../../proto/mod.ts";
import * as proto from "../../proto/sandbox/mod.ts";
import type { Service } from "../ttrpc/mod.ts";
import { type Handlers, type Served, toService } from "./rpc.ts";

const RPCS = {
  CreateSandbox: [proto.CreateSandboxRequest, Empty],
  StartSandbox: [proto.SandboxRequest, proto.StartSandboxResponse],
  Platform: [proto.SandboxRequest, proto.PlatformResponse],
  StopSandbox: [proto.StopSandboxRequest, Empty],
  WaitSandbox: [proto.SandboxRequest, proto.WaitSandboxResponse],
  SandboxStatus: [proto.SandboxStatusRequest, proto.SandboxStatusResponse],
  PingSandbox: [proto.SandboxRequest, Empty],
  ShutdownSandbox: [proto.SandboxRequest, Empty],
  SandboxMetrics: [proto.SandboxRequest, proto.SandboxMetricsResponse],
} as const;

/** The Sandbox service, which a shim may implement as it does the Task service. */
export type Sandbox = Handlers<typeof RPCS>;

/** The ttrpc service of a Sandbox service. */
export function sandboxService(sandbox: Sandbox, served: Served): Service {
  return toService(RPCS, sandbox, served);
}
