// Generated from the .proto files by tools/proto.ts: not to be edited.
// deno-lint-ignore-file no-empty-interface
import { messageType, readMapEntry, toLong, writeMap } from "./protobuf.ts";

export interface BootstrapParams {
  instanceId: string;
  namespace: string;
  logLevel: BootstrapLogLevel;
  containerdVersion: string;
  containerdTtrpcAddress: string;
  containerdGrpcAddress: string;
  containerdBinary: string;
  extensions: BootstrapExtension[];
  socketDir: string | null;
}
export declare namespace BootstrapParams {
  interface Properties extends Partial<Omit<BootstrapParams, "extensions">> {
    extensions?: readonly BootstrapExtension.Properties[];
  }
}
export const BootstrapParams = /* @__PURE__ */ messageType<
  BootstrapParams,
  BootstrapParams.Properties
>(
  () => ({
    instanceId: "",
    namespace: "",
    logLevel: 0,
    containerdVersion: "",
    containerdTtrpcAddress: "",
    containerdGrpcAddress: "",
    containerdBinary: "",
    extensions: [],
    socketDir: null,
  }),
  (message, tag, reader) => {
    if (tag === 10) message.instanceId = reader.stringVerify();
    else if (tag === 18) message.namespace = reader.stringVerify();
    else if (tag === 24) message.logLevel = reader.int32();
    else if (tag === 34) message.containerdVersion = reader.stringVerify();
    else if (tag === 42) message.containerdTtrpcAddress = reader.stringVerify();
    else if (tag === 50) message.containerdGrpcAddress = reader.stringVerify();
    else if (tag === 58) message.containerdBinary = reader.stringVerify();
    else if (tag === 66) message.extensions.push(BootstrapExtension.decode(reader.bytes()));
    else if (tag === 74) message.socketDir = reader.stringVerify();
  },
  (message, writer) => {
    if (message.instanceId) writer.uint32(10).string(message.instanceId);
    if (message.namespace) writer.uint32(18).string(message.namespace);
    if (message.logLevel) writer.uint32(24).int32(message.logLevel);
    if (message.containerdVersion) writer.uint32(34).string(message.containerdVersion);
    if (message.containerdTtrpcAddress) writer.uint32(42).string(message.containerdTtrpcAddress);
    if (message.containerdGrpcAddress) writer.uint32(50).string(message.containerdGrpcAddress);
    if (message.containerdBinary) writer.uint32(58).string(message.containerdBinary);
    for (const item of message.extensions ?? []) {
      BootstrapExtension.encode(item, writer.uint32(66).fork()).ldelim();
    }
    if (message.socketDir != null) writer.uint32(74).string(message.socketDir);
  },
);

export interface BootstrapExtension {
  value: Any | null;
}
export declare namespace BootstrapExtension {
  interface Properties {
    value?: Any.Properties | null;
  }
}
export const BootstrapExtension = /* @__PURE__ */ messageType<
  BootstrapExtension,
  BootstrapExtension.Properties
>(
  () => ({ value: null }),
  (message, tag, reader) => {
    if (tag === 10) message.value = Any.decode(reader.bytes(), message.value);
  },
  (message, writer) => {
    if (message.value) Any.encode(message.value, writer.uint32(10).fork()).ldelim();
  },
);

export enum BootstrapLogLevel {
  LOG_LEVEL_INFO = 0,
  LOG_LEVEL_TRACE = -8,
  LOG_LEVEL_DEBUG = -4,
  LOG_LEVEL_WARN = 4,
  LOG_LEVEL_ERROR = 8,
  LOG_LEVEL_FATAL = 10,
  LOG_LEVEL_PANIC = 12,
}

export interface BootstrapResult {
  version: number;
  address: string;
  protocol: string;
  capabilities: BootstrapCapability[];
  metadata: Record<string, string>;
}
export declare namespace BootstrapResult {
  interface Properties extends Partial<Omit<BootstrapResult, "capabilities" | "metadata">> {
    capabilities?: readonly BootstrapCapability[];
    metadata?: Readonly<Record<string, string>>;
  }
}
export const BootstrapResult = /* @__PURE__ */ messageType<
  BootstrapResult,
  BootstrapResult.Properties
>(
  () => ({ version: 0, address: "", protocol: "", capabilities: [], metadata: {} }),
  (message, tag, reader) => {
    if (tag === 8) message.version = reader.int32();
    else if (tag === 18) message.address = reader.stringVerify();
    else if (tag === 26) message.protocol = reader.stringVerify();
    else if (tag === 34) reader.int32s(message.capabilities);
    else if (tag === 32) message.capabilities.push(reader.int32());
    else if (tag === 42) readMapEntry(message.metadata, reader.bytes());
  },
  (message, writer) => {
    if (message.version) writer.uint32(8).int32(message.version);
    if (message.address) writer.uint32(18).string(message.address);
    if (message.protocol) writer.uint32(26).string(message.protocol);
    if (message.capabilities?.length) writer.uint32(34).int32s([...message.capabilities]);
    if (message.metadata) writeMap(writer, 42, message.metadata);
  },
);

export enum BootstrapCapability {
  CAPABILITY_UNSPECIFIED = 0,
}

export interface GetRequest {
  id: string;
}
export declare namespace GetRequest {
  type Properties = Partial<GetRequest>;
}
export const GetRequest = /* @__PURE__ */ messageType<GetRequest, GetRequest.Properties>(
  () => ({ id: "" }),
  (message, tag, reader) => {
    if (tag === 10) message.id = reader.stringVerify();
  },
  (message, writer) => {
    if (message.id) writer.uint32(10).string(message.id);
  },
);

export interface NamespaceList {
  namespaces: NamedNamespace[];
}
export declare namespace NamespaceList {
  interface Properties {
    namespaces?: readonly NamedNamespace.Properties[];
  }
}
export const NamespaceList = /* @__PURE__ */ messageType<NamespaceList, NamespaceList.Properties>(
  () => ({ namespaces: [] }),
  (message, tag, reader) => {
    if (tag === 10) message.namespaces.push(NamedNamespace.decode(reader.bytes()));
  },
  (message, writer) => {
    for (const item of message.namespaces ?? []) {
      NamedNamespace.encode(item, writer.uint32(10).fork()).ldelim();
    }
  },
);

export interface NamedNamespace {
  name: string;
}
export declare namespace NamedNamespace {
  type Properties = Partial<NamedNamespace>;
}
export const NamedNamespace = /* @__PURE__ */ messageType<
  NamedNamespace,
  NamedNamespace.Properties
>(
  () => ({ name: "" }),
  (message, tag, reader) => {
    if (tag === 10) message.name = reader.stringVerify();
  },
  (message, writer) => {
    if (message.name) writer.uint32(10).string(message.name);
  },
);

export interface ForwardRequest {
  envelope: Envelope | null;
}
export declare namespace ForwardRequest {
  interface Properties {
    envelope?: Envelope.Properties | null;
  }
}
export const ForwardRequest = /* @__PURE__ */ messageType<
  ForwardRequest,
  ForwardRequest.Properties
>(
  () => ({ envelope: null }),
  (message, tag, reader) => {
    if (tag === 10) message.envelope = Envelope.decode(reader.bytes(), message.envelope);
  },
  (message, writer) => {
    if (message.envelope) Envelope.encode(message.envelope, writer.uint32(10).fork()).ldelim();
  },
);

export interface SubscribeRequest {
  filters: string[];
}
export declare namespace SubscribeRequest {
  interface Properties {
    filters?: readonly string[];
  }
}
export const SubscribeRequest = /* @__PURE__ */ messageType<
  SubscribeRequest,
  SubscribeRequest.Properties
>(
  () => ({ filters: [] }),
  (message, tag, reader) => {
    if (tag === 10) message.filters.push(reader.stringVerify());
  },
  (message, writer) => {
    for (const item of message.filters ?? []) writer.uint32(10).string(item);
  },
);

export interface NamedEvent {
  name: string;
}
export declare namespace NamedEvent {
  type Properties = Partial<NamedEvent>;
}
export const NamedEvent = /* @__PURE__ */ messageType<NamedEvent, NamedEvent.Properties>(
  () => ({ name: "" }),
  (message, tag, reader) => {
    if (tag === 10) message.name = reader.stringVerify();
  },
  (message, writer) => {
    if (message.name) writer.uint32(10).string(message.name);
  },
);

export interface CreateOptions {
  noPivotRoot: boolean;
  noNewKeyring: boolean;
  shimCgroup: string;
  ioUid: number;
  ioGid: number;
  criuWorkPath: string;
  criuImagePath: string;
}
export declare namespace CreateOptions {
  type Properties = Partial<CreateOptions>;
}
export const CreateOptions = /* @__PURE__ */ messageType<CreateOptions, CreateOptions.Properties>(
  () => ({
    noPivotRoot: false,
    noNewKeyring: false,
    shimCgroup: "",
    ioUid: 0,
    ioGid: 0,
    criuWorkPath: "",
    criuImagePath: "",
  }),
  (message, tag, reader) => {
    if (tag === 8) message.noPivotRoot = reader.bool();
    else if (tag === 64) message.noNewKeyring = reader.bool();
    else if (tag === 74) message.shimCgroup = reader.stringVerify();
    else if (tag === 80) message.ioUid = reader.uint32();
    else if (tag === 88) message.ioGid = reader.uint32();
    else if (tag === 98) message.criuWorkPath = reader.stringVerify();
    else if (tag === 106) message.criuImagePath = reader.stringVerify();
  },
  (message, writer) => {
    if (message.noPivotRoot) writer.uint32(8).bool(message.noPivotRoot);
    if (message.noNewKeyring) writer.uint32(64).bool(message.noNewKeyring);
    if (message.shimCgroup) writer.uint32(74).string(message.shimCgroup);
    if (message.ioUid) writer.uint32(80).uint32(message.ioUid);
    if (message.ioGid) writer.uint32(88).uint32(message.ioGid);
    if (message.criuWorkPath) writer.uint32(98).string(message.criuWorkPath);
    if (message.criuImagePath) writer.uint32(106).string(message.criuImagePath);
  },
);

export interface Envelope {
  timestamp: Timestamp | null;
  namespace: string;
  topic: string;
  event: Any | null;
}
export declare namespace Envelope {
  interface Properties extends Partial<Omit<Envelope, "timestamp" | "event">> {
    timestamp?: Timestamp.Properties | null;
    event?: Any.Properties | null;
  }
}
export const Envelope = /* @__PURE__ */ messageType<Envelope, Envelope.Properties>(
  () => ({ timestamp: null, namespace: "", topic: "", event: null }),
  (message, tag, reader) => {
    if (tag === 10) message.timestamp = Timestamp.decode(reader.bytes(), message.timestamp);
    else if (tag === 18) message.namespace = reader.stringVerify();
    else if (tag === 26) message.topic = reader.stringVerify();
    else if (tag === 34) message.event = Any.decode(reader.bytes(), message.event);
  },
  (message, writer) => {
    if (message.timestamp) Timestamp.encode(message.timestamp, writer.uint32(10).fork()).ldelim();
    if (message.namespace) writer.uint32(18).string(message.namespace);
    if (message.topic) writer.uint32(26).string(message.topic);
    if (message.event) Any.encode(message.event, writer.uint32(34).fork()).ldelim();
  },
);

export interface Mount {
  type: string;
  source: string;
  target: string;
  options: string[];
}
export declare namespace Mount {
  interface Properties extends Partial<Omit<Mount, "options">> {
    options?: readonly string[];
  }
}
export const Mount = /* @__PURE__ */ messageType<Mount, Mount.Properties>(
  () => ({ type: "", source: "", target: "", options: [] }),
  (message, tag, reader) => {
    if (tag === 10) message.type = reader.stringVerify();
    else if (tag === 18) message.source = reader.stringVerify();
    else if (tag === 26) message.target = reader.stringVerify();
    else if (tag === 34) message.options.push(reader.stringVerify());
  },
  (message, writer) => {
    if (message.type) writer.uint32(10).string(message.type);
    if (message.source) writer.uint32(18).string(message.source);
    if (message.target) writer.uint32(26).string(message.target);
    for (const item of message.options ?? []) writer.uint32(34).string(item);
  },
);

export interface RuntimeInfo {
  name: string;
  version: RuntimeVersion | null;
  options: Any | null;
  features: Any | null;
  annotations: Record<string, string>;
}
export declare namespace RuntimeInfo {
  interface Properties
    extends Partial<Omit<RuntimeInfo, "version" | "options" | "features" | "annotations">> {
    version?: RuntimeVersion.Properties | null;
    options?: Any.Properties | null;
    features?: Any.Properties | null;
    annotations?: Readonly<Record<string, string>>;
  }
}
export const RuntimeInfo = /* @__PURE__ */ messageType<RuntimeInfo, RuntimeInfo.Properties>(
  () => ({ name: "", version: null, options: null, features: null, annotations: {} }),
  (message, tag, reader) => {
    if (tag === 10) message.name = reader.stringVerify();
    else if (tag === 18) message.version = RuntimeVersion.decode(reader.bytes(), message.version);
    else if (tag === 26) message.options = Any.decode(reader.bytes(), message.options);
    else if (tag === 34) message.features = Any.decode(reader.bytes(), message.features);
    else if (tag === 42) readMapEntry(message.annotations, reader.bytes());
  },
  (message, writer) => {
    if (message.name) writer.uint32(10).string(message.name);
    if (message.version) RuntimeVersion.encode(message.version, writer.uint32(18).fork()).ldelim();
    if (message.options) Any.encode(message.options, writer.uint32(26).fork()).ldelim();
    if (message.features) Any.encode(message.features, writer.uint32(34).fork()).ldelim();
    if (message.annotations) writeMap(writer, 42, message.annotations);
  },
);

export interface RuntimeVersion {
  version: string;
  revision: string;
}
export declare namespace RuntimeVersion {
  type Properties = Partial<RuntimeVersion>;
}
export const RuntimeVersion = /* @__PURE__ */ messageType<
  RuntimeVersion,
  RuntimeVersion.Properties
>(
  () => ({ version: "", revision: "" }),
  (message, tag, reader) => {
    if (tag === 10) message.version = reader.stringVerify();
    else if (tag === 18) message.revision = reader.stringVerify();
  },
  (message, writer) => {
    if (message.version) writer.uint32(10).string(message.version);
    if (message.revision) writer.uint32(18).string(message.revision);
  },
);

export enum TaskStatus {
  UNKNOWN = 0,
  CREATED = 1,
  RUNNING = 2,
  STOPPED = 3,
  PAUSED = 4,
  PAUSING = 5,
}

export interface ProcessInfo {
  pid: number;
  info: Any | null;
}
export declare namespace ProcessInfo {
  interface Properties extends Partial<Omit<ProcessInfo, "info">> {
    info?: Any.Properties | null;
  }
}
export const ProcessInfo = /* @__PURE__ */ messageType<ProcessInfo, ProcessInfo.Properties>(
  () => ({ pid: 0, info: null }),
  (message, tag, reader) => {
    if (tag === 8) message.pid = reader.uint32();
    else if (tag === 18) message.info = Any.decode(reader.bytes(), message.info);
  },
  (message, writer) => {
    if (message.pid) writer.uint32(8).uint32(message.pid);
    if (message.info) Any.encode(message.info, writer.uint32(18).fork()).ldelim();
  },
);

export interface RuncOptions {
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
export declare namespace RuncOptions {
  type Properties = Partial<RuncOptions>;
}
export const RuncOptions = /* @__PURE__ */ messageType<RuncOptions, RuncOptions.Properties>(
  () => ({
    noPivotRoot: false,
    noNewKeyring: false,
    shimCgroup: "",
    ioUid: 0,
    ioGid: 0,
    binaryName: "",
    root: "",
    systemdCgroup: false,
    criuImagePath: "",
    criuWorkPath: "",
    taskApiAddress: "",
    taskApiVersion: 0,
  }),
  (message, tag, reader) => {
    if (tag === 8) message.noPivotRoot = reader.bool();
    else if (tag === 16) message.noNewKeyring = reader.bool();
    else if (tag === 26) message.shimCgroup = reader.stringVerify();
    else if (tag === 32) message.ioUid = reader.uint32();
    else if (tag === 40) message.ioGid = reader.uint32();
    else if (tag === 50) message.binaryName = reader.stringVerify();
    else if (tag === 58) message.root = reader.stringVerify();
    else if (tag === 72) message.systemdCgroup = reader.bool();
    else if (tag === 82) message.criuImagePath = reader.stringVerify();
    else if (tag === 90) message.criuWorkPath = reader.stringVerify();
    else if (tag === 98) message.taskApiAddress = reader.stringVerify();
    else if (tag === 104) message.taskApiVersion = reader.uint32();
  },
  (message, writer) => {
    if (message.noPivotRoot) writer.uint32(8).bool(message.noPivotRoot);
    if (message.noNewKeyring) writer.uint32(16).bool(message.noNewKeyring);
    if (message.shimCgroup) writer.uint32(26).string(message.shimCgroup);
    if (message.ioUid) writer.uint32(32).uint32(message.ioUid);
    if (message.ioGid) writer.uint32(40).uint32(message.ioGid);
    if (message.binaryName) writer.uint32(50).string(message.binaryName);
    if (message.root) writer.uint32(58).string(message.root);
    if (message.systemdCgroup) writer.uint32(72).bool(message.systemdCgroup);
    if (message.criuImagePath) writer.uint32(82).string(message.criuImagePath);
    if (message.criuWorkPath) writer.uint32(90).string(message.criuWorkPath);
    if (message.taskApiAddress) writer.uint32(98).string(message.taskApiAddress);
    if (message.taskApiVersion) writer.uint32(104).uint32(message.taskApiVersion);
  },
);

export interface CheckpointOptions {
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
export declare namespace CheckpointOptions {
  interface Properties extends Partial<Omit<CheckpointOptions, "emptyNamespaces">> {
    emptyNamespaces?: readonly string[];
  }
}
export const CheckpointOptions = /* @__PURE__ */ messageType<
  CheckpointOptions,
  CheckpointOptions.Properties
>(
  () => ({
    exit: false,
    openTcp: false,
    externalUnixSockets: false,
    terminal: false,
    fileLocks: false,
    emptyNamespaces: [],
    cgroupsMode: "",
    imagePath: "",
    workPath: "",
    parentPath: "",
  }),
  (message, tag, reader) => {
    if (tag === 8) message.exit = reader.bool();
    else if (tag === 16) message.openTcp = reader.bool();
    else if (tag === 24) message.externalUnixSockets = reader.bool();
    else if (tag === 32) message.terminal = reader.bool();
    else if (tag === 40) message.fileLocks = reader.bool();
    else if (tag === 50) message.emptyNamespaces.push(reader.stringVerify());
    else if (tag === 58) message.cgroupsMode = reader.stringVerify();
    else if (tag === 66) message.imagePath = reader.stringVerify();
    else if (tag === 74) message.workPath = reader.stringVerify();
    else if (tag === 82) message.parentPath = reader.stringVerify();
  },
  (message, writer) => {
    if (message.exit) writer.uint32(8).bool(message.exit);
    if (message.openTcp) writer.uint32(16).bool(message.openTcp);
    if (message.externalUnixSockets) writer.uint32(24).bool(message.externalUnixSockets);
    if (message.terminal) writer.uint32(32).bool(message.terminal);
    if (message.fileLocks) writer.uint32(40).bool(message.fileLocks);
    for (const item of message.emptyNamespaces ?? []) writer.uint32(50).string(item);
    if (message.cgroupsMode) writer.uint32(58).string(message.cgroupsMode);
    if (message.imagePath) writer.uint32(66).string(message.imagePath);
    if (message.workPath) writer.uint32(74).string(message.workPath);
    if (message.parentPath) writer.uint32(82).string(message.parentPath);
  },
);

export interface ProcessDetails {
  execId: string;
}
export declare namespace ProcessDetails {
  type Properties = Partial<ProcessDetails>;
}
export const ProcessDetails = /* @__PURE__ */ messageType<
  ProcessDetails,
  ProcessDetails.Properties
>(
  () => ({ execId: "" }),
  (message, tag, reader) => {
    if (tag === 10) message.execId = reader.stringVerify();
  },
  (message, writer) => {
    if (message.execId) writer.uint32(10).string(message.execId);
  },
);

export interface StateRequest {
  id: string;
  execId: string;
}
export declare namespace StateRequest {
  type Properties = Partial<StateRequest>;
}
export const StateRequest = /* @__PURE__ */ messageType<StateRequest, StateRequest.Properties>(
  () => ({ id: "", execId: "" }),
  (message, tag, reader) => {
    if (tag === 10) message.id = reader.stringVerify();
    else if (tag === 18) message.execId = reader.stringVerify();
  },
  (message, writer) => {
    if (message.id) writer.uint32(10).string(message.id);
    if (message.execId) writer.uint32(18).string(message.execId);
  },
);

export interface StateResponse {
  id: string;
  bundle: string;
  pid: number;
  status: TaskStatus;
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
  exitStatus: number;
  exitedAt: Timestamp | null;
  execId: string;
}
export declare namespace StateResponse {
  interface Properties extends Partial<Omit<StateResponse, "exitedAt">> {
    exitedAt?: Timestamp.Properties | null;
  }
}
export const StateResponse = /* @__PURE__ */ messageType<StateResponse, StateResponse.Properties>(
  () => ({
    id: "",
    bundle: "",
    pid: 0,
    status: 0,
    stdin: "",
    stdout: "",
    stderr: "",
    terminal: false,
    exitStatus: 0,
    exitedAt: null,
    execId: "",
  }),
  (message, tag, reader) => {
    if (tag === 10) message.id = reader.stringVerify();
    else if (tag === 18) message.bundle = reader.stringVerify();
    else if (tag === 24) message.pid = reader.uint32();
    else if (tag === 32) message.status = reader.int32();
    else if (tag === 42) message.stdin = reader.stringVerify();
    else if (tag === 50) message.stdout = reader.stringVerify();
    else if (tag === 58) message.stderr = reader.stringVerify();
    else if (tag === 64) message.terminal = reader.bool();
    else if (tag === 72) message.exitStatus = reader.uint32();
    else if (tag === 82) message.exitedAt = Timestamp.decode(reader.bytes(), message.exitedAt);
    else if (tag === 90) message.execId = reader.stringVerify();
  },
  (message, writer) => {
    if (message.id) writer.uint32(10).string(message.id);
    if (message.bundle) writer.uint32(18).string(message.bundle);
    if (message.pid) writer.uint32(24).uint32(message.pid);
    if (message.status) writer.uint32(32).int32(message.status);
    if (message.stdin) writer.uint32(42).string(message.stdin);
    if (message.stdout) writer.uint32(50).string(message.stdout);
    if (message.stderr) writer.uint32(58).string(message.stderr);
    if (message.terminal) writer.uint32(64).bool(message.terminal);
    if (message.exitStatus) writer.uint32(72).uint32(message.exitStatus);
    if (message.exitedAt) Timestamp.encode(message.exitedAt, writer.uint32(82).fork()).ldelim();
    if (message.execId) writer.uint32(90).string(message.execId);
  },
);

export interface CreateTaskRequest {
  id: string;
  bundle: string;
  rootfs: Mount[];
  terminal: boolean;
  stdin: string;
  stdout: string;
  stderr: string;
  checkpoint: string;
  parentCheckpoint: string;
  options: Any | null;
}
export declare namespace CreateTaskRequest {
  interface Properties extends Partial<Omit<CreateTaskRequest, "rootfs" | "options">> {
    rootfs?: readonly Mount.Properties[];
    options?: Any.Properties | null;
  }
}
export const CreateTaskRequest = /* @__PURE__ */ messageType<
  CreateTaskRequest,
  CreateTaskRequest.Properties
>(
  () => ({
    id: "",
    bundle: "",
    rootfs: [],
    terminal: false,
    stdin: "",
    stdout: "",
    stderr: "",
    checkpoint: "",
    parentCheckpoint: "",
    options: null,
  }),
  (message, tag, reader) => {
    if (tag === 10) message.id = reader.stringVerify();
    else if (tag === 18) message.bundle = reader.stringVerify();
    else if (tag === 26) message.rootfs.push(Mount.decode(reader.bytes()));
    else if (tag === 32) message.terminal = reader.bool();
    else if (tag === 42) message.stdin = reader.stringVerify();
    else if (tag === 50) message.stdout = reader.stringVerify();
    else if (tag === 58) message.stderr = reader.stringVerify();
    else if (tag === 66) message.checkpoint = reader.stringVerify();
    else if (tag === 74) message.parentCheckpoint = reader.stringVerify();
    else if (tag === 82) message.options = Any.decode(reader.bytes(), message.options);
  },
  (message, writer) => {
    if (message.id) writer.uint32(10).string(message.id);
    if (message.bundle) writer.uint32(18).string(message.bundle);
    for (const item of message.rootfs ?? []) Mount.encode(item, writer.uint32(26).fork()).ldelim();
    if (message.terminal) writer.uint32(32).bool(message.terminal);
    if (message.stdin) writer.uint32(42).string(message.stdin);
    if (message.stdout) writer.uint32(50).string(message.stdout);
    if (message.stderr) writer.uint32(58).string(message.stderr);
    if (message.checkpoint) writer.uint32(66).string(message.checkpoint);
    if (message.parentCheckpoint) writer.uint32(74).string(message.parentCheckpoint);
    if (message.options) Any.encode(message.options, writer.uint32(82).fork()).ldelim();
  },
);

export interface CreateTaskResponse {
  pid: number;
}
export declare namespace CreateTaskResponse {
  type Properties = Partial<CreateTaskResponse>;
}
export const CreateTaskResponse = /* @__PURE__ */ messageType<
  CreateTaskResponse,
  CreateTaskResponse.Properties
>(
  () => ({ pid: 0 }),
  (message, tag, reader) => {
    if (tag === 8) message.pid = reader.uint32();
  },
  (message, writer) => {
    if (message.pid) writer.uint32(8).uint32(message.pid);
  },
);

export interface StartRequest {
  id: string;
  execId: string;
}
export declare namespace StartRequest {
  type Properties = Partial<StartRequest>;
}
export const StartRequest = /* @__PURE__ */ messageType<StartRequest, StartRequest.Properties>(
  () => ({ id: "", execId: "" }),
  (message, tag, reader) => {
    if (tag === 10) message.id = reader.stringVerify();
    else if (tag === 18) message.execId = reader.stringVerify();
  },
  (message, writer) => {
    if (message.id) writer.uint32(10).string(message.id);
    if (message.execId) writer.uint32(18).string(message.execId);
  },
);

export interface StartResponse {
  pid: number;
}
export declare namespace StartResponse {
  type Properties = Partial<StartResponse>;
}
export const StartResponse = /* @__PURE__ */ messageType<StartResponse, StartResponse.Properties>(
  () => ({ pid: 0 }),
  (message, tag, reader) => {
    if (tag === 8) message.pid = reader.uint32();
  },
  (message, writer) => {
    if (message.pid) writer.uint32(8).uint32(message.pid);
  },
);

export interface DeleteRequest {
  id: string;
  execId: string;
}
export declare namespace DeleteRequest {
  type Properties = Partial<DeleteRequest>;
}
export const DeleteRequest = /* @__PURE__ */ messageType<DeleteRequest, DeleteRequest.Properties>(
  () => ({ id: "", execId: "" }),
  (message, tag, reader) => {
    if (tag === 10) message.id = reader.stringVerify();
    else if (tag === 18) message.execId = reader.stringVerify();
  },
  (message, writer) => {
    if (message.id) writer.uint32(10).string(message.id);
    if (message.execId) writer.uint32(18).string(message.execId);
  },
);

export interface DeleteResponse {
  pid: number;
  exitStatus: number;
  exitedAt: Timestamp | null;
}
export declare namespace DeleteResponse {
  interface Properties extends Partial<Omit<DeleteResponse, "exitedAt">> {
    exitedAt?: Timestamp.Properties | null;
  }
}
export const DeleteResponse = /* @__PURE__ */ messageType<
  DeleteResponse,
  DeleteResponse.Properties
>(
  () => ({ pid: 0, exitStatus: 0, exitedAt: null }),
  (message, tag, reader) => {
    if (tag === 8) message.pid = reader.uint32();
    else if (tag === 16) message.exitStatus = reader.uint32();
    else if (tag === 26) message.exitedAt = Timestamp.decode(reader.bytes(), message.exitedAt);
  },
  (message, writer) => {
    if (message.pid) writer.uint32(8).uint32(message.pid);
    if (message.exitStatus) writer.uint32(16).uint32(message.exitStatus);
    if (message.exitedAt) Timestamp.encode(message.exitedAt, writer.uint32(26).fork()).ldelim();
  },
);

export interface PidsRequest {
  id: string;
}
export declare namespace PidsRequest {
  type Properties = Partial<PidsRequest>;
}
export const PidsRequest = /* @__PURE__ */ messageType<PidsRequest, PidsRequest.Properties>(
  () => ({ id: "" }),
  (message, tag, reader) => {
    if (tag === 10) message.id = reader.stringVerify();
  },
  (message, writer) => {
    if (message.id) writer.uint32(10).string(message.id);
  },
);

export interface PidsResponse {
  processes: ProcessInfo[];
}
export declare namespace PidsResponse {
  interface Properties {
    processes?: readonly ProcessInfo.Properties[];
  }
}
export const PidsResponse = /* @__PURE__ */ messageType<PidsResponse, PidsResponse.Properties>(
  () => ({ processes: [] }),
  (message, tag, reader) => {
    if (tag === 10) message.processes.push(ProcessInfo.decode(reader.bytes()));
  },
  (message, writer) => {
    for (const item of message.processes ?? []) {
      ProcessInfo.encode(item, writer.uint32(10).fork()).ldelim();
    }
  },
);

export interface PauseRequest {
  id: string;
}
export declare namespace PauseRequest {
  type Properties = Partial<PauseRequest>;
}
export const PauseRequest = /* @__PURE__ */ messageType<PauseRequest, PauseRequest.Properties>(
  () => ({ id: "" }),
  (message, tag, reader) => {
    if (tag === 10) message.id = reader.stringVerify();
  },
  (message, writer) => {
    if (message.id) writer.uint32(10).string(message.id);
  },
);

export interface ResumeRequest {
  id: string;
}
export declare namespace ResumeRequest {
  type Properties = Partial<ResumeRequest>;
}
export const ResumeRequest = /* @__PURE__ */ messageType<ResumeRequest, ResumeRequest.Properties>(
  () => ({ id: "" }),
  (message, tag, reader) => {
    if (tag === 10) message.id = reader.stringVerify();
  },
  (message, writer) => {
    if (message.id) writer.uint32(10).string(message.id);
  },
);

export interface CheckpointTaskRequest {
  id: string;
  path: string;
  options: Any | null;
}
export declare namespace CheckpointTaskRequest {
  interface Properties extends Partial<Omit<CheckpointTaskRequest, "options">> {
    options?: Any.Properties | null;
  }
}
export const CheckpointTaskRequest = /* @__PURE__ */ messageType<
  CheckpointTaskRequest,
  CheckpointTaskRequest.Properties
>(
  () => ({ id: "", path: "", options: null }),
  (message, tag, reader) => {
    if (tag === 10) message.id = reader.stringVerify();
    else if (tag === 18) message.path = reader.stringVerify();
    else if (tag === 26) message.options = Any.decode(reader.bytes(), message.options);
  },
  (message, writer) => {
    if (message.id) writer.uint32(10).string(message.id);
    if (message.path) writer.uint32(18).string(message.path);
    if (message.options) Any.encode(message.options, writer.uint32(26).fork()).ldelim();
  },
);

export interface KillRequest {
  id: string;
  execId: string;
  signal: number;
  all: boolean;
}
export declare namespace KillRequest {
  type Properties = Partial<KillRequest>;
}
export const KillRequest = /* @__PURE__ */ messageType<KillRequest, KillRequest.Properties>(
  () => ({ id: "", execId: "", signal: 0, all: false }),
  (message, tag, reader) => {
    if (tag === 10) message.id = reader.stringVerify();
    else if (tag === 18) message.execId = reader.stringVerify();
    else if (tag === 24) message.signal = reader.uint32();
    else if (tag === 32) message.all = reader.bool();
  },
  (message, writer) => {
    if (message.id) writer.uint32(10).string(message.id);
    if (message.execId) writer.uint32(18).string(message.execId);
    if (message.signal) writer.uint32(24).uint32(message.signal);
    if (message.all) writer.uint32(32).bool(message.all);
  },
);

export interface ExecProcessRequest {
  id: string;
  execId: string;
  terminal: boolean;
  stdin: string;
  stdout: string;
  stderr: string;
  spec: Any | null;
}
export declare namespace ExecProcessRequest {
  interface Properties extends Partial<Omit<ExecProcessRequest, "spec">> {
    spec?: Any.Properties | null;
  }
}
export const ExecProcessRequest = /* @__PURE__ */ messageType<
  ExecProcessRequest,
  ExecProcessRequest.Properties
>(
  () => ({ id: "", execId: "", terminal: false, stdin: "", stdout: "", stderr: "", spec: null }),
  (message, tag, reader) => {
    if (tag === 10) message.id = reader.stringVerify();
    else if (tag === 18) message.execId = reader.stringVerify();
    else if (tag === 24) message.terminal = reader.bool();
    else if (tag === 34) message.stdin = reader.stringVerify();
    else if (tag === 42) message.stdout = reader.stringVerify();
    else if (tag === 50) message.stderr = reader.stringVerify();
    else if (tag === 58) message.spec = Any.decode(reader.bytes(), message.spec);
  },
  (message, writer) => {
    if (message.id) writer.uint32(10).string(message.id);
    if (message.execId) writer.uint32(18).string(message.execId);
    if (message.terminal) writer.uint32(24).bool(message.terminal);
    if (message.stdin) writer.uint32(34).string(message.stdin);
    if (message.stdout) writer.uint32(42).string(message.stdout);
    if (message.stderr) writer.uint32(50).string(message.stderr);
    if (message.spec) Any.encode(message.spec, writer.uint32(58).fork()).ldelim();
  },
);

export interface ResizePtyRequest {
  id: string;
  execId: string;
  width: number;
  height: number;
}
export declare namespace ResizePtyRequest {
  type Properties = Partial<ResizePtyRequest>;
}
export const ResizePtyRequest = /* @__PURE__ */ messageType<
  ResizePtyRequest,
  ResizePtyRequest.Properties
>(
  () => ({ id: "", execId: "", width: 0, height: 0 }),
  (message, tag, reader) => {
    if (tag === 10) message.id = reader.stringVerify();
    else if (tag === 18) message.execId = reader.stringVerify();
    else if (tag === 24) message.width = reader.uint32();
    else if (tag === 32) message.height = reader.uint32();
  },
  (message, writer) => {
    if (message.id) writer.uint32(10).string(message.id);
    if (message.execId) writer.uint32(18).string(message.execId);
    if (message.width) writer.uint32(24).uint32(message.width);
    if (message.height) writer.uint32(32).uint32(message.height);
  },
);

export interface CloseIORequest {
  id: string;
  execId: string;
  stdin: boolean;
}
export declare namespace CloseIORequest {
  type Properties = Partial<CloseIORequest>;
}
export const CloseIORequest = /* @__PURE__ */ messageType<
  CloseIORequest,
  CloseIORequest.Properties
>(
  () => ({ id: "", execId: "", stdin: false }),
  (message, tag, reader) => {
    if (tag === 10) message.id = reader.stringVerify();
    else if (tag === 18) message.execId = reader.stringVerify();
    else if (tag === 24) message.stdin = reader.bool();
  },
  (message, writer) => {
    if (message.id) writer.uint32(10).string(message.id);
    if (message.execId) writer.uint32(18).string(message.execId);
    if (message.stdin) writer.uint32(24).bool(message.stdin);
  },
);

export interface UpdateTaskRequest {
  id: string;
  resources: Any | null;
  annotations: Record<string, string>;
}
export declare namespace UpdateTaskRequest {
  interface Properties extends Partial<Omit<UpdateTaskRequest, "resources" | "annotations">> {
    resources?: Any.Properties | null;
    annotations?: Readonly<Record<string, string>>;
  }
}
export const UpdateTaskRequest = /* @__PURE__ */ messageType<
  UpdateTaskRequest,
  UpdateTaskRequest.Properties
>(
  () => ({ id: "", resources: null, annotations: {} }),
  (message, tag, reader) => {
    if (tag === 10) message.id = reader.stringVerify();
    else if (tag === 18) message.resources = Any.decode(reader.bytes(), message.resources);
    else if (tag === 26) readMapEntry(message.annotations, reader.bytes());
  },
  (message, writer) => {
    if (message.id) writer.uint32(10).string(message.id);
    if (message.resources) Any.encode(message.resources, writer.uint32(18).fork()).ldelim();
    if (message.annotations) writeMap(writer, 26, message.annotations);
  },
);

export interface WaitRequest {
  id: string;
  execId: string;
}
export declare namespace WaitRequest {
  type Properties = Partial<WaitRequest>;
}
export const WaitRequest = /* @__PURE__ */ messageType<WaitRequest, WaitRequest.Properties>(
  () => ({ id: "", execId: "" }),
  (message, tag, reader) => {
    if (tag === 10) message.id = reader.stringVerify();
    else if (tag === 18) message.execId = reader.stringVerify();
  },
  (message, writer) => {
    if (message.id) writer.uint32(10).string(message.id);
    if (message.execId) writer.uint32(18).string(message.execId);
  },
);

export interface WaitResponse {
  exitStatus: number;
  exitedAt: Timestamp | null;
}
export declare namespace WaitResponse {
  interface Properties extends Partial<Omit<WaitResponse, "exitedAt">> {
    exitedAt?: Timestamp.Properties | null;
  }
}
export const WaitResponse = /* @__PURE__ */ messageType<WaitResponse, WaitResponse.Properties>(
  () => ({ exitStatus: 0, exitedAt: null }),
  (message, tag, reader) => {
    if (tag === 8) message.exitStatus = reader.uint32();
    else if (tag === 18) message.exitedAt = Timestamp.decode(reader.bytes(), message.exitedAt);
  },
  (message, writer) => {
    if (message.exitStatus) writer.uint32(8).uint32(message.exitStatus);
    if (message.exitedAt) Timestamp.encode(message.exitedAt, writer.uint32(18).fork()).ldelim();
  },
);

export interface StatsRequest {
  id: string;
}
export declare namespace StatsRequest {
  type Properties = Partial<StatsRequest>;
}
export const StatsRequest = /* @__PURE__ */ messageType<StatsRequest, StatsRequest.Properties>(
  () => ({ id: "" }),
  (message, tag, reader) => {
    if (tag === 10) message.id = reader.stringVerify();
  },
  (message, writer) => {
    if (message.id) writer.uint32(10).string(message.id);
  },
);

export interface StatsResponse {
  stats: Any | null;
}
export declare namespace StatsResponse {
  interface Properties {
    stats?: Any.Properties | null;
  }
}
export const StatsResponse = /* @__PURE__ */ messageType<StatsResponse, StatsResponse.Properties>(
  () => ({ stats: null }),
  (message, tag, reader) => {
    if (tag === 10) message.stats = Any.decode(reader.bytes(), message.stats);
  },
  (message, writer) => {
    if (message.stats) Any.encode(message.stats, writer.uint32(10).fork()).ldelim();
  },
);

export interface ConnectRequest {
  id: string;
}
export declare namespace ConnectRequest {
  type Properties = Partial<ConnectRequest>;
}
export const ConnectRequest = /* @__PURE__ */ messageType<
  ConnectRequest,
  ConnectRequest.Properties
>(
  () => ({ id: "" }),
  (message, tag, reader) => {
    if (tag === 10) message.id = reader.stringVerify();
  },
  (message, writer) => {
    if (message.id) writer.uint32(10).string(message.id);
  },
);

export interface ConnectResponse {
  shimPid: number;
  taskPid: number;
  version: string;
}
export declare namespace ConnectResponse {
  type Properties = Partial<ConnectResponse>;
}
export const ConnectResponse = /* @__PURE__ */ messageType<
  ConnectResponse,
  ConnectResponse.Properties
>(
  () => ({ shimPid: 0, taskPid: 0, version: "" }),
  (message, tag, reader) => {
    if (tag === 8) message.shimPid = reader.uint32();
    else if (tag === 16) message.taskPid = reader.uint32();
    else if (tag === 26) message.version = reader.stringVerify();
  },
  (message, writer) => {
    if (message.shimPid) writer.uint32(8).uint32(message.shimPid);
    if (message.taskPid) writer.uint32(16).uint32(message.taskPid);
    if (message.version) writer.uint32(26).string(message.version);
  },
);

export interface ShutdownRequest {
  id: string;
  now: boolean;
}
export declare namespace ShutdownRequest {
  type Properties = Partial<ShutdownRequest>;
}
export const ShutdownRequest = /* @__PURE__ */ messageType<
  ShutdownRequest,
  ShutdownRequest.Properties
>(
  () => ({ id: "", now: false }),
  (message, tag, reader) => {
    if (tag === 10) message.id = reader.stringVerify();
    else if (tag === 16) message.now = reader.bool();
  },
  (message, writer) => {
    if (message.id) writer.uint32(10).string(message.id);
    if (message.now) writer.uint32(16).bool(message.now);
  },
);

export interface TaskCreate {
  containerId: string;
  bundle: string;
  rootfs: Mount[];
  io: TaskIO | null;
  checkpoint: string;
  pid: number;
}
export declare namespace TaskCreate {
  interface Properties extends Partial<Omit<TaskCreate, "rootfs" | "io">> {
    rootfs?: readonly Mount.Properties[];
    io?: TaskIO.Properties | null;
  }
}
export const TaskCreate = /* @__PURE__ */ messageType<TaskCreate, TaskCreate.Properties>(
  () => ({ containerId: "", bundle: "", rootfs: [], io: null, checkpoint: "", pid: 0 }),
  (message, tag, reader) => {
    if (tag === 10) message.containerId = reader.stringVerify();
    else if (tag === 18) message.bundle = reader.stringVerify();
    else if (tag === 26) message.rootfs.push(Mount.decode(reader.bytes()));
    else if (tag === 34) message.io = TaskIO.decode(reader.bytes(), message.io);
    else if (tag === 42) message.checkpoint = reader.stringVerify();
    else if (tag === 48) message.pid = reader.uint32();
  },
  (message, writer) => {
    if (message.containerId) writer.uint32(10).string(message.containerId);
    if (message.bundle) writer.uint32(18).string(message.bundle);
    for (const item of message.rootfs ?? []) Mount.encode(item, writer.uint32(26).fork()).ldelim();
    if (message.io) TaskIO.encode(message.io, writer.uint32(34).fork()).ldelim();
    if (message.checkpoint) writer.uint32(42).string(message.checkpoint);
    if (message.pid) writer.uint32(48).uint32(message.pid);
  },
);

export interface TaskIO {
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
}
export declare namespace TaskIO {
  type Properties = Partial<TaskIO>;
}
export const TaskIO = /* @__PURE__ */ messageType<TaskIO, TaskIO.Properties>(
  () => ({ stdin: "", stdout: "", stderr: "", terminal: false }),
  (message, tag, reader) => {
    if (tag === 10) message.stdin = reader.stringVerify();
    else if (tag === 18) message.stdout = reader.stringVerify();
    else if (tag === 26) message.stderr = reader.stringVerify();
    else if (tag === 32) message.terminal = reader.bool();
  },
  (message, writer) => {
    if (message.stdin) writer.uint32(10).string(message.stdin);
    if (message.stdout) writer.uint32(18).string(message.stdout);
    if (message.stderr) writer.uint32(26).string(message.stderr);
    if (message.terminal) writer.uint32(32).bool(message.terminal);
  },
);

export interface TaskStart {
  containerId: string;
  pid: number;
}
export declare namespace TaskStart {
  type Properties = Partial<TaskStart>;
}
export const TaskStart = /* @__PURE__ */ messageType<TaskStart, TaskStart.Properties>(
  () => ({ containerId: "", pid: 0 }),
  (message, tag, reader) => {
    if (tag === 10) message.containerId = reader.stringVerify();
    else if (tag === 16) message.pid = reader.uint32();
  },
  (message, writer) => {
    if (message.containerId) writer.uint32(10).string(message.containerId);
    if (message.pid) writer.uint32(16).uint32(message.pid);
  },
);

export interface TaskExecAdded {
  containerId: string;
  execId: string;
}
export declare namespace TaskExecAdded {
  type Properties = Partial<TaskExecAdded>;
}
export const TaskExecAdded = /* @__PURE__ */ messageType<TaskExecAdded, TaskExecAdded.Properties>(
  () => ({ containerId: "", execId: "" }),
  (message, tag, reader) => {
    if (tag === 10) message.containerId = reader.stringVerify();
    else if (tag === 18) message.execId = reader.stringVerify();
  },
  (message, writer) => {
    if (message.containerId) writer.uint32(10).string(message.containerId);
    if (message.execId) writer.uint32(18).string(message.execId);
  },
);

export interface TaskExecStarted {
  containerId: string;
  execId: string;
  pid: number;
}
export declare namespace TaskExecStarted {
  type Properties = Partial<TaskExecStarted>;
}
export const TaskExecStarted = /* @__PURE__ */ messageType<
  TaskExecStarted,
  TaskExecStarted.Properties
>(
  () => ({ containerId: "", execId: "", pid: 0 }),
  (message, tag, reader) => {
    if (tag === 10) message.containerId = reader.stringVerify();
    else if (tag === 18) message.execId = reader.stringVerify();
    else if (tag === 24) message.pid = reader.uint32();
  },
  (message, writer) => {
    if (message.containerId) writer.uint32(10).string(message.containerId);
    if (message.execId) writer.uint32(18).string(message.execId);
    if (message.pid) writer.uint32(24).uint32(message.pid);
  },
);

export interface TaskExit {
  containerId: string;
  id: string;
  pid: number;
  exitStatus: number;
  exitedAt: Timestamp | null;
}
export declare namespace TaskExit {
  interface Properties extends Partial<Omit<TaskExit, "exitedAt">> {
    exitedAt?: Timestamp.Properties | null;
  }
}
export const TaskExit = /* @__PURE__ */ messageType<TaskExit, TaskExit.Properties>(
  () => ({ containerId: "", id: "", pid: 0, exitStatus: 0, exitedAt: null }),
  (message, tag, reader) => {
    if (tag === 10) message.containerId = reader.stringVerify();
    else if (tag === 18) message.id = reader.stringVerify();
    else if (tag === 24) message.pid = reader.uint32();
    else if (tag === 32) message.exitStatus = reader.uint32();
    else if (tag === 42) message.exitedAt = Timestamp.decode(reader.bytes(), message.exitedAt);
  },
  (message, writer) => {
    if (message.containerId) writer.uint32(10).string(message.containerId);
    if (message.id) writer.uint32(18).string(message.id);
    if (message.pid) writer.uint32(24).uint32(message.pid);
    if (message.exitStatus) writer.uint32(32).uint32(message.exitStatus);
    if (message.exitedAt) Timestamp.encode(message.exitedAt, writer.uint32(42).fork()).ldelim();
  },
);

export interface TaskDelete {
  containerId: string;
  pid: number;
  exitStatus: number;
  exitedAt: Timestamp | null;
  id: string;
}
export declare namespace TaskDelete {
  interface Properties extends Partial<Omit<TaskDelete, "exitedAt">> {
    exitedAt?: Timestamp.Properties | null;
  }
}
export const TaskDelete = /* @__PURE__ */ messageType<TaskDelete, TaskDelete.Properties>(
  () => ({ containerId: "", pid: 0, exitStatus: 0, exitedAt: null, id: "" }),
  (message, tag, reader) => {
    if (tag === 10) message.containerId = reader.stringVerify();
    else if (tag === 16) message.pid = reader.uint32();
    else if (tag === 24) message.exitStatus = reader.uint32();
    else if (tag === 34) message.exitedAt = Timestamp.decode(reader.bytes(), message.exitedAt);
    else if (tag === 42) message.id = reader.stringVerify();
  },
  (message, writer) => {
    if (message.containerId) writer.uint32(10).string(message.containerId);
    if (message.pid) writer.uint32(16).uint32(message.pid);
    if (message.exitStatus) writer.uint32(24).uint32(message.exitStatus);
    if (message.exitedAt) Timestamp.encode(message.exitedAt, writer.uint32(34).fork()).ldelim();
    if (message.id) writer.uint32(42).string(message.id);
  },
);

export interface TaskOOM {
  containerId: string;
}
export declare namespace TaskOOM {
  type Properties = Partial<TaskOOM>;
}
export const TaskOOM = /* @__PURE__ */ messageType<TaskOOM, TaskOOM.Properties>(
  () => ({ containerId: "" }),
  (message, tag, reader) => {
    if (tag === 10) message.containerId = reader.stringVerify();
  },
  (message, writer) => {
    if (message.containerId) writer.uint32(10).string(message.containerId);
  },
);

export interface TaskPaused {
  containerId: string;
}
export declare namespace TaskPaused {
  type Properties = Partial<TaskPaused>;
}
export const TaskPaused = /* @__PURE__ */ messageType<TaskPaused, TaskPaused.Properties>(
  () => ({ containerId: "" }),
  (message, tag, reader) => {
    if (tag === 10) message.containerId = reader.stringVerify();
  },
  (message, writer) => {
    if (message.containerId) writer.uint32(10).string(message.containerId);
  },
);

export interface TaskResumed {
  containerId: string;
}
export declare namespace TaskResumed {
  type Properties = Partial<TaskResumed>;
}
export const TaskResumed = /* @__PURE__ */ messageType<TaskResumed, TaskResumed.Properties>(
  () => ({ containerId: "" }),
  (message, tag, reader) => {
    if (tag === 10) message.containerId = reader.stringVerify();
  },
  (message, writer) => {
    if (message.containerId) writer.uint32(10).string(message.containerId);
  },
);

export interface TaskCheckpointed {
  containerId: string;
  checkpoint: string;
}
export declare namespace TaskCheckpointed {
  type Properties = Partial<TaskCheckpointed>;
}
export const TaskCheckpointed = /* @__PURE__ */ messageType<
  TaskCheckpointed,
  TaskCheckpointed.Properties
>(
  () => ({ containerId: "", checkpoint: "" }),
  (message, tag, reader) => {
    if (tag === 10) message.containerId = reader.stringVerify();
    else if (tag === 18) message.checkpoint = reader.stringVerify();
  },
  (message, writer) => {
    if (message.containerId) writer.uint32(10).string(message.containerId);
    if (message.checkpoint) writer.uint32(18).string(message.checkpoint);
  },
);

export interface Any {
  typeUrl: string;
  value: Uint8Array;
}
export declare namespace Any {
  type Properties = Partial<Any>;
}
export const Any = /* @__PURE__ */ messageType<Any, Any.Properties>(
  () => ({ typeUrl: "", value: new Uint8Array() }),
  (message, tag, reader) => {
    if (tag === 10) message.typeUrl = reader.stringVerify();
    else if (tag === 18) message.value = reader.bytes();
  },
  (message, writer) => {
    if (message.typeUrl) writer.uint32(10).string(message.typeUrl);
    if (message.value?.length) writer.uint32(18).bytes(message.value);
  },
);

export interface Timestamp {
  seconds: number;
  nanos: number;
}
export declare namespace Timestamp {
  interface Properties extends Partial<Omit<Timestamp, "seconds">> {
    seconds?: number | bigint;
  }
}
export const Timestamp = /* @__PURE__ */ messageType<Timestamp, Timestamp.Properties>(
  () => ({ seconds: 0, nanos: 0 }),
  (message, tag, reader) => {
    if (tag === 8) message.seconds = Number(reader.int64());
    else if (tag === 16) message.nanos = reader.int32();
  },
  (message, writer) => {
    if (message.seconds) writer.uint32(8).int64(toLong(message.seconds));
    if (message.nanos) writer.uint32(16).int32(message.nanos);
  },
);

export interface Empty {
}
export declare namespace Empty {
  type Properties = Partial<Empty>;
}
export const Empty = /* @__PURE__ */ messageType<Empty, Empty.Properties>(
  () => ({}),
  () => {
  },
  () => {
  },
);

export interface RpcStatus {
  code: number;
  message: string;
  details: Any[];
}
export declare namespace RpcStatus {
  interface Properties extends Partial<Omit<RpcStatus, "details">> {
    details?: readonly Any.Properties[];
  }
}
export const RpcStatus = /* @__PURE__ */ messageType<RpcStatus, RpcStatus.Properties>(
  () => ({ code: 0, message: "", details: [] }),
  (message, tag, reader) => {
    if (tag === 8) message.code = reader.int32();
    else if (tag === 18) message.message = reader.stringVerify();
    else if (tag === 26) message.details.push(Any.decode(reader.bytes()));
  },
  (message, writer) => {
    if (message.code) writer.uint32(8).int32(message.code);
    if (message.message) writer.uint32(18).string(message.message);
    for (const item of message.details ?? []) Any.encode(item, writer.uint32(26).fork()).ldelim();
  },
);

export interface CgroupV1Metrics {
  hugetlb: CgroupV1HugetlbStat[];
  pids: CgroupV1PidsStat | null;
  cpu: CgroupV1CPUStat | null;
  memory: CgroupV1MemoryStat | null;
  blkio: CgroupV1BlkIOStat | null;
  rdma: CgroupV1RdmaStat | null;
  memoryOomControl: CgroupV1MemoryOomControl | null;
}
export declare namespace CgroupV1Metrics {
  interface Properties {
    hugetlb?: readonly CgroupV1HugetlbStat.Properties[];
    pids?: CgroupV1PidsStat.Properties | null;
    cpu?: CgroupV1CPUStat.Properties | null;
    memory?: CgroupV1MemoryStat.Properties | null;
    blkio?: CgroupV1BlkIOStat.Properties | null;
    rdma?: CgroupV1RdmaStat.Properties | null;
    memoryOomControl?: CgroupV1MemoryOomControl.Properties | null;
  }
}
export const CgroupV1Metrics = /* @__PURE__ */ messageType<
  CgroupV1Metrics,
  CgroupV1Metrics.Properties
>(
  () => ({
    hugetlb: [],
    pids: null,
    cpu: null,
    memory: null,
    blkio: null,
    rdma: null,
    memoryOomControl: null,
  }),
  (message, tag, reader) => {
    if (tag === 10) message.hugetlb.push(CgroupV1HugetlbStat.decode(reader.bytes()));
    else if (tag === 18) message.pids = CgroupV1PidsStat.decode(reader.bytes(), message.pids);
    else if (tag === 26) message.cpu = CgroupV1CPUStat.decode(reader.bytes(), message.cpu);
    else if (tag === 34) message.memory = CgroupV1MemoryStat.decode(reader.bytes(), message.memory);
    else if (tag === 42) message.blkio = CgroupV1BlkIOStat.decode(reader.bytes(), message.blkio);
    else if (tag === 50) message.rdma = CgroupV1RdmaStat.decode(reader.bytes(), message.rdma);
    else if (tag === 74) {
      message.memoryOomControl = CgroupV1MemoryOomControl.decode(
        reader.bytes(),
        message.memoryOomControl,
      );
    }
  },
  (message, writer) => {
    for (const item of message.hugetlb ?? []) {
      CgroupV1HugetlbStat.encode(item, writer.uint32(10).fork()).ldelim();
    }
    if (message.pids) CgroupV1PidsStat.encode(message.pids, writer.uint32(18).fork()).ldelim();
    if (message.cpu) CgroupV1CPUStat.encode(message.cpu, writer.uint32(26).fork()).ldelim();
    if (message.memory) {
      CgroupV1MemoryStat.encode(message.memory, writer.uint32(34).fork()).ldelim();
    }
    if (message.blkio) CgroupV1BlkIOStat.encode(message.blkio, writer.uint32(42).fork()).ldelim();
    if (message.rdma) CgroupV1RdmaStat.encode(message.rdma, writer.uint32(50).fork()).ldelim();
    if (message.memoryOomControl) {
      CgroupV1MemoryOomControl.encode(message.memoryOomControl, writer.uint32(74).fork()).ldelim();
    }
  },
);

export interface CgroupV1HugetlbStat {
  usage: number;
  max: number;
  failcnt: number;
  pagesize: string;
}
export declare namespace CgroupV1HugetlbStat {
  interface Properties extends Partial<Omit<CgroupV1HugetlbStat, "usage" | "max" | "failcnt">> {
    usage?: number | bigint;
    max?: number | bigint;
    failcnt?: number | bigint;
  }
}
export const CgroupV1HugetlbStat = /* @__PURE__ */ messageType<
  CgroupV1HugetlbStat,
  CgroupV1HugetlbStat.Properties
>(
  () => ({ usage: 0, max: 0, failcnt: 0, pagesize: "" }),
  (message, tag, reader) => {
    if (tag === 8) message.usage = Number(reader.uint64());
    else if (tag === 16) message.max = Number(reader.uint64());
    else if (tag === 24) message.failcnt = Number(reader.uint64());
    else if (tag === 34) message.pagesize = reader.stringVerify();
  },
  (message, writer) => {
    if (message.usage) writer.uint32(8).uint64(toLong(message.usage));
    if (message.max) writer.uint32(16).uint64(toLong(message.max));
    if (message.failcnt) writer.uint32(24).uint64(toLong(message.failcnt));
    if (message.pagesize) writer.uint32(34).string(message.pagesize);
  },
);

export interface CgroupV1PidsStat {
  current: number;
  limit: number;
}
export declare namespace CgroupV1PidsStat {
  interface Properties {
    current?: number | bigint;
    limit?: number | bigint;
  }
}
export const CgroupV1PidsStat = /* @__PURE__ */ messageType<
  CgroupV1PidsStat,
  CgroupV1PidsStat.Properties
>(
  () => ({ current: 0, limit: 0 }),
  (message, tag, reader) => {
    if (tag === 8) message.current = Number(reader.uint64());
    else if (tag === 16) message.limit = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.current) writer.uint32(8).uint64(toLong(message.current));
    if (message.limit) writer.uint32(16).uint64(toLong(message.limit));
  },
);

export interface CgroupV1CPUStat {
  usage: CgroupV1CPUUsage | null;
  throttling: CgroupV1Throttle | null;
}
export declare namespace CgroupV1CPUStat {
  interface Properties {
    usage?: CgroupV1CPUUsage.Properties | null;
    throttling?: CgroupV1Throttle.Properties | null;
  }
}
export const CgroupV1CPUStat = /* @__PURE__ */ messageType<
  CgroupV1CPUStat,
  CgroupV1CPUStat.Properties
>(
  () => ({ usage: null, throttling: null }),
  (message, tag, reader) => {
    if (tag === 10) message.usage = CgroupV1CPUUsage.decode(reader.bytes(), message.usage);
    else if (tag === 18) {
      message.throttling = CgroupV1Throttle.decode(reader.bytes(), message.throttling);
    }
  },
  (message, writer) => {
    if (message.usage) CgroupV1CPUUsage.encode(message.usage, writer.uint32(10).fork()).ldelim();
    if (message.throttling) {
      CgroupV1Throttle.encode(message.throttling, writer.uint32(18).fork()).ldelim();
    }
  },
);

export interface CgroupV1CPUUsage {
  total: number;
  kernel: number;
  user: number;
  perCpu: number[];
}
export declare namespace CgroupV1CPUUsage {
  interface Properties {
    total?: number | bigint;
    kernel?: number | bigint;
    user?: number | bigint;
    perCpu?: readonly (number | bigint)[];
  }
}
export const CgroupV1CPUUsage = /* @__PURE__ */ messageType<
  CgroupV1CPUUsage,
  CgroupV1CPUUsage.Properties
>(
  () => ({ total: 0, kernel: 0, user: 0, perCpu: [] }),
  (message, tag, reader) => {
    if (tag === 8) message.total = Number(reader.uint64());
    else if (tag === 16) message.kernel = Number(reader.uint64());
    else if (tag === 24) message.user = Number(reader.uint64());
    else if (tag === 34) reader.uint64s(message.perCpu);
    else if (tag === 32) message.perCpu.push(Number(reader.uint64()));
  },
  (message, writer) => {
    if (message.total) writer.uint32(8).uint64(toLong(message.total));
    if (message.kernel) writer.uint32(16).uint64(toLong(message.kernel));
    if (message.user) writer.uint32(24).uint64(toLong(message.user));
    if (message.perCpu?.length) writer.uint32(34).uint64s(message.perCpu.map(toLong));
  },
);

export interface CgroupV1Throttle {
  periods: number;
  throttledPeriods: number;
  throttledTime: number;
}
export declare namespace CgroupV1Throttle {
  interface Properties {
    periods?: number | bigint;
    throttledPeriods?: number | bigint;
    throttledTime?: number | bigint;
  }
}
export const CgroupV1Throttle = /* @__PURE__ */ messageType<
  CgroupV1Throttle,
  CgroupV1Throttle.Properties
>(
  () => ({ periods: 0, throttledPeriods: 0, throttledTime: 0 }),
  (message, tag, reader) => {
    if (tag === 8) message.periods = Number(reader.uint64());
    else if (tag === 16) message.throttledPeriods = Number(reader.uint64());
    else if (tag === 24) message.throttledTime = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.periods) writer.uint32(8).uint64(toLong(message.periods));
    if (message.throttledPeriods) writer.uint32(16).uint64(toLong(message.throttledPeriods));
    if (message.throttledTime) writer.uint32(24).uint64(toLong(message.throttledTime));
  },
);

export interface CgroupV1MemoryStat {
  cache: number;
  rss: number;
  rssHuge: number;
  mappedFile: number;
  dirty: number;
  writeback: number;
  pgPgIn: number;
  pgPgOut: number;
  pgFault: number;
  pgMajFault: number;
  inactiveAnon: number;
  activeAnon: number;
  inactiveFile: number;
  activeFile: number;
  unevictable: number;
  hierarchicalMemoryLimit: number;
  hierarchicalSwapLimit: number;
  totalCache: number;
  totalRss: number;
  totalRssHuge: number;
  totalMappedFile: number;
  totalDirty: number;
  totalWriteback: number;
  totalPgPgIn: number;
  totalPgPgOut: number;
  totalPgFault: number;
  totalPgMajFault: number;
  totalInactiveAnon: number;
  totalActiveAnon: number;
  totalInactiveFile: number;
  totalActiveFile: number;
  totalUnevictable: number;
  usage: CgroupV1MemoryEntry | null;
  swap: CgroupV1MemoryEntry | null;
  kernel: CgroupV1MemoryEntry | null;
  kernelTcp: CgroupV1MemoryEntry | null;
}
export declare namespace CgroupV1MemoryStat {
  interface Properties {
    cache?: number | bigint;
    rss?: number | bigint;
    rssHuge?: number | bigint;
    mappedFile?: number | bigint;
    dirty?: number | bigint;
    writeback?: number | bigint;
    pgPgIn?: number | bigint;
    pgPgOut?: number | bigint;
    pgFault?: number | bigint;
    pgMajFault?: number | bigint;
    inactiveAnon?: number | bigint;
    activeAnon?: number | bigint;
    inactiveFile?: number | bigint;
    activeFile?: number | bigint;
    unevictable?: number | bigint;
    hierarchicalMemoryLimit?: number | bigint;
    hierarchicalSwapLimit?: number | bigint;
    totalCache?: number | bigint;
    totalRss?: number | bigint;
    totalRssHuge?: number | bigint;
    totalMappedFile?: number | bigint;
    totalDirty?: number | bigint;
    totalWriteback?: number | bigint;
    totalPgPgIn?: number | bigint;
    totalPgPgOut?: number | bigint;
    totalPgFault?: number | bigint;
    totalPgMajFault?: number | bigint;
    totalInactiveAnon?: number | bigint;
    totalActiveAnon?: number | bigint;
    totalInactiveFile?: number | bigint;
    totalActiveFile?: number | bigint;
    totalUnevictable?: number | bigint;
    usage?: CgroupV1MemoryEntry.Properties | null;
    swap?: CgroupV1MemoryEntry.Properties | null;
    kernel?: CgroupV1MemoryEntry.Properties | null;
    kernelTcp?: CgroupV1MemoryEntry.Properties | null;
  }
}
export const CgroupV1MemoryStat = /* @__PURE__ */ messageType<
  CgroupV1MemoryStat,
  CgroupV1MemoryStat.Properties
>(
  () => ({
    cache: 0,
    rss: 0,
    rssHuge: 0,
    mappedFile: 0,
    dirty: 0,
    writeback: 0,
    pgPgIn: 0,
    pgPgOut: 0,
    pgFault: 0,
    pgMajFault: 0,
    inactiveAnon: 0,
    activeAnon: 0,
    inactiveFile: 0,
    activeFile: 0,
    unevictable: 0,
    hierarchicalMemoryLimit: 0,
    hierarchicalSwapLimit: 0,
    totalCache: 0,
    totalRss: 0,
    totalRssHuge: 0,
    totalMappedFile: 0,
    totalDirty: 0,
    totalWriteback: 0,
    totalPgPgIn: 0,
    totalPgPgOut: 0,
    totalPgFault: 0,
    totalPgMajFault: 0,
    totalInactiveAnon: 0,
    totalActiveAnon: 0,
    totalInactiveFile: 0,
    totalActiveFile: 0,
    totalUnevictable: 0,
    usage: null,
    swap: null,
    kernel: null,
    kernelTcp: null,
  }),
  (message, tag, reader) => {
    if (tag === 8) message.cache = Number(reader.uint64());
    else if (tag === 16) message.rss = Number(reader.uint64());
    else if (tag === 24) message.rssHuge = Number(reader.uint64());
    else if (tag === 32) message.mappedFile = Number(reader.uint64());
    else if (tag === 40) message.dirty = Number(reader.uint64());
    else if (tag === 48) message.writeback = Number(reader.uint64());
    else if (tag === 56) message.pgPgIn = Number(reader.uint64());
    else if (tag === 64) message.pgPgOut = Number(reader.uint64());
    else if (tag === 72) message.pgFault = Number(reader.uint64());
    else if (tag === 80) message.pgMajFault = Number(reader.uint64());
    else if (tag === 88) message.inactiveAnon = Number(reader.uint64());
    else if (tag === 96) message.activeAnon = Number(reader.uint64());
    else if (tag === 104) message.inactiveFile = Number(reader.uint64());
    else if (tag === 112) message.activeFile = Number(reader.uint64());
    else if (tag === 120) message.unevictable = Number(reader.uint64());
    else if (tag === 128) message.hierarchicalMemoryLimit = Number(reader.uint64());
    else if (tag === 136) message.hierarchicalSwapLimit = Number(reader.uint64());
    else if (tag === 144) message.totalCache = Number(reader.uint64());
    else if (tag === 152) message.totalRss = Number(reader.uint64());
    else if (tag === 160) message.totalRssHuge = Number(reader.uint64());
    else if (tag === 168) message.totalMappedFile = Number(reader.uint64());
    else if (tag === 176) message.totalDirty = Number(reader.uint64());
    else if (tag === 184) message.totalWriteback = Number(reader.uint64());
    else if (tag === 192) message.totalPgPgIn = Number(reader.uint64());
    else if (tag === 200) message.totalPgPgOut = Number(reader.uint64());
    else if (tag === 208) message.totalPgFault = Number(reader.uint64());
    else if (tag === 216) message.totalPgMajFault = Number(reader.uint64());
    else if (tag === 224) message.totalInactiveAnon = Number(reader.uint64());
    else if (tag === 232) message.totalActiveAnon = Number(reader.uint64());
    else if (tag === 240) message.totalInactiveFile = Number(reader.uint64());
    else if (tag === 248) message.totalActiveFile = Number(reader.uint64());
    else if (tag === 256) message.totalUnevictable = Number(reader.uint64());
    else if (tag === 266) message.usage = CgroupV1MemoryEntry.decode(reader.bytes(), message.usage);
    else if (tag === 274) message.swap = CgroupV1MemoryEntry.decode(reader.bytes(), message.swap);
    else if (tag === 282) {
      message.kernel = CgroupV1MemoryEntry.decode(reader.bytes(), message.kernel);
    } else if (tag === 290) {
      message.kernelTcp = CgroupV1MemoryEntry.decode(reader.bytes(), message.kernelTcp);
    }
  },
  (message, writer) => {
    if (message.cache) writer.uint32(8).uint64(toLong(message.cache));
    if (message.rss) writer.uint32(16).uint64(toLong(message.rss));
    if (message.rssHuge) writer.uint32(24).uint64(toLong(message.rssHuge));
    if (message.mappedFile) writer.uint32(32).uint64(toLong(message.mappedFile));
    if (message.dirty) writer.uint32(40).uint64(toLong(message.dirty));
    if (message.writeback) writer.uint32(48).uint64(toLong(message.writeback));
    if (message.pgPgIn) writer.uint32(56).uint64(toLong(message.pgPgIn));
    if (message.pgPgOut) writer.uint32(64).uint64(toLong(message.pgPgOut));
    if (message.pgFault) writer.uint32(72).uint64(toLong(message.pgFault));
    if (message.pgMajFault) writer.uint32(80).uint64(toLong(message.pgMajFault));
    if (message.inactiveAnon) writer.uint32(88).uint64(toLong(message.inactiveAnon));
    if (message.activeAnon) writer.uint32(96).uint64(toLong(message.activeAnon));
    if (message.inactiveFile) writer.uint32(104).uint64(toLong(message.inactiveFile));
    if (message.activeFile) writer.uint32(112).uint64(toLong(message.activeFile));
    if (message.unevictable) writer.uint32(120).uint64(toLong(message.unevictable));
    if (message.hierarchicalMemoryLimit) {
      writer.uint32(128).uint64(toLong(message.hierarchicalMemoryLimit));
    }
    if (message.hierarchicalSwapLimit) {
      writer.uint32(136).uint64(toLong(message.hierarchicalSwapLimit));
    }
    if (message.totalCache) writer.uint32(144).uint64(toLong(message.totalCache));
    if (message.totalRss) writer.uint32(152).uint64(toLong(message.totalRss));
    if (message.totalRssHuge) writer.uint32(160).uint64(toLong(message.totalRssHuge));
    if (message.totalMappedFile) writer.uint32(168).uint64(toLong(message.totalMappedFile));
    if (message.totalDirty) writer.uint32(176).uint64(toLong(message.totalDirty));
    if (message.totalWriteback) writer.uint32(184).uint64(toLong(message.totalWriteback));
    if (message.totalPgPgIn) writer.uint32(192).uint64(toLong(message.totalPgPgIn));
    if (message.totalPgPgOut) writer.uint32(200).uint64(toLong(message.totalPgPgOut));
    if (message.totalPgFault) writer.uint32(208).uint64(toLong(message.totalPgFault));
    if (message.totalPgMajFault) writer.uint32(216).uint64(toLong(message.totalPgMajFault));
    if (message.totalInactiveAnon) writer.uint32(224).uint64(toLong(message.totalInactiveAnon));
    if (message.totalActiveAnon) writer.uint32(232).uint64(toLong(message.totalActiveAnon));
    if (message.totalInactiveFile) writer.uint32(240).uint64(toLong(message.totalInactiveFile));
    if (message.totalActiveFile) writer.uint32(248).uint64(toLong(message.totalActiveFile));
    if (message.totalUnevictable) writer.uint32(256).uint64(toLong(message.totalUnevictable));
    if (message.usage) {
      CgroupV1MemoryEntry.encode(message.usage, writer.uint32(266).fork()).ldelim();
    }
    if (message.swap) CgroupV1MemoryEntry.encode(message.swap, writer.uint32(274).fork()).ldelim();
    if (message.kernel) {
      CgroupV1MemoryEntry.encode(message.kernel, writer.uint32(282).fork()).ldelim();
    }
    if (message.kernelTcp) {
      CgroupV1MemoryEntry.encode(message.kernelTcp, writer.uint32(290).fork()).ldelim();
    }
  },
);

export interface CgroupV1MemoryEntry {
  limit: number;
  usage: number;
  max: number;
  failcnt: number;
}
export declare namespace CgroupV1MemoryEntry {
  interface Properties {
    limit?: number | bigint;
    usage?: number | bigint;
    max?: number | bigint;
    failcnt?: number | bigint;
  }
}
export const CgroupV1MemoryEntry = /* @__PURE__ */ messageType<
  CgroupV1MemoryEntry,
  CgroupV1MemoryEntry.Properties
>(
  () => ({ limit: 0, usage: 0, max: 0, failcnt: 0 }),
  (message, tag, reader) => {
    if (tag === 8) message.limit = Number(reader.uint64());
    else if (tag === 16) message.usage = Number(reader.uint64());
    else if (tag === 24) message.max = Number(reader.uint64());
    else if (tag === 32) message.failcnt = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.limit) writer.uint32(8).uint64(toLong(message.limit));
    if (message.usage) writer.uint32(16).uint64(toLong(message.usage));
    if (message.max) writer.uint32(24).uint64(toLong(message.max));
    if (message.failcnt) writer.uint32(32).uint64(toLong(message.failcnt));
  },
);

export interface CgroupV1BlkIOStat {
  ioServiceBytesRecursive: CgroupV1BlkIOEntry[];
  ioServicedRecursive: CgroupV1BlkIOEntry[];
  ioQueuedRecursive: CgroupV1BlkIOEntry[];
  ioServiceTimeRecursive: CgroupV1BlkIOEntry[];
  ioWaitTimeRecursive: CgroupV1BlkIOEntry[];
  ioMergedRecursive: CgroupV1BlkIOEntry[];
  ioTimeRecursive: CgroupV1BlkIOEntry[];
  sectorsRecursive: CgroupV1BlkIOEntry[];
}
export declare namespace CgroupV1BlkIOStat {
  interface Properties {
    ioServiceBytesRecursive?: readonly CgroupV1BlkIOEntry.Properties[];
    ioServicedRecursive?: readonly CgroupV1BlkIOEntry.Properties[];
    ioQueuedRecursive?: readonly CgroupV1BlkIOEntry.Properties[];
    ioServiceTimeRecursive?: readonly CgroupV1BlkIOEntry.Properties[];
    ioWaitTimeRecursive?: readonly CgroupV1BlkIOEntry.Properties[];
    ioMergedRecursive?: readonly CgroupV1BlkIOEntry.Properties[];
    ioTimeRecursive?: readonly CgroupV1BlkIOEntry.Properties[];
    sectorsRecursive?: readonly CgroupV1BlkIOEntry.Properties[];
  }
}
export const CgroupV1BlkIOStat = /* @__PURE__ */ messageType<
  CgroupV1BlkIOStat,
  CgroupV1BlkIOStat.Properties
>(
  () => ({
    ioServiceBytesRecursive: [],
    ioServicedRecursive: [],
    ioQueuedRecursive: [],
    ioServiceTimeRecursive: [],
    ioWaitTimeRecursive: [],
    ioMergedRecursive: [],
    ioTimeRecursive: [],
    sectorsRecursive: [],
  }),
  (message, tag, reader) => {
    if (tag === 10) message.ioServiceBytesRecursive.push(CgroupV1BlkIOEntry.decode(reader.bytes()));
    else if (tag === 18) {
      message.ioServicedRecursive.push(CgroupV1BlkIOEntry.decode(reader.bytes()));
    } else if (tag === 26) {
      message.ioQueuedRecursive.push(CgroupV1BlkIOEntry.decode(reader.bytes()));
    } else if (tag === 34) {
      message.ioServiceTimeRecursive.push(CgroupV1BlkIOEntry.decode(reader.bytes()));
    } else if (tag === 42) {
      message.ioWaitTimeRecursive.push(CgroupV1BlkIOEntry.decode(reader.bytes()));
    } else if (tag === 50) {
      message.ioMergedRecursive.push(CgroupV1BlkIOEntry.decode(reader.bytes()));
    } else if (tag === 58) message.ioTimeRecursive.push(CgroupV1BlkIOEntry.decode(reader.bytes()));
    else if (tag === 66) message.sectorsRecursive.push(CgroupV1BlkIOEntry.decode(reader.bytes()));
  },
  (message, writer) => {
    for (const item of message.ioServiceBytesRecursive ?? []) {
      CgroupV1BlkIOEntry.encode(item, writer.uint32(10).fork()).ldelim();
    }
    for (const item of message.ioServicedRecursive ?? []) {
      CgroupV1BlkIOEntry.encode(item, writer.uint32(18).fork()).ldelim();
    }
    for (const item of message.ioQueuedRecursive ?? []) {
      CgroupV1BlkIOEntry.encode(item, writer.uint32(26).fork()).ldelim();
    }
    for (const item of message.ioServiceTimeRecursive ?? []) {
      CgroupV1BlkIOEntry.encode(item, writer.uint32(34).fork()).ldelim();
    }
    for (const item of message.ioWaitTimeRecursive ?? []) {
      CgroupV1BlkIOEntry.encode(item, writer.uint32(42).fork()).ldelim();
    }
    for (const item of message.ioMergedRecursive ?? []) {
      CgroupV1BlkIOEntry.encode(item, writer.uint32(50).fork()).ldelim();
    }
    for (const item of message.ioTimeRecursive ?? []) {
      CgroupV1BlkIOEntry.encode(item, writer.uint32(58).fork()).ldelim();
    }
    for (const item of message.sectorsRecursive ?? []) {
      CgroupV1BlkIOEntry.encode(item, writer.uint32(66).fork()).ldelim();
    }
  },
);

export interface CgroupV1BlkIOEntry {
  op: string;
  device: string;
  major: number;
  minor: number;
  value: number;
}
export declare namespace CgroupV1BlkIOEntry {
  interface Properties extends Partial<Omit<CgroupV1BlkIOEntry, "major" | "minor" | "value">> {
    major?: number | bigint;
    minor?: number | bigint;
    value?: number | bigint;
  }
}
export const CgroupV1BlkIOEntry = /* @__PURE__ */ messageType<
  CgroupV1BlkIOEntry,
  CgroupV1BlkIOEntry.Properties
>(
  () => ({ op: "", device: "", major: 0, minor: 0, value: 0 }),
  (message, tag, reader) => {
    if (tag === 10) message.op = reader.stringVerify();
    else if (tag === 18) message.device = reader.stringVerify();
    else if (tag === 24) message.major = Number(reader.uint64());
    else if (tag === 32) message.minor = Number(reader.uint64());
    else if (tag === 40) message.value = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.op) writer.uint32(10).string(message.op);
    if (message.device) writer.uint32(18).string(message.device);
    if (message.major) writer.uint32(24).uint64(toLong(message.major));
    if (message.minor) writer.uint32(32).uint64(toLong(message.minor));
    if (message.value) writer.uint32(40).uint64(toLong(message.value));
  },
);

export interface CgroupV1RdmaStat {
  current: CgroupV1RdmaEntry[];
  limit: CgroupV1RdmaEntry[];
}
export declare namespace CgroupV1RdmaStat {
  interface Properties {
    current?: readonly CgroupV1RdmaEntry.Properties[];
    limit?: readonly CgroupV1RdmaEntry.Properties[];
  }
}
export const CgroupV1RdmaStat = /* @__PURE__ */ messageType<
  CgroupV1RdmaStat,
  CgroupV1RdmaStat.Properties
>(
  () => ({ current: [], limit: [] }),
  (message, tag, reader) => {
    if (tag === 10) message.current.push(CgroupV1RdmaEntry.decode(reader.bytes()));
    else if (tag === 18) message.limit.push(CgroupV1RdmaEntry.decode(reader.bytes()));
  },
  (message, writer) => {
    for (const item of message.current ?? []) {
      CgroupV1RdmaEntry.encode(item, writer.uint32(10).fork()).ldelim();
    }
    for (const item of message.limit ?? []) {
      CgroupV1RdmaEntry.encode(item, writer.uint32(18).fork()).ldelim();
    }
  },
);

export interface CgroupV1RdmaEntry {
  device: string;
  hcaHandles: number;
  hcaObjects: number;
}
export declare namespace CgroupV1RdmaEntry {
  type Properties = Partial<CgroupV1RdmaEntry>;
}
export const CgroupV1RdmaEntry = /* @__PURE__ */ messageType<
  CgroupV1RdmaEntry,
  CgroupV1RdmaEntry.Properties
>(
  () => ({ device: "", hcaHandles: 0, hcaObjects: 0 }),
  (message, tag, reader) => {
    if (tag === 10) message.device = reader.stringVerify();
    else if (tag === 16) message.hcaHandles = reader.uint32();
    else if (tag === 24) message.hcaObjects = reader.uint32();
  },
  (message, writer) => {
    if (message.device) writer.uint32(10).string(message.device);
    if (message.hcaHandles) writer.uint32(16).uint32(message.hcaHandles);
    if (message.hcaObjects) writer.uint32(24).uint32(message.hcaObjects);
  },
);

export interface CgroupV1MemoryOomControl {
  oomKillDisable: number;
  underOom: number;
  oomKill: number;
}
export declare namespace CgroupV1MemoryOomControl {
  interface Properties {
    oomKillDisable?: number | bigint;
    underOom?: number | bigint;
    oomKill?: number | bigint;
  }
}
export const CgroupV1MemoryOomControl = /* @__PURE__ */ messageType<
  CgroupV1MemoryOomControl,
  CgroupV1MemoryOomControl.Properties
>(
  () => ({ oomKillDisable: 0, underOom: 0, oomKill: 0 }),
  (message, tag, reader) => {
    if (tag === 8) message.oomKillDisable = Number(reader.uint64());
    else if (tag === 16) message.underOom = Number(reader.uint64());
    else if (tag === 24) message.oomKill = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.oomKillDisable) writer.uint32(8).uint64(toLong(message.oomKillDisable));
    if (message.underOom) writer.uint32(16).uint64(toLong(message.underOom));
    if (message.oomKill) writer.uint32(24).uint64(toLong(message.oomKill));
  },
);

export interface CgroupV2Metrics {
  pids: CgroupV2PidsStat | null;
  cpu: CgroupV2CPUStat | null;
  memory: CgroupV2MemoryStat | null;
  rdma: CgroupV2RdmaStat | null;
  io: CgroupV2IOStat | null;
  hugetlb: CgroupV2HugeTlbStat[];
  memoryEvents: CgroupV2MemoryEvents | null;
}
export declare namespace CgroupV2Metrics {
  interface Properties {
    pids?: CgroupV2PidsStat.Properties | null;
    cpu?: CgroupV2CPUStat.Properties | null;
    memory?: CgroupV2MemoryStat.Properties | null;
    rdma?: CgroupV2RdmaStat.Properties | null;
    io?: CgroupV2IOStat.Properties | null;
    hugetlb?: readonly CgroupV2HugeTlbStat.Properties[];
    memoryEvents?: CgroupV2MemoryEvents.Properties | null;
  }
}
export const CgroupV2Metrics = /* @__PURE__ */ messageType<
  CgroupV2Metrics,
  CgroupV2Metrics.Properties
>(
  () => ({
    pids: null,
    cpu: null,
    memory: null,
    rdma: null,
    io: null,
    hugetlb: [],
    memoryEvents: null,
  }),
  (message, tag, reader) => {
    if (tag === 10) message.pids = CgroupV2PidsStat.decode(reader.bytes(), message.pids);
    else if (tag === 18) message.cpu = CgroupV2CPUStat.decode(reader.bytes(), message.cpu);
    else if (tag === 34) message.memory = CgroupV2MemoryStat.decode(reader.bytes(), message.memory);
    else if (tag === 42) message.rdma = CgroupV2RdmaStat.decode(reader.bytes(), message.rdma);
    else if (tag === 50) message.io = CgroupV2IOStat.decode(reader.bytes(), message.io);
    else if (tag === 58) message.hugetlb.push(CgroupV2HugeTlbStat.decode(reader.bytes()));
    else if (tag === 66) {
      message.memoryEvents = CgroupV2MemoryEvents.decode(reader.bytes(), message.memoryEvents);
    }
  },
  (message, writer) => {
    if (message.pids) CgroupV2PidsStat.encode(message.pids, writer.uint32(10).fork()).ldelim();
    if (message.cpu) CgroupV2CPUStat.encode(message.cpu, writer.uint32(18).fork()).ldelim();
    if (message.memory) {
      CgroupV2MemoryStat.encode(message.memory, writer.uint32(34).fork()).ldelim();
    }
    if (message.rdma) CgroupV2RdmaStat.encode(message.rdma, writer.uint32(42).fork()).ldelim();
    if (message.io) CgroupV2IOStat.encode(message.io, writer.uint32(50).fork()).ldelim();
    for (const item of message.hugetlb ?? []) {
      CgroupV2HugeTlbStat.encode(item, writer.uint32(58).fork()).ldelim();
    }
    if (message.memoryEvents) {
      CgroupV2MemoryEvents.encode(message.memoryEvents, writer.uint32(66).fork()).ldelim();
    }
  },
);

export interface CgroupV2PidsStat {
  current: number;
  limit: number;
}
export declare namespace CgroupV2PidsStat {
  interface Properties {
    current?: number | bigint;
    limit?: number | bigint;
  }
}
export const CgroupV2PidsStat = /* @__PURE__ */ messageType<
  CgroupV2PidsStat,
  CgroupV2PidsStat.Properties
>(
  () => ({ current: 0, limit: 0 }),
  (message, tag, reader) => {
    if (tag === 8) message.current = Number(reader.uint64());
    else if (tag === 16) message.limit = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.current) writer.uint32(8).uint64(toLong(message.current));
    if (message.limit) writer.uint32(16).uint64(toLong(message.limit));
  },
);

export interface CgroupV2CPUStat {
  usageUsec: number;
  userUsec: number;
  systemUsec: number;
  nrPeriods: number;
  nrThrottled: number;
  throttledUsec: number;
  psi: CgroupV2PSIStats | null;
  nrBursts: number;
  burstUsec: number;
}
export declare namespace CgroupV2CPUStat {
  interface Properties {
    usageUsec?: number | bigint;
    userUsec?: number | bigint;
    systemUsec?: number | bigint;
    nrPeriods?: number | bigint;
    nrThrottled?: number | bigint;
    throttledUsec?: number | bigint;
    psi?: CgroupV2PSIStats.Properties | null;
    nrBursts?: number | bigint;
    burstUsec?: number | bigint;
  }
}
export const CgroupV2CPUStat = /* @__PURE__ */ messageType<
  CgroupV2CPUStat,
  CgroupV2CPUStat.Properties
>(
  () => ({
    usageUsec: 0,
    userUsec: 0,
    systemUsec: 0,
    nrPeriods: 0,
    nrThrottled: 0,
    throttledUsec: 0,
    psi: null,
    nrBursts: 0,
    burstUsec: 0,
  }),
  (message, tag, reader) => {
    if (tag === 8) message.usageUsec = Number(reader.uint64());
    else if (tag === 16) message.userUsec = Number(reader.uint64());
    else if (tag === 24) message.systemUsec = Number(reader.uint64());
    else if (tag === 32) message.nrPeriods = Number(reader.uint64());
    else if (tag === 40) message.nrThrottled = Number(reader.uint64());
    else if (tag === 48) message.throttledUsec = Number(reader.uint64());
    else if (tag === 58) message.psi = CgroupV2PSIStats.decode(reader.bytes(), message.psi);
    else if (tag === 64) message.nrBursts = Number(reader.uint64());
    else if (tag === 72) message.burstUsec = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.usageUsec) writer.uint32(8).uint64(toLong(message.usageUsec));
    if (message.userUsec) writer.uint32(16).uint64(toLong(message.userUsec));
    if (message.systemUsec) writer.uint32(24).uint64(toLong(message.systemUsec));
    if (message.nrPeriods) writer.uint32(32).uint64(toLong(message.nrPeriods));
    if (message.nrThrottled) writer.uint32(40).uint64(toLong(message.nrThrottled));
    if (message.throttledUsec) writer.uint32(48).uint64(toLong(message.throttledUsec));
    if (message.psi) CgroupV2PSIStats.encode(message.psi, writer.uint32(58).fork()).ldelim();
    if (message.nrBursts) writer.uint32(64).uint64(toLong(message.nrBursts));
    if (message.burstUsec) writer.uint32(72).uint64(toLong(message.burstUsec));
  },
);

export interface CgroupV2MemoryStat {
  anon: number;
  file: number;
  kernelStack: number;
  slab: number;
  sock: number;
  shmem: number;
  fileMapped: number;
  fileDirty: number;
  fileWriteback: number;
  anonThp: number;
  inactiveAnon: number;
  activeAnon: number;
  inactiveFile: number;
  activeFile: number;
  unevictable: number;
  slabReclaimable: number;
  slabUnreclaimable: number;
  pgfault: number;
  pgmajfault: number;
  workingsetRefault: number;
  workingsetActivate: number;
  workingsetNodereclaim: number;
  pgrefill: number;
  pgscan: number;
  pgsteal: number;
  pgactivate: number;
  pgdeactivate: number;
  pglazyfree: number;
  pglazyfreed: number;
  thpFaultAlloc: number;
  thpCollapseAlloc: number;
  usage: number;
  usageLimit: number;
  swapUsage: number;
  swapLimit: number;
  maxUsage: number;
  swapMaxUsage: number;
  psi: CgroupV2PSIStats | null;
  workingsetRefaultAnon: number;
  workingsetRefaultFile: number;
  workingsetActivateAnon: number;
  workingsetActivateFile: number;
}
export declare namespace CgroupV2MemoryStat {
  interface Properties {
    anon?: number | bigint;
    file?: number | bigint;
    kernelStack?: number | bigint;
    slab?: number | bigint;
    sock?: number | bigint;
    shmem?: number | bigint;
    fileMapped?: number | bigint;
    fileDirty?: number | bigint;
    fileWriteback?: number | bigint;
    anonThp?: number | bigint;
    inactiveAnon?: number | bigint;
    activeAnon?: number | bigint;
    inactiveFile?: number | bigint;
    activeFile?: number | bigint;
    unevictable?: number | bigint;
    slabReclaimable?: number | bigint;
    slabUnreclaimable?: number | bigint;
    pgfault?: number | bigint;
    pgmajfault?: number | bigint;
    workingsetRefault?: number | bigint;
    workingsetActivate?: number | bigint;
    workingsetNodereclaim?: number | bigint;
    pgrefill?: number | bigint;
    pgscan?: number | bigint;
    pgsteal?: number | bigint;
    pgactivate?: number | bigint;
    pgdeactivate?: number | bigint;
    pglazyfree?: number | bigint;
    pglazyfreed?: number | bigint;
    thpFaultAlloc?: number | bigint;
    thpCollapseAlloc?: number | bigint;
    usage?: number | bigint;
    usageLimit?: number | bigint;
    swapUsage?: number | bigint;
    swapLimit?: number | bigint;
    maxUsage?: number | bigint;
    swapMaxUsage?: number | bigint;
    psi?: CgroupV2PSIStats.Properties | null;
    workingsetRefaultAnon?: number | bigint;
    workingsetRefaultFile?: number | bigint;
    workingsetActivateAnon?: number | bigint;
    workingsetActivateFile?: number | bigint;
  }
}
export const CgroupV2MemoryStat = /* @__PURE__ */ messageType<
  CgroupV2MemoryStat,
  CgroupV2MemoryStat.Properties
>(
  () => ({
    anon: 0,
    file: 0,
    kernelStack: 0,
    slab: 0,
    sock: 0,
    shmem: 0,
    fileMapped: 0,
    fileDirty: 0,
    fileWriteback: 0,
    anonThp: 0,
    inactiveAnon: 0,
    activeAnon: 0,
    inactiveFile: 0,
    activeFile: 0,
    unevictable: 0,
    slabReclaimable: 0,
    slabUnreclaimable: 0,
    pgfault: 0,
    pgmajfault: 0,
    workingsetRefault: 0,
    workingsetActivate: 0,
    workingsetNodereclaim: 0,
    pgrefill: 0,
    pgscan: 0,
    pgsteal: 0,
    pgactivate: 0,
    pgdeactivate: 0,
    pglazyfree: 0,
    pglazyfreed: 0,
    thpFaultAlloc: 0,
    thpCollapseAlloc: 0,
    usage: 0,
    usageLimit: 0,
    swapUsage: 0,
    swapLimit: 0,
    maxUsage: 0,
    swapMaxUsage: 0,
    psi: null,
    workingsetRefaultAnon: 0,
    workingsetRefaultFile: 0,
    workingsetActivateAnon: 0,
    workingsetActivateFile: 0,
  }),
  (message, tag, reader) => {
    if (tag === 8) message.anon = Number(reader.uint64());
    else if (tag === 16) message.file = Number(reader.uint64());
    else if (tag === 24) message.kernelStack = Number(reader.uint64());
    else if (tag === 32) message.slab = Number(reader.uint64());
    else if (tag === 40) message.sock = Number(reader.uint64());
    else if (tag === 48) message.shmem = Number(reader.uint64());
    else if (tag === 56) message.fileMapped = Number(reader.uint64());
    else if (tag === 64) message.fileDirty = Number(reader.uint64());
    else if (tag === 72) message.fileWriteback = Number(reader.uint64());
    else if (tag === 80) message.anonThp = Number(reader.uint64());
    else if (tag === 88) message.inactiveAnon = Number(reader.uint64());
    else if (tag === 96) message.activeAnon = Number(reader.uint64());
    else if (tag === 104) message.inactiveFile = Number(reader.uint64());
    else if (tag === 112) message.activeFile = Number(reader.uint64());
    else if (tag === 120) message.unevictable = Number(reader.uint64());
    else if (tag === 128) message.slabReclaimable = Number(reader.uint64());
    else if (tag === 136) message.slabUnreclaimable = Number(reader.uint64());
    else if (tag === 144) message.pgfault = Number(reader.uint64());
    else if (tag === 152) message.pgmajfault = Number(reader.uint64());
    else if (tag === 160) message.workingsetRefault = Number(reader.uint64());
    else if (tag === 168) message.workingsetActivate = Number(reader.uint64());
    else if (tag === 176) message.workingsetNodereclaim = Number(reader.uint64());
    else if (tag === 184) message.pgrefill = Number(reader.uint64());
    else if (tag === 192) message.pgscan = Number(reader.uint64());
    else if (tag === 200) message.pgsteal = Number(reader.uint64());
    else if (tag === 208) message.pgactivate = Number(reader.uint64());
    else if (tag === 216) message.pgdeactivate = Number(reader.uint64());
    else if (tag === 224) message.pglazyfree = Number(reader.uint64());
    else if (tag === 232) message.pglazyfreed = Number(reader.uint64());
    else if (tag === 240) message.thpFaultAlloc = Number(reader.uint64());
    else if (tag === 248) message.thpCollapseAlloc = Number(reader.uint64());
    else if (tag === 256) message.usage = Number(reader.uint64());
    else if (tag === 264) message.usageLimit = Number(reader.uint64());
    else if (tag === 272) message.swapUsage = Number(reader.uint64());
    else if (tag === 280) message.swapLimit = Number(reader.uint64());
    else if (tag === 288) message.maxUsage = Number(reader.uint64());
    else if (tag === 296) message.swapMaxUsage = Number(reader.uint64());
    else if (tag === 306) message.psi = CgroupV2PSIStats.decode(reader.bytes(), message.psi);
    else if (tag === 312) message.workingsetRefaultAnon = Number(reader.uint64());
    else if (tag === 320) message.workingsetRefaultFile = Number(reader.uint64());
    else if (tag === 328) message.workingsetActivateAnon = Number(reader.uint64());
    else if (tag === 336) message.workingsetActivateFile = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.anon) writer.uint32(8).uint64(toLong(message.anon));
    if (message.file) writer.uint32(16).uint64(toLong(message.file));
    if (message.kernelStack) writer.uint32(24).uint64(toLong(message.kernelStack));
    if (message.slab) writer.uint32(32).uint64(toLong(message.slab));
    if (message.sock) writer.uint32(40).uint64(toLong(message.sock));
    if (message.shmem) writer.uint32(48).uint64(toLong(message.shmem));
    if (message.fileMapped) writer.uint32(56).uint64(toLong(message.fileMapped));
    if (message.fileDirty) writer.uint32(64).uint64(toLong(message.fileDirty));
    if (message.fileWriteback) writer.uint32(72).uint64(toLong(message.fileWriteback));
    if (message.anonThp) writer.uint32(80).uint64(toLong(message.anonThp));
    if (message.inactiveAnon) writer.uint32(88).uint64(toLong(message.inactiveAnon));
    if (message.activeAnon) writer.uint32(96).uint64(toLong(message.activeAnon));
    if (message.inactiveFile) writer.uint32(104).uint64(toLong(message.inactiveFile));
    if (message.activeFile) writer.uint32(112).uint64(toLong(message.activeFile));
    if (message.unevictable) writer.uint32(120).uint64(toLong(message.unevictable));
    if (message.slabReclaimable) writer.uint32(128).uint64(toLong(message.slabReclaimable));
    if (message.slabUnreclaimable) writer.uint32(136).uint64(toLong(message.slabUnreclaimable));
    if (message.pgfault) writer.uint32(144).uint64(toLong(message.pgfault));
    if (message.pgmajfault) writer.uint32(152).uint64(toLong(message.pgmajfault));
    if (message.workingsetRefault) writer.uint32(160).uint64(toLong(message.workingsetRefault));
    if (message.workingsetActivate) writer.uint32(168).uint64(toLong(message.workingsetActivate));
    if (message.workingsetNodereclaim) {
      writer.uint32(176).uint64(toLong(message.workingsetNodereclaim));
    }
    if (message.pgrefill) writer.uint32(184).uint64(toLong(message.pgrefill));
    if (message.pgscan) writer.uint32(192).uint64(toLong(message.pgscan));
    if (message.pgsteal) writer.uint32(200).uint64(toLong(message.pgsteal));
    if (message.pgactivate) writer.uint32(208).uint64(toLong(message.pgactivate));
    if (message.pgdeactivate) writer.uint32(216).uint64(toLong(message.pgdeactivate));
    if (message.pglazyfree) writer.uint32(224).uint64(toLong(message.pglazyfree));
    if (message.pglazyfreed) writer.uint32(232).uint64(toLong(message.pglazyfreed));
    if (message.thpFaultAlloc) writer.uint32(240).uint64(toLong(message.thpFaultAlloc));
    if (message.thpCollapseAlloc) writer.uint32(248).uint64(toLong(message.thpCollapseAlloc));
    if (message.usage) writer.uint32(256).uint64(toLong(message.usage));
    if (message.usageLimit) writer.uint32(264).uint64(toLong(message.usageLimit));
    if (message.swapUsage) writer.uint32(272).uint64(toLong(message.swapUsage));
    if (message.swapLimit) writer.uint32(280).uint64(toLong(message.swapLimit));
    if (message.maxUsage) writer.uint32(288).uint64(toLong(message.maxUsage));
    if (message.swapMaxUsage) writer.uint32(296).uint64(toLong(message.swapMaxUsage));
    if (message.psi) CgroupV2PSIStats.encode(message.psi, writer.uint32(306).fork()).ldelim();
    if (message.workingsetRefaultAnon) {
      writer.uint32(312).uint64(toLong(message.workingsetRefaultAnon));
    }
    if (message.workingsetRefaultFile) {
      writer.uint32(320).uint64(toLong(message.workingsetRefaultFile));
    }
    if (message.workingsetActivateAnon) {
      writer.uint32(328).uint64(toLong(message.workingsetActivateAnon));
    }
    if (message.workingsetActivateFile) {
      writer.uint32(336).uint64(toLong(message.workingsetActivateFile));
    }
  },
);

export interface CgroupV2RdmaStat {
  current: CgroupV2RdmaEntry[];
  limit: CgroupV2RdmaEntry[];
}
export declare namespace CgroupV2RdmaStat {
  interface Properties {
    current?: readonly CgroupV2RdmaEntry.Properties[];
    limit?: readonly CgroupV2RdmaEntry.Properties[];
  }
}
export const CgroupV2RdmaStat = /* @__PURE__ */ messageType<
  CgroupV2RdmaStat,
  CgroupV2RdmaStat.Properties
>(
  () => ({ current: [], limit: [] }),
  (message, tag, reader) => {
    if (tag === 10) message.current.push(CgroupV2RdmaEntry.decode(reader.bytes()));
    else if (tag === 18) message.limit.push(CgroupV2RdmaEntry.decode(reader.bytes()));
  },
  (message, writer) => {
    for (const item of message.current ?? []) {
      CgroupV2RdmaEntry.encode(item, writer.uint32(10).fork()).ldelim();
    }
    for (const item of message.limit ?? []) {
      CgroupV2RdmaEntry.encode(item, writer.uint32(18).fork()).ldelim();
    }
  },
);

export interface CgroupV2RdmaEntry {
  device: string;
  hcaHandles: number;
  hcaObjects: number;
}
export declare namespace CgroupV2RdmaEntry {
  type Properties = Partial<CgroupV2RdmaEntry>;
}
export const CgroupV2RdmaEntry = /* @__PURE__ */ messageType<
  CgroupV2RdmaEntry,
  CgroupV2RdmaEntry.Properties
>(
  () => ({ device: "", hcaHandles: 0, hcaObjects: 0 }),
  (message, tag, reader) => {
    if (tag === 10) message.device = reader.stringVerify();
    else if (tag === 16) message.hcaHandles = reader.uint32();
    else if (tag === 24) message.hcaObjects = reader.uint32();
  },
  (message, writer) => {
    if (message.device) writer.uint32(10).string(message.device);
    if (message.hcaHandles) writer.uint32(16).uint32(message.hcaHandles);
    if (message.hcaObjects) writer.uint32(24).uint32(message.hcaObjects);
  },
);

export interface CgroupV2IOStat {
  usage: CgroupV2IOEntry[];
  psi: CgroupV2PSIStats | null;
}
export declare namespace CgroupV2IOStat {
  interface Properties {
    usage?: readonly CgroupV2IOEntry.Properties[];
    psi?: CgroupV2PSIStats.Properties | null;
  }
}
export const CgroupV2IOStat = /* @__PURE__ */ messageType<
  CgroupV2IOStat,
  CgroupV2IOStat.Properties
>(
  () => ({ usage: [], psi: null }),
  (message, tag, reader) => {
    if (tag === 10) message.usage.push(CgroupV2IOEntry.decode(reader.bytes()));
    else if (tag === 18) message.psi = CgroupV2PSIStats.decode(reader.bytes(), message.psi);
  },
  (message, writer) => {
    for (const item of message.usage ?? []) {
      CgroupV2IOEntry.encode(item, writer.uint32(10).fork()).ldelim();
    }
    if (message.psi) CgroupV2PSIStats.encode(message.psi, writer.uint32(18).fork()).ldelim();
  },
);

export interface CgroupV2IOEntry {
  major: number;
  minor: number;
  rbytes: number;
  wbytes: number;
  rios: number;
  wios: number;
}
export declare namespace CgroupV2IOEntry {
  interface Properties {
    major?: number | bigint;
    minor?: number | bigint;
    rbytes?: number | bigint;
    wbytes?: number | bigint;
    rios?: number | bigint;
    wios?: number | bigint;
  }
}
export const CgroupV2IOEntry = /* @__PURE__ */ messageType<
  CgroupV2IOEntry,
  CgroupV2IOEntry.Properties
>(
  () => ({ major: 0, minor: 0, rbytes: 0, wbytes: 0, rios: 0, wios: 0 }),
  (message, tag, reader) => {
    if (tag === 8) message.major = Number(reader.uint64());
    else if (tag === 16) message.minor = Number(reader.uint64());
    else if (tag === 24) message.rbytes = Number(reader.uint64());
    else if (tag === 32) message.wbytes = Number(reader.uint64());
    else if (tag === 40) message.rios = Number(reader.uint64());
    else if (tag === 48) message.wios = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.major) writer.uint32(8).uint64(toLong(message.major));
    if (message.minor) writer.uint32(16).uint64(toLong(message.minor));
    if (message.rbytes) writer.uint32(24).uint64(toLong(message.rbytes));
    if (message.wbytes) writer.uint32(32).uint64(toLong(message.wbytes));
    if (message.rios) writer.uint32(40).uint64(toLong(message.rios));
    if (message.wios) writer.uint32(48).uint64(toLong(message.wios));
  },
);

export interface CgroupV2HugeTlbStat {
  current: number;
  max: number;
  pagesize: string;
  failcnt: number;
}
export declare namespace CgroupV2HugeTlbStat {
  interface Properties extends Partial<Omit<CgroupV2HugeTlbStat, "current" | "max" | "failcnt">> {
    current?: number | bigint;
    max?: number | bigint;
    failcnt?: number | bigint;
  }
}
export const CgroupV2HugeTlbStat = /* @__PURE__ */ messageType<
  CgroupV2HugeTlbStat,
  CgroupV2HugeTlbStat.Properties
>(
  () => ({ current: 0, max: 0, pagesize: "", failcnt: 0 }),
  (message, tag, reader) => {
    if (tag === 8) message.current = Number(reader.uint64());
    else if (tag === 16) message.max = Number(reader.uint64());
    else if (tag === 26) message.pagesize = reader.stringVerify();
    else if (tag === 32) message.failcnt = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.current) writer.uint32(8).uint64(toLong(message.current));
    if (message.max) writer.uint32(16).uint64(toLong(message.max));
    if (message.pagesize) writer.uint32(26).string(message.pagesize);
    if (message.failcnt) writer.uint32(32).uint64(toLong(message.failcnt));
  },
);

export interface CgroupV2MemoryEvents {
  low: number;
  high: number;
  max: number;
  oom: number;
  oomKill: number;
  oomGroupKill: number;
}
export declare namespace CgroupV2MemoryEvents {
  interface Properties {
    low?: number | bigint;
    high?: number | bigint;
    max?: number | bigint;
    oom?: number | bigint;
    oomKill?: number | bigint;
    oomGroupKill?: number | bigint;
  }
}
export const CgroupV2MemoryEvents = /* @__PURE__ */ messageType<
  CgroupV2MemoryEvents,
  CgroupV2MemoryEvents.Properties
>(
  () => ({ low: 0, high: 0, max: 0, oom: 0, oomKill: 0, oomGroupKill: 0 }),
  (message, tag, reader) => {
    if (tag === 8) message.low = Number(reader.uint64());
    else if (tag === 16) message.high = Number(reader.uint64());
    else if (tag === 24) message.max = Number(reader.uint64());
    else if (tag === 32) message.oom = Number(reader.uint64());
    else if (tag === 40) message.oomKill = Number(reader.uint64());
    else if (tag === 48) message.oomGroupKill = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.low) writer.uint32(8).uint64(toLong(message.low));
    if (message.high) writer.uint32(16).uint64(toLong(message.high));
    if (message.max) writer.uint32(24).uint64(toLong(message.max));
    if (message.oom) writer.uint32(32).uint64(toLong(message.oom));
    if (message.oomKill) writer.uint32(40).uint64(toLong(message.oomKill));
    if (message.oomGroupKill) writer.uint32(48).uint64(toLong(message.oomGroupKill));
  },
);

export interface CgroupV2PSIStats {
  some: CgroupV2PSIData | null;
  full: CgroupV2PSIData | null;
}
export declare namespace CgroupV2PSIStats {
  interface Properties {
    some?: CgroupV2PSIData.Properties | null;
    full?: CgroupV2PSIData.Properties | null;
  }
}
export const CgroupV2PSIStats = /* @__PURE__ */ messageType<
  CgroupV2PSIStats,
  CgroupV2PSIStats.Properties
>(
  () => ({ some: null, full: null }),
  (message, tag, reader) => {
    if (tag === 10) message.some = CgroupV2PSIData.decode(reader.bytes(), message.some);
    else if (tag === 18) message.full = CgroupV2PSIData.decode(reader.bytes(), message.full);
  },
  (message, writer) => {
    if (message.some) CgroupV2PSIData.encode(message.some, writer.uint32(10).fork()).ldelim();
    if (message.full) CgroupV2PSIData.encode(message.full, writer.uint32(18).fork()).ldelim();
  },
);

export interface CgroupV2PSIData {
  avg10: number;
  avg60: number;
  avg300: number;
  total: number;
}
export declare namespace CgroupV2PSIData {
  interface Properties extends Partial<Omit<CgroupV2PSIData, "total">> {
    total?: number | bigint;
  }
}
export const CgroupV2PSIData = /* @__PURE__ */ messageType<
  CgroupV2PSIData,
  CgroupV2PSIData.Properties
>(
  () => ({ avg10: 0, avg60: 0, avg300: 0, total: 0 }),
  (message, tag, reader) => {
    if (tag === 9) message.avg10 = reader.double();
    else if (tag === 17) message.avg60 = reader.double();
    else if (tag === 25) message.avg300 = reader.double();
    else if (tag === 32) message.total = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.avg10 != null && !Object.is(message.avg10, 0)) {
      writer.uint32(9).double(message.avg10);
    }
    if (message.avg60 != null && !Object.is(message.avg60, 0)) {
      writer.uint32(17).double(message.avg60);
    }
    if (message.avg300 != null && !Object.is(message.avg300, 0)) {
      writer.uint32(25).double(message.avg300);
    }
    if (message.total) writer.uint32(32).uint64(toLong(message.total));
  },
);

export interface RuntimeOptions {
  typeUrl: string;
  configPath: string;
  configBody: Uint8Array;
}
export declare namespace RuntimeOptions {
  type Properties = Partial<RuntimeOptions>;
}
export const RuntimeOptions = /* @__PURE__ */ messageType<
  RuntimeOptions,
  RuntimeOptions.Properties
>(
  () => ({ typeUrl: "", configPath: "", configBody: new Uint8Array() }),
  (message, tag, reader) => {
    if (tag === 10) message.typeUrl = reader.stringVerify();
    else if (tag === 18) message.configPath = reader.stringVerify();
    else if (tag === 26) message.configBody = reader.bytes();
  },
  (message, writer) => {
    if (message.typeUrl) writer.uint32(10).string(message.typeUrl);
    if (message.configPath) writer.uint32(18).string(message.configPath);
    if (message.configBody?.length) writer.uint32(26).bytes(message.configBody);
  },
);

export interface Request {
  service: string;
  method: string;
  payload: Uint8Array;
  timeoutNano: number;
  metadata: KeyValue[];
}
export declare namespace Request {
  interface Properties extends Partial<Omit<Request, "timeoutNano" | "metadata">> {
    timeoutNano?: number | bigint;
    metadata?: readonly KeyValue.Properties[];
  }
}
export const Request = /* @__PURE__ */ messageType<Request, Request.Properties>(
  () => ({ service: "", method: "", payload: new Uint8Array(), timeoutNano: 0, metadata: [] }),
  (message, tag, reader) => {
    if (tag === 10) message.service = reader.stringVerify();
    else if (tag === 18) message.method = reader.stringVerify();
    else if (tag === 26) message.payload = reader.bytes();
    else if (tag === 32) message.timeoutNano = Number(reader.int64());
    else if (tag === 42) message.metadata.push(KeyValue.decode(reader.bytes()));
  },
  (message, writer) => {
    if (message.service) writer.uint32(10).string(message.service);
    if (message.method) writer.uint32(18).string(message.method);
    if (message.payload?.length) writer.uint32(26).bytes(message.payload);
    if (message.timeoutNano) writer.uint32(32).int64(toLong(message.timeoutNano));
    for (const item of message.metadata ?? []) {
      KeyValue.encode(item, writer.uint32(42).fork()).ldelim();
    }
  },
);

export interface Response {
  status: RpcStatus | null;
  payload: Uint8Array;
}
export declare namespace Response {
  interface Properties extends Partial<Omit<Response, "status">> {
    status?: RpcStatus.Properties | null;
  }
}
export const Response = /* @__PURE__ */ messageType<Response, Response.Properties>(
  () => ({ status: null, payload: new Uint8Array() }),
  (message, tag, reader) => {
    if (tag === 10) message.status = RpcStatus.decode(reader.bytes(), message.status);
    else if (tag === 18) message.payload = reader.bytes();
  },
  (message, writer) => {
    if (message.status) RpcStatus.encode(message.status, writer.uint32(10).fork()).ldelim();
    if (message.payload?.length) writer.uint32(18).bytes(message.payload);
  },
);

export interface KeyValue {
  key: string;
  value: string;
}
export declare namespace KeyValue {
  type Properties = Partial<KeyValue>;
}
export const KeyValue = /* @__PURE__ */ messageType<KeyValue, KeyValue.Properties>(
  () => ({ key: "", value: "" }),
  (message, tag, reader) => {
    if (tag === 10) message.key = reader.stringVerify();
    else if (tag === 18) message.value = reader.stringVerify();
  },
  (message, writer) => {
    if (message.key) writer.uint32(10).string(message.key);
    if (message.value) writer.uint32(18).string(message.value);
  },
);
