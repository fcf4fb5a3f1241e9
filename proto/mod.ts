// deno-lint-ignore-file no-unused-vars -- deno lint does not know that `export import` exports.
/**
 * The messages that containerd and the shim exchange, each under one name:
 *
 * ```ts
 * import { CreateTaskRequest, TaskExit } from "../proto/mod.ts";
 *
 * const request: CreateTaskRequest = CreateTaskRequest.decode(bytes);
 * const event: TaskExit.Properties = { containerId: request.id, exitStatus: 137 };
 * TaskExit.encode(event).finish();
 * ```
 *
 * - `CreateTaskRequest`, the value, encodes and decodes.
 * - `CreateTaskRequest`, the type, is a decoded message. Every field is there: one that did not come
 *   has the default of proto3 (`""`, 0, false, no bytes, `[]`, `{}`), or is null where it is a message
 *   or `optional`. Such defaults are inherited, so `{ ...message }` and JSON leave them out.
 * - `CreateTaskRequest.Properties` is what can be encoded: a plain object, or a decoded message. Every
 *   field may be left out.
 *
 * Decoded bytes are views of the buffer they came in. 64-bit integers are numbers, so they are exact up
 * to 2^53 on either side of 0 and rounded beyond.
 *
 * @module
 */

import { containerd, google, runtimeoptions, ttrpc } from "./generated.js";

export type { MessageType } from "./generated.js";

// ttrpc
export import Request = ttrpc.Request;
export import Response = ttrpc.Response;
export import KeyValue = ttrpc.KeyValue;
export import RpcStatus = google.rpc.Status;

// Of general use
export import Any = google.protobuf.Any;
export import Empty = google.protobuf.Empty;
export import Timestamp = google.protobuf.Timestamp;
export import Mount = containerd.types.Mount;

// The Task service
export import StateRequest = containerd.task.v2.StateRequest;
export import StateResponse = containerd.task.v2.StateResponse;
export import TaskStatus = containerd.v1.types.Status;
export import CreateTaskRequest = containerd.task.v2.CreateTaskRequest;
export import CreateTaskResponse = containerd.task.v2.CreateTaskResponse;
export import StartRequest = containerd.task.v2.StartRequest;
export import StartResponse = containerd.task.v2.StartResponse;
export import DeleteRequest = containerd.task.v2.DeleteRequest;
export import DeleteResponse = containerd.task.v2.DeleteResponse;
export import PidsRequest = containerd.task.v2.PidsRequest;
export import PidsResponse = containerd.task.v2.PidsResponse;
export import ProcessInfo = containerd.v1.types.ProcessInfo;
export import PauseRequest = containerd.task.v2.PauseRequest;
export import ResumeRequest = containerd.task.v2.ResumeRequest;
export import CheckpointTaskRequest = containerd.task.v2.CheckpointTaskRequest;
export import KillRequest = containerd.task.v2.KillRequest;
export import ExecProcessRequest = containerd.task.v2.ExecProcessRequest;
export import ResizePtyRequest = containerd.task.v2.ResizePtyRequest;
export import CloseIORequest = containerd.task.v2.CloseIORequest;
export import UpdateTaskRequest = containerd.task.v2.UpdateTaskRequest;
export import WaitRequest = containerd.task.v2.WaitRequest;
export import WaitResponse = containerd.task.v2.WaitResponse;
export import StatsRequest = containerd.task.v2.StatsRequest;
export import StatsResponse = containerd.task.v2.StatsResponse;
export import ConnectRequest = containerd.task.v2.ConnectRequest;
export import ConnectResponse = containerd.task.v2.ConnectResponse;
export import ShutdownRequest = containerd.task.v2.ShutdownRequest;

// Options of the runtime
export import RuncOptions = containerd.runc.v1.Options;
export import CheckpointOptions = containerd.runc.v1.CheckpointOptions;
export import ProcessDetails = containerd.runc.v1.ProcessDetails;
export import RuntimeOptions = runtimeoptions.v1.Options;

// Events
export import ForwardRequest = containerd.services.events.ttrpc.v1.ForwardRequest;
export import Envelope = containerd.types.Envelope;
export import TaskCreate = containerd.events.TaskCreate;
export import TaskIO = containerd.events.TaskIO;
export import TaskStart = containerd.events.TaskStart;
export import TaskExecAdded = containerd.events.TaskExecAdded;
export import TaskExecStarted = containerd.events.TaskExecStarted;
export import TaskExit = containerd.events.TaskExit;
export import TaskDelete = containerd.events.TaskDelete;
export import TaskOOM = containerd.events.TaskOOM;
export import TaskPaused = containerd.events.TaskPaused;
export import TaskResumed = containerd.events.TaskResumed;
export import TaskCheckpointed = containerd.events.TaskCheckpointed;

// `start` as of containerd 2.3, and -info
export import BootstrapParams = containerd.runtime.bootstrap.v1.BootstrapParams;
export import BootstrapExtension = containerd.runtime.bootstrap.v1.Extension;
export import BootstrapResult = containerd.runtime.bootstrap.v1.BootstrapResult;
export import BootstrapCapability = containerd.runtime.bootstrap.v1.Capability;
export import BootstrapLogLevel = containerd.runtime.bootstrap.v1.LogLevel;
export import RuntimeInfo = containerd.types.RuntimeInfo;
export import RuntimeVersion = containerd.types.RuntimeVersion;
