/** What comes as an Any in answers and events. */
import * as metrics from "../../../proto/metrics/mod.ts";
import * as proto from "../../../proto/mod.ts";

/** By type URL. */
const TYPES: Readonly<Record<string, unknown>> = {
  "containerd.events.TaskCheckpointed": proto.TaskCheckpointed,
  "containerd.events.TaskCreate": proto.TaskCreate,
  "containerd.events.TaskDelete": proto.TaskDelete,
  "containerd.events.TaskExecAdded": proto.TaskExecAdded,
  "containerd.events.TaskExecStarted": proto.TaskExecStarted,
  "containerd.events.TaskExit": proto.TaskExit,
  "containerd.events.TaskOOM": proto.TaskOOM,
  "containerd.events.TaskPaused": proto.TaskPaused,
  "containerd.events.TaskResumed": proto.TaskResumed,
  "containerd.events.TaskStart": proto.TaskStart,
  "containerd.runc.v1.ProcessDetails": proto.ProcessDetails,
  "io.containerd.cgroups.v1.Metrics": metrics.CgroupV1Metrics,
  "io.containerd.cgroups.v2.Metrics": metrics.CgroupV2Metrics,
};

/**
 * Decodes the message in an Any.
 * @throws {Error} where the type is unknown, or the message has a field that our .proto files do not know.
 */
export function decodeKnown({ typeUrl, value }: proto.Any): Record<string, unknown> {
  const type = TYPES[typeUrl] as proto.MessageType<unknown, unknown> | undefined;
  if (type === undefined) throw new Error(`expected a known type in an Any, not ${typeUrl}`);
  const message = type.decode(value);
  const known = type.encode(message).finish().toHex();
  if (known === value.toHex()) return message as Record<string, unknown>;
  throw new Error(`${typeUrl} has more in it than is known: ${value.toHex()}, known ${known}`);
}
