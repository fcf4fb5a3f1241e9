// Generated from the .proto files by tools/proto.ts: not to be edited.

/** The encoder and decoder of one type of message. */
export interface MessageType<Message, Properties> {
  /** Encodes; `finish` gives the bytes, a buffer of their own. */
  encode(message: Properties): { finish(): Uint8Array<ArrayBuffer> };
  /**
   * Decodes, without the fields it does not know.
   *
   * @throws {Error} if the bytes are cut short or no such message
   */
  decode(bytes: Uint8Array): Message;
}

export namespace containerd {
  namespace runtime {
    namespace bootstrap {
      namespace v1 {
        interface BootstrapParams {
          instanceId: string;
          namespace: string;
          logLevel: LogLevel;
          containerdVersion: string;
          containerdTtrpcAddress: string;
          containerdGrpcAddress: string;
          containerdBinary: string;
          extensions: Extension[];
          socketDir: string | null;
        }
        namespace BootstrapParams {
          interface Properties {
            instanceId?: string | null;
            namespace?: string | null;
            logLevel?: LogLevel | null;
            containerdVersion?: string | null;
            containerdTtrpcAddress?: string | null;
            containerdGrpcAddress?: string | null;
            containerdBinary?: string | null;
            extensions?: readonly Extension.Properties[] | null;
            socketDir?: string | null;
          }
        }
        const BootstrapParams: MessageType<BootstrapParams, BootstrapParams.Properties>;
        interface Extension {
          value: google.protobuf.Any | null;
        }
        namespace Extension {
          interface Properties {
            value?: google.protobuf.Any.Properties | null;
          }
        }
        const Extension: MessageType<Extension, Extension.Properties>;
        enum LogLevel {
          LOG_LEVEL_INFO = 0,
          LOG_LEVEL_TRACE = -8,
          LOG_LEVEL_DEBUG = -4,
          LOG_LEVEL_WARN = 4,
          LOG_LEVEL_ERROR = 8,
          LOG_LEVEL_FATAL = 10,
          LOG_LEVEL_PANIC = 12,
        }
        interface BootstrapResult {
          version: number;
          address: string;
          protocol: string;
          capabilities: Capability[];
          metadata: { [key: string]: string };
        }
        namespace BootstrapResult {
          interface Properties {
            version?: number | null;
            address?: string | null;
            protocol?: string | null;
            capabilities?: readonly Capability[] | null;
            metadata?: { readonly [key: string]: string } | null;
          }
        }
        const BootstrapResult: MessageType<BootstrapResult, BootstrapResult.Properties>;
        enum Capability {
          CAPABILITY_UNSPECIFIED = 0,
        }
      }
    }
  }
  namespace types {
    interface Envelope {
      timestamp: google.protobuf.Timestamp | null;
      namespace: string;
      topic: string;
      event: google.protobuf.Any | null;
    }
    namespace Envelope {
      interface Properties {
        timestamp?: google.protobuf.Timestamp.Properties | null;
        namespace?: string | null;
        topic?: string | null;
        event?: google.protobuf.Any.Properties | null;
      }
    }
    const Envelope: MessageType<Envelope, Envelope.Properties>;
    interface Mount {
      type: string;
      source: string;
      target: string;
      options: string[];
    }
    namespace Mount {
      interface Properties {
        type?: string | null;
        source?: string | null;
        target?: string | null;
        options?: readonly string[] | null;
      }
    }
    const Mount: MessageType<Mount, Mount.Properties>;
    interface RuntimeInfo {
      name: string;
      version: RuntimeVersion | null;
      options: google.protobuf.Any | null;
      features: google.protobuf.Any | null;
      annotations: { [key: string]: string };
    }
    namespace RuntimeInfo {
      interface Properties {
        name?: string | null;
        version?: RuntimeVersion.Properties | null;
        options?: google.protobuf.Any.Properties | null;
        features?: google.protobuf.Any.Properties | null;
        annotations?: { readonly [key: string]: string } | null;
      }
    }
    const RuntimeInfo: MessageType<RuntimeInfo, RuntimeInfo.Properties>;
    interface RuntimeVersion {
      version: string;
      revision: string;
    }
    namespace RuntimeVersion {
      interface Properties {
        version?: string | null;
        revision?: string | null;
      }
    }
    const RuntimeVersion: MessageType<RuntimeVersion, RuntimeVersion.Properties>;
  }
  namespace services {
    namespace events {
      namespace ttrpc {
        namespace v1 {
          interface ForwardRequest {
            envelope: containerd.types.Envelope | null;
          }
          namespace ForwardRequest {
            interface Properties {
              envelope?: containerd.types.Envelope.Properties | null;
            }
          }
          const ForwardRequest: MessageType<ForwardRequest, ForwardRequest.Properties>;
        }
      }
    }
  }
  namespace v1 {
    namespace types {
      enum Status {
        UNKNOWN = 0,
        CREATED = 1,
        RUNNING = 2,
        STOPPED = 3,
        PAUSED = 4,
        PAUSING = 5,
      }
      interface ProcessInfo {
        pid: number;
        info: google.protobuf.Any | null;
      }
      namespace ProcessInfo {
        interface Properties {
          pid?: number | null;
          info?: google.protobuf.Any.Properties | null;
        }
      }
      const ProcessInfo: MessageType<ProcessInfo, ProcessInfo.Properties>;
    }
  }
  namespace runc {
    namespace v1 {
      interface Options {
        noPivotRoot: boolean;
        noNewKeyring: boolean;
        shimCgroup: string;
        ioUid: number;
        ioGid: number;
        binaryName: string;
        root: string;
        systemdCgroup: boolean;
        criuImagePath: string;
        criuWorkPath: string;
        taskApiAddress: string;
        taskApiVersion: number;
      }
      namespace Options {
        interface Properties {
          noPivotRoot?: boolean | null;
          noNewKeyring?: boolean | null;
          shimCgroup?: string | null;
          ioUid?: number | null;
          ioGid?: number | null;
          binaryName?: string | null;
          root?: string | null;
          systemdCgroup?: boolean | null;
          criuImagePath?: string | null;
          criuWorkPath?: string | null;
          taskApiAddress?: string | null;
          taskApiVersion?: number | null;
        }
      }
      const Options: MessageType<Options, Options.Properties>;
      interface CheckpointOptions {
        exit: boolean;
        openTcp: boolean;
        externalUnixSockets: boolean;
        terminal: boolean;
        fileLocks: boolean;
        emptyNamespaces: string[];
        cgroupsMode: string;
        imagePath: string;
        workPath: string;
        parentPath: string;
      }
      namespace CheckpointOptions {
        interface Properties {
          exit?: boolean | null;
          openTcp?: boolean | null;
          externalUnixSockets?: boolean | null;
          terminal?: boolean | null;
          fileLocks?: boolean | null;
          emptyNamespaces?: readonly string[] | null;
          cgroupsMode?: string | null;
          imagePath?: string | null;
          workPath?: string | null;
          parentPath?: string | null;
        }
      }
      const CheckpointOptions: MessageType<CheckpointOptions, CheckpointOptions.Properties>;
      interface ProcessDetails {
        execId: string;
      }
      namespace ProcessDetails {
        interface Properties {
          execId?: string | null;
        }
      }
      const ProcessDetails: MessageType<ProcessDetails, ProcessDetails.Properties>;
    }
  }
  namespace task {
    namespace v2 {
      interface StateRequest {
        id: string;
        execId: string;
      }
      namespace StateRequest {
        interface Properties {
          id?: string | null;
          execId?: string | null;
        }
      }
      const StateRequest: MessageType<StateRequest, StateRequest.Properties>;
      interface StateResponse {
        id: string;
        bundle: string;
        pid: number;
        status: containerd.v1.types.Status;
        stdin: string;
        stdout: string;
        stderr: string;
        terminal: boolean;
        exitStatus: number;
        exitedAt: google.protobuf.Timestamp | null;
        execId: string;
      }
      namespace StateResponse {
        interface Properties {
          id?: string | null;
          bundle?: string | null;
          pid?: number | null;
          status?: containerd.v1.types.Status | null;
          stdin?: string | null;
          stdout?: string | null;
          stderr?: string | null;
          terminal?: boolean | null;
          exitStatus?: number | null;
          exitedAt?: google.protobuf.Timestamp.Properties | null;
          execId?: string | null;
        }
      }
      const StateResponse: MessageType<StateResponse, StateResponse.Properties>;
      interface CreateTaskRequest {
        id: string;
        bundle: string;
        rootfs: containerd.types.Mount[];
        terminal: boolean;
        stdin: string;
        stdout: string;
        stderr: string;
        checkpoint: string;
        parentCheckpoint: string;
        options: google.protobuf.Any | null;
      }
      namespace CreateTaskRequest {
        interface Properties {
          id?: string | null;
          bundle?: string | null;
          rootfs?: readonly containerd.types.Mount.Properties[] | null;
          terminal?: boolean | null;
          stdin?: string | null;
          stdout?: string | null;
          stderr?: string | null;
          checkpoint?: string | null;
          parentCheckpoint?: string | null;
          options?: google.protobuf.Any.Properties | null;
        }
      }
      const CreateTaskRequest: MessageType<CreateTaskRequest, CreateTaskRequest.Properties>;
      interface CreateTaskResponse {
        pid: number;
      }
      namespace CreateTaskResponse {
        interface Properties {
          pid?: number | null;
        }
      }
      const CreateTaskResponse: MessageType<CreateTaskResponse, CreateTaskResponse.Properties>;
      interface StartRequest {
        id: string;
        execId: string;
      }
      namespace StartRequest {
        interface Properties {
          id?: string | null;
          execId?: string | null;
        }
      }
      const StartRequest: MessageType<StartRequest, StartRequest.Properties>;
      interface StartResponse {
        pid: number;
      }
      namespace StartResponse {
        interface Properties {
          pid?: number | null;
        }
      }
      const StartResponse: MessageType<StartResponse, StartResponse.Properties>;
      interface DeleteRequest {
        id: string;
        execId: string;
      }
      namespace DeleteRequest {
        interface Properties {
          id?: string | null;
          execId?: string | null;
        }
      }
      const DeleteRequest: MessageType<DeleteRequest, DeleteRequest.Properties>;
      interface DeleteResponse {
        pid: number;
        exitStatus: number;
        exitedAt: google.protobuf.Timestamp | null;
      }
      namespace DeleteResponse {
        interface Properties {
          pid?: number | null;
          exitStatus?: number | null;
          exitedAt?: google.protobuf.Timestamp.Properties | null;
        }
      }
      const DeleteResponse: MessageType<DeleteResponse, DeleteResponse.Properties>;
      interface PidsRequest {
        id: string;
      }
      namespace PidsRequest {
        interface Properties {
          id?: string | null;
        }
      }
      const PidsRequest: MessageType<PidsRequest, PidsRequest.Properties>;
      interface PidsResponse {
        processes: containerd.v1.types.ProcessInfo[];
      }
      namespace PidsResponse {
        interface Properties {
          processes?: readonly containerd.v1.types.ProcessInfo.Properties[] | null;
        }
      }
      const PidsResponse: MessageType<PidsResponse, PidsResponse.Properties>;
      interface PauseRequest {
        id: string;
      }
      namespace PauseRequest {
        interface Properties {
          id?: string | null;
        }
      }
      const PauseRequest: MessageType<PauseRequest, PauseRequest.Properties>;
      interface ResumeRequest {
        id: string;
      }
      namespace ResumeRequest {
        interface Properties {
          id?: string | null;
        }
      }
      const ResumeRequest: MessageType<ResumeRequest, ResumeRequest.Properties>;
      interface CheckpointTaskRequest {
        id: string;
        path: string;
        options: google.protobuf.Any | null;
      }
      namespace CheckpointTaskRequest {
        interface Properties {
          id?: string | null;
          path?: string | null;
          options?: google.protobuf.Any.Properties | null;
        }
      }
      const CheckpointTaskRequest: MessageType<CheckpointTaskRequest, CheckpointTaskRequest.Properties>;
      interface KillRequest {
        id: string;
        execId: string;
        signal: number;
        all: boolean;
      }
      namespace KillRequest {
        interface Properties {
          id?: string | null;
          execId?: string | null;
          signal?: number | null;
          all?: boolean | null;
        }
      }
      const KillRequest: MessageType<KillRequest, KillRequest.Properties>;
      interface ExecProcessRequest {
        id: string;
        execId: string;
        terminal: boolean;
        stdin: string;
        stdout: string;
        stderr: string;
        spec: google.protobuf.Any | null;
      }
      namespace ExecProcessRequest {
        interface Properties {
          id?: string | null;
          execId?: string | null;
          terminal?: boolean | null;
          stdin?: string | null;
          stdout?: string | null;
          stderr?: string | null;
          spec?: google.protobuf.Any.Properties | null;
        }
      }
      const ExecProcessRequest: MessageType<ExecProcessRequest, ExecProcessRequest.Properties>;
      interface ResizePtyRequest {
        id: string;
        execId: string;
        width: number;
        height: number;
      }
      namespace ResizePtyRequest {
        interface Properties {
          id?: string | null;
          execId?: string | null;
          width?: number | null;
          height?: number | null;
        }
      }
      const ResizePtyRequest: MessageType<ResizePtyRequest, ResizePtyRequest.Properties>;
      interface CloseIORequest {
        id: string;
        execId: string;
        stdin: boolean;
      }
      namespace CloseIORequest {
        interface Properties {
          id?: string | null;
          execId?: string | null;
          stdin?: boolean | null;
        }
      }
      const CloseIORequest: MessageType<CloseIORequest, CloseIORequest.Properties>;
      interface UpdateTaskRequest {
        id: string;
        resources: google.protobuf.Any | null;
        annotations: { [key: string]: string };
      }
      namespace UpdateTaskRequest {
        interface Properties {
          id?: string | null;
          resources?: google.protobuf.Any.Properties | null;
          annotations?: { readonly [key: string]: string } | null;
        }
      }
      const UpdateTaskRequest: MessageType<UpdateTaskRequest, UpdateTaskRequest.Properties>;
      interface WaitRequest {
        id: string;
        execId: string;
      }
      namespace WaitRequest {
        interface Properties {
          id?: string | null;
          execId?: string | null;
        }
      }
      const WaitRequest: MessageType<WaitRequest, WaitRequest.Properties>;
      interface WaitResponse {
        exitStatus: number;
        exitedAt: google.protobuf.Timestamp | null;
      }
      namespace WaitResponse {
        interface Properties {
          exitStatus?: number | null;
          exitedAt?: google.protobuf.Timestamp.Properties | null;
        }
      }
      const WaitResponse: MessageType<WaitResponse, WaitResponse.Properties>;
      interface StatsRequest {
        id: string;
      }
      namespace StatsRequest {
        interface Properties {
          id?: string | null;
        }
      }
      const StatsRequest: MessageType<StatsRequest, StatsRequest.Properties>;
      interface StatsResponse {
        stats: google.protobuf.Any | null;
      }
      namespace StatsResponse {
        interface Properties {
          stats?: google.protobuf.Any.Properties | null;
        }
      }
      const StatsResponse: MessageType<StatsResponse, StatsResponse.Properties>;
      interface ConnectRequest {
        id: string;
      }
      namespace ConnectRequest {
        interface Properties {
          id?: string | null;
        }
      }
      const ConnectRequest: MessageType<ConnectRequest, ConnectRequest.Properties>;
      interface ConnectResponse {
        shimPid: number;
        taskPid: number;
        version: string;
      }
      namespace ConnectResponse {
        interface Properties {
          shimPid?: number | null;
          taskPid?: number | null;
          version?: string | null;
        }
      }
      const ConnectResponse: MessageType<ConnectResponse, ConnectResponse.Properties>;
      interface ShutdownRequest {
        id: string;
        now: boolean;
      }
      namespace ShutdownRequest {
        interface Properties {
          id?: string | null;
          now?: boolean | null;
        }
      }
      const ShutdownRequest: MessageType<ShutdownRequest, ShutdownRequest.Properties>;
    }
  }
  namespace events {
    interface TaskCreate {
      containerId: string;
      bundle: string;
      rootfs: containerd.types.Mount[];
      io: TaskIO | null;
      checkpoint: string;
      pid: number;
    }
    namespace TaskCreate {
      interface Properties {
        containerId?: string | null;
        bundle?: string | null;
        rootfs?: readonly containerd.types.Mount.Properties[] | null;
        io?: TaskIO.Properties | null;
        checkpoint?: string | null;
        pid?: number | null;
      }
    }
    const TaskCreate: MessageType<TaskCreate, TaskCreate.Properties>;
    interface TaskIO {
      stdin: string;
      stdout: string;
      stderr: string;
      terminal: boolean;
    }
    namespace TaskIO {
      interface Properties {
        stdin?: string | null;
        stdout?: string | null;
        stderr?: string | null;
        terminal?: boolean | null;
      }
    }
    const TaskIO: MessageType<TaskIO, TaskIO.Properties>;
    interface TaskStart {
      containerId: string;
      pid: number;
    }
    namespace TaskStart {
      interface Properties {
        containerId?: string | null;
        pid?: number | null;
      }
    }
    const TaskStart: MessageType<TaskStart, TaskStart.Properties>;
    interface TaskExecAdded {
      containerId: string;
      execId: string;
    }
    namespace TaskExecAdded {
      interface Properties {
        containerId?: string | null;
        execId?: string | null;
      }
    }
    const TaskExecAdded: MessageType<TaskExecAdded, TaskExecAdded.Properties>;
    interface TaskExecStarted {
      containerId: string;
      execId: string;
      pid: number;
    }
    namespace TaskExecStarted {
      interface Properties {
        containerId?: string | null;
        execId?: string | null;
        pid?: number | null;
      }
    }
    const TaskExecStarted: MessageType<TaskExecStarted, TaskExecStarted.Properties>;
    interface TaskExit {
      containerId: string;
      id: string;
      pid: number;
      exitStatus: number;
      exitedAt: google.protobuf.Timestamp | null;
    }
    namespace TaskExit {
      interface Properties {
        containerId?: string | null;
        id?: string | null;
        pid?: number | null;
        exitStatus?: number | null;
        exitedAt?: google.protobuf.Timestamp.Properties | null;
      }
    }
    const TaskExit: MessageType<TaskExit, TaskExit.Properties>;
    interface TaskDelete {
      containerId: string;
      pid: number;
      exitStatus: number;
      exitedAt: google.protobuf.Timestamp | null;
      id: string;
    }
    namespace TaskDelete {
      interface Properties {
        containerId?: string | null;
        pid?: number | null;
        exitStatus?: number | null;
        exitedAt?: google.protobuf.Timestamp.Properties | null;
        id?: string | null;
      }
    }
    const TaskDelete: MessageType<TaskDelete, TaskDelete.Properties>;
    interface TaskOOM {
      containerId: string;
    }
    namespace TaskOOM {
      interface Properties {
        containerId?: string | null;
      }
    }
    const TaskOOM: MessageType<TaskOOM, TaskOOM.Properties>;
    interface TaskPaused {
      containerId: string;
    }
    namespace TaskPaused {
      interface Properties {
        containerId?: string | null;
      }
    }
    const TaskPaused: MessageType<TaskPaused, TaskPaused.Properties>;
    interface TaskResumed {
      containerId: string;
    }
    namespace TaskResumed {
      interface Properties {
        containerId?: string | null;
      }
    }
    const TaskResumed: MessageType<TaskResumed, TaskResumed.Properties>;
    interface TaskCheckpointed {
      containerId: string;
      checkpoint: string;
    }
    namespace TaskCheckpointed {
      interface Properties {
        containerId?: string | null;
        checkpoint?: string | null;
      }
    }
    const TaskCheckpointed: MessageType<TaskCheckpointed, TaskCheckpointed.Properties>;
  }
}

export namespace google {
  namespace protobuf {
    interface Any {
      typeUrl: string;
      value: Uint8Array;
    }
    namespace Any {
      interface Properties {
        typeUrl?: string | null;
        value?: Uint8Array | null;
      }
    }
    const Any: MessageType<Any, Any.Properties>;
    interface Timestamp {
      seconds: number;
      nanos: number;
    }
    namespace Timestamp {
      interface Properties {
        seconds?: number | null;
        nanos?: number | null;
      }
    }
    const Timestamp: MessageType<Timestamp, Timestamp.Properties>;
    interface Empty {}
    namespace Empty {
      interface Properties {}
    }
    const Empty: MessageType<Empty, Empty.Properties>;
  }
  namespace rpc {
    interface Status {
      code: number;
      message: string;
      details: google.protobuf.Any[];
    }
    namespace Status {
      interface Properties {
        code?: number | null;
        message?: string | null;
        details?: readonly google.protobuf.Any.Properties[] | null;
      }
    }
    const Status: MessageType<Status, Status.Properties>;
  }
}

export namespace runtimeoptions {
  namespace v1 {
    interface Options {
      typeUrl: string;
      configPath: string;
      configBody: Uint8Array;
    }
    namespace Options {
      interface Properties {
        typeUrl?: string | null;
        configPath?: string | null;
        configBody?: Uint8Array | null;
      }
    }
    const Options: MessageType<Options, Options.Properties>;
  }
}

export namespace ttrpc {
  interface Request {
    service: string;
    method: string;
    payload: Uint8Array;
    timeoutNano: number;
    metadata: KeyValue[];
  }
  namespace Request {
    interface Properties {
      service?: string | null;
      method?: string | null;
      payload?: Uint8Array | null;
      timeoutNano?: number | null;
      metadata?: readonly KeyValue.Properties[] | null;
    }
  }
  const Request: MessageType<Request, Request.Properties>;
  interface Response {
    status: google.rpc.Status | null;
    payload: Uint8Array;
  }
  namespace Response {
    interface Properties {
      status?: google.rpc.Status.Properties | null;
      payload?: Uint8Array | null;
    }
  }
  const Response: MessageType<Response, Response.Properties>;
  interface KeyValue {
    key: string;
    value: string;
  }
  namespace KeyValue {
    interface Properties {
      key?: string | null;
      value?: string | null;
    }
  }
  const KeyValue: MessageType<KeyValue, KeyValue.Properties>;
}
