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
