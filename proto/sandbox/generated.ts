// Generated from the .proto files by tools/proto.ts: not to be edited.
import { Any, Mount, Timestamp } from "../generated.ts";
import { messageType, readMapEntry, writeMap } from "../protobuf.ts";

export interface PodSandboxConfig {
  hostname: string;
  dnsConfig: DnsConfig | null;
  linux: LinuxPodSandboxConfig | null;
}
export declare namespace PodSandboxConfig {
  interface Properties extends Partial<Omit<PodSandboxConfig, "dnsConfig" | "linux">> {
    dnsConfig?: DnsConfig.Properties | null;
    linux?: LinuxPodSandboxConfig.Properties | null;
  }
}
export const PodSandboxConfig = /* @__PURE__ */ messageType<
  PodSandboxConfig,
  PodSandboxConfig.Properties
>(
  () => ({ hostname: "", dnsConfig: null, linux: null }),
  (message, tag, reader) => {
    if (tag === 18) message.hostname = reader.stringVerify();
    else if (tag === 34) message.dnsConfig = DnsConfig.decode(reader.bytes(), message.dnsConfig);
    else if (tag === 66) {
      message.linux = LinuxPodSandboxConfig.decode(reader.bytes(), message.linux);
    }
  },
  (message, writer) => {
    if (message.hostname) writer.uint32(18).string(message.hostname);
    if (message.dnsConfig) DnsConfig.encode(message.dnsConfig, writer.uint32(34).fork()).ldelim();
    if (message.linux) {
      LinuxPodSandboxConfig.encode(message.linux, writer.uint32(66).fork()).ldelim();
    }
  },
);

export interface DnsConfig {
  servers: string[];
  searches: string[];
  options: string[];
}
export declare namespace DnsConfig {
  interface Properties {
    servers?: readonly string[];
    searches?: readonly string[];
    options?: readonly string[];
  }
}
export const DnsConfig = /* @__PURE__ */ messageType<DnsConfig, DnsConfig.Properties>(
  () => ({ servers: [], searches: [], options: [] }),
  (message, tag, reader) => {
    if (tag === 10) message.servers.push(reader.stringVerify());
    else if (tag === 18) message.searches.push(reader.stringVerify());
    else if (tag === 26) message.options.push(reader.stringVerify());
  },
  (message, writer) => {
    for (const item of message.servers ?? []) writer.uint32(10).string(item);
    for (const item of message.searches ?? []) writer.uint32(18).string(item);
    for (const item of message.options ?? []) writer.uint32(26).string(item);
  },
);

export interface LinuxPodSandboxConfig {
  cgroupParent: string;
  securityContext: LinuxSandboxSecurityContext | null;
  sysctls: Record<string, string>;
}
export declare namespace LinuxPodSandboxConfig {
  interface Properties extends Partial<Omit<LinuxPodSandboxConfig, "securityContext" | "sysctls">> {
    securityContext?: LinuxSandboxSecurityContext.Properties | null;
    sysctls?: Readonly<Record<string, string>>;
  }
}
export const LinuxPodSandboxConfig = /* @__PURE__ */ messageType<
  LinuxPodSandboxConfig,
  LinuxPodSandboxConfig.Properties
>(
  () => ({ cgroupParent: "", securityContext: null, sysctls: {} }),
  (message, tag, reader) => {
    if (tag === 10) message.cgroupParent = reader.stringVerify();
    else if (tag === 18) {
      message.securityContext = LinuxSandboxSecurityContext.decode(
        reader.bytes(),
        message.securityContext,
      );
    } else if (tag === 26) readMapEntry(message.sysctls, reader.bytes());
  },
  (message, writer) => {
    if (message.cgroupParent) writer.uint32(10).string(message.cgroupParent);
    if (message.securityContext) {
      LinuxSandboxSecurityContext.encode(message.securityContext, writer.uint32(18).fork())
        .ldelim();
    }
    if (message.sysctls) writeMap(writer, 26, message.sysctls);
  },
);

export interface LinuxSandboxSecurityContext {
  namespaceOptions: NamespaceOption | null;
}
export declare namespace LinuxSandboxSecurityContext {
  interface Properties {
    namespaceOptions?: NamespaceOption.Properties | null;
  }
}
export const LinuxSandboxSecurityContext = /* @__PURE__ */ messageType<
  LinuxSandboxSecurityContext,
  LinuxSandboxSecurityContext.Properties
>(
  () => ({ namespaceOptions: null }),
  (message, tag, reader) => {
    if (tag === 10) {
      message.namespaceOptions = NamespaceOption.decode(reader.bytes(), message.namespaceOptions);
    }
  },
  (message, writer) => {
    if (message.namespaceOptions) {
      NamespaceOption.encode(message.namespaceOptions, writer.uint32(10).fork()).ldelim();
    }
  },
);

export enum NamespaceMode {
  POD = 0,
  CONTAINER = 1,
  NODE = 2,
  TARGET = 3,
}

export interface NamespaceOption {
  network: NamespaceMode;
  pid: NamespaceMode;
  ipc: NamespaceMode;
  targetId: string;
  usernsOptions: UserNamespace | null;
}
export declare namespace NamespaceOption {
  interface Properties extends Partial<Omit<NamespaceOption, "usernsOptions">> {
    usernsOptions?: UserNamespace.Properties | null;
  }
}
export const NamespaceOption = /* @__PURE__ */ messageType<
  NamespaceOption,
  NamespaceOption.Properties
>(
  () => ({ network: 0, pid: 0, ipc: 0, targetId: "", usernsOptions: null }),
  (message, tag, reader) => {
    if (tag === 8) message.network = reader.int32();
    else if (tag === 16) message.pid = reader.int32();
    else if (tag === 24) message.ipc = reader.int32();
    else if (tag === 34) message.targetId = reader.stringVerify();
    else if (tag === 42) {
      message.usernsOptions = UserNamespace.decode(reader.bytes(), message.usernsOptions);
    }
  },
  (message, writer) => {
    if (message.network) writer.uint32(8).int32(message.network);
    if (message.pid) writer.uint32(16).int32(message.pid);
    if (message.ipc) writer.uint32(24).int32(message.ipc);
    if (message.targetId) writer.uint32(34).string(message.targetId);
    if (message.usernsOptions) {
      UserNamespace.encode(message.usernsOptions, writer.uint32(42).fork()).ldelim();
    }
  },
);

export interface UserNamespace {
  mode: NamespaceMode;
  uids: IDMapping[];
  gids: IDMapping[];
}
export declare namespace UserNamespace {
  interface Properties extends Partial<Omit<UserNamespace, "uids" | "gids">> {
    uids?: readonly IDMapping.Properties[];
    gids?: readonly IDMapping.Properties[];
  }
}
export const UserNamespace = /* @__PURE__ */ messageType<UserNamespace, UserNamespace.Properties>(
  () => ({ mode: 0, uids: [], gids: [] }),
  (message, tag, reader) => {
    if (tag === 8) message.mode = reader.int32();
    else if (tag === 18) message.uids.push(IDMapping.decode(reader.bytes()));
    else if (tag === 26) message.gids.push(IDMapping.decode(reader.bytes()));
  },
  (message, writer) => {
    if (message.mode) writer.uint32(8).int32(message.mode);
    for (const item of message.uids ?? []) {
      IDMapping.encode(item, writer.uint32(18).fork()).ldelim();
    }
    for (const item of message.gids ?? []) {
      IDMapping.encode(item, writer.uint32(26).fork()).ldelim();
    }
  },
);

export interface IDMapping {
  hostId: number;
  containerId: number;
  length: number;
}
export declare namespace IDMapping {
  type Properties = Partial<IDMapping>;
}
export const IDMapping = /* @__PURE__ */ messageType<IDMapping, IDMapping.Properties>(
  () => ({ hostId: 0, containerId: 0, length: 0 }),
  (message, tag, reader) => {
    if (tag === 8) message.hostId = reader.uint32();
    else if (tag === 16) message.containerId = reader.uint32();
    else if (tag === 24) message.length = reader.uint32();
  },
  (message, writer) => {
    if (message.hostId) writer.uint32(8).uint32(message.hostId);
    if (message.containerId) writer.uint32(16).uint32(message.containerId);
    if (message.length) writer.uint32(24).uint32(message.length);
  },
);

export interface CreateSandboxRequest {
  sandboxId: string;
  bundlePath: string;
  rootfs: Mount[];
  options: Any | null;
  netnsPath: string;
  annotations: Record<string, string>;
}
export declare namespace CreateSandboxRequest {
  interface Properties
    extends Partial<Omit<CreateSandboxRequest, "rootfs" | "options" | "annotations">> {
    rootfs?: readonly Mount.Properties[];
    options?: Any.Properties | null;
    annotations?: Readonly<Record<string, string>>;
  }
}
export const CreateSandboxRequest = /* @__PURE__ */ messageType<
  CreateSandboxRequest,
  CreateSandboxRequest.Properties
>(
  () => ({
    sandboxId: "",
    bundlePath: "",
    rootfs: [],
    options: null,
    netnsPath: "",
    annotations: {},
  }),
  (message, tag, reader) => {
    if (tag === 10) message.sandboxId = reader.stringVerify();
    else if (tag === 18) message.bundlePath = reader.stringVerify();
    else if (tag === 26) message.rootfs.push(Mount.decode(reader.bytes()));
    else if (tag === 34) message.options = Any.decode(reader.bytes(), message.options);
    else if (tag === 42) message.netnsPath = reader.stringVerify();
    else if (tag === 50) readMapEntry(message.annotations, reader.bytes());
  },
  (message, writer) => {
    if (message.sandboxId) writer.uint32(10).string(message.sandboxId);
    if (message.bundlePath) writer.uint32(18).string(message.bundlePath);
    for (const item of message.rootfs ?? []) Mount.encode(item, writer.uint32(26).fork()).ldelim();
    if (message.options) Any.encode(message.options, writer.uint32(34).fork()).ldelim();
    if (message.netnsPath) writer.uint32(42).string(message.netnsPath);
    if (message.annotations) writeMap(writer, 50, message.annotations);
  },
);

export interface SandboxRequest {
  sandboxId: string;
}
export declare namespace SandboxRequest {
  type Properties = Partial<SandboxRequest>;
}
export const SandboxRequest = /* @__PURE__ */ messageType<
  SandboxRequest,
  SandboxRequest.Properties
>(
  () => ({ sandboxId: "" }),
  (message, tag, reader) => {
    if (tag === 10) message.sandboxId = reader.stringVerify();
  },
  (message, writer) => {
    if (message.sandboxId) writer.uint32(10).string(message.sandboxId);
  },
);

export interface StartSandboxResponse {
  pid: number;
  createdAt: Timestamp | null;
  spec: Any | null;
}
export declare namespace StartSandboxResponse {
  interface Properties extends Partial<Omit<StartSandboxResponse, "createdAt" | "spec">> {
    createdAt?: Timestamp.Properties | null;
    spec?: Any.Properties | null;
  }
}
export const StartSandboxResponse = /* @__PURE__ */ messageType<
  StartSandboxResponse,
  StartSandboxResponse.Properties
>(
  () => ({ pid: 0, createdAt: null, spec: null }),
  (message, tag, reader) => {
    if (tag === 8) message.pid = reader.uint32();
    else if (tag === 18) message.createdAt = Timestamp.decode(reader.bytes(), message.createdAt);
    else if (tag === 26) message.spec = Any.decode(reader.bytes(), message.spec);
  },
  (message, writer) => {
    if (message.pid) writer.uint32(8).uint32(message.pid);
    if (message.createdAt) Timestamp.encode(message.createdAt, writer.uint32(18).fork()).ldelim();
    if (message.spec) Any.encode(message.spec, writer.uint32(26).fork()).ldelim();
  },
);

export interface Platform {
  os: string;
  architecture: string;
  variant: string;
}
export declare namespace Platform {
  type Properties = Partial<Platform>;
}
export const Platform = /* @__PURE__ */ messageType<Platform, Platform.Properties>(
  () => ({ os: "", architecture: "", variant: "" }),
  (message, tag, reader) => {
    if (tag === 10) message.os = reader.stringVerify();
    else if (tag === 18) message.architecture = reader.stringVerify();
    else if (tag === 26) message.variant = reader.stringVerify();
  },
  (message, writer) => {
    if (message.os) writer.uint32(10).string(message.os);
    if (message.architecture) writer.uint32(18).string(message.architecture);
    if (message.variant) writer.uint32(26).string(message.variant);
  },
);

export interface PlatformResponse {
  platform: Platform | null;
}
export declare namespace PlatformResponse {
  interface Properties {
    platform?: Platform.Properties | null;
  }
}
export const PlatformResponse = /* @__PURE__ */ messageType<
  PlatformResponse,
  PlatformResponse.Properties
>(
  () => ({ platform: null }),
  (message, tag, reader) => {
    if (tag === 10) message.platform = Platform.decode(reader.bytes(), message.platform);
  },
  (message, writer) => {
    if (message.platform) Platform.encode(message.platform, writer.uint32(10).fork()).ldelim();
  },
);

export interface StopSandboxRequest {
  sandboxId: string;
  timeoutSecs: number;
}
export declare namespace StopSandboxRequest {
  type Properties = Partial<StopSandboxRequest>;
}
export const StopSandboxRequest = /* @__PURE__ */ messageType<
  StopSandboxRequest,
  StopSandboxRequest.Properties
>(
  () => ({ sandboxId: "", timeoutSecs: 0 }),
  (message, tag, reader) => {
    if (tag === 10) message.sandboxId = reader.stringVerify();
    else if (tag === 16) message.timeoutSecs = reader.uint32();
  },
  (message, writer) => {
    if (message.sandboxId) writer.uint32(10).string(message.sandboxId);
    if (message.timeoutSecs) writer.uint32(16).uint32(message.timeoutSecs);
  },
);

export interface WaitSandboxResponse {
  exitStatus: number;
  exitedAt: Timestamp | null;
}
export declare namespace WaitSandboxResponse {
  interface Properties extends Partial<Omit<WaitSandboxResponse, "exitedAt">> {
    exitedAt?: Timestamp.Properties | null;
  }
}
export const WaitSandboxResponse = /* @__PURE__ */ messageType<
  WaitSandboxResponse,
  WaitSandboxResponse.Properties
>(
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

export interface SandboxStatusRequest {
  sandboxId: string;
  verbose: boolean;
}
export declare namespace SandboxStatusRequest {
  type Properties = Partial<SandboxStatusRequest>;
}
export const SandboxStatusRequest = /* @__PURE__ */ messageType<
  SandboxStatusRequest,
  SandboxStatusRequest.Properties
>(
  () => ({ sandboxId: "", verbose: false }),
  (message, tag, reader) => {
    if (tag === 10) message.sandboxId = reader.stringVerify();
    else if (tag === 16) message.verbose = reader.bool();
  },
  (message, writer) => {
    if (message.sandboxId) writer.uint32(10).string(message.sandboxId);
    if (message.verbose) writer.uint32(16).bool(message.verbose);
  },
);

export interface SandboxStatusResponse {
  sandboxId: string;
  pid: number;
  state: string;
  info: Record<string, string>;
  createdAt: Timestamp | null;
  exitedAt: Timestamp | null;
  extra: Any | null;
}
export declare namespace SandboxStatusResponse {
  interface Properties
    extends Partial<Omit<SandboxStatusResponse, "info" | "createdAt" | "exitedAt" | "extra">> {
    info?: Readonly<Record<string, string>>;
    createdAt?: Timestamp.Properties | null;
    exitedAt?: Timestamp.Properties | null;
    extra?: Any.Properties | null;
  }
}
export const SandboxStatusResponse = /* @__PURE__ */ messageType<
  SandboxStatusResponse,
  SandboxStatusResponse.Properties
>(
  () => ({
    sandboxId: "",
    pid: 0,
    state: "",
    info: {},
    createdAt: null,
    exitedAt: null,
    extra: null,
  }),
  (message, tag, reader) => {
    if (tag === 10) message.sandboxId = reader.stringVerify();
    else if (tag === 16) message.pid = reader.uint32();
    else if (tag === 26) message.state = reader.stringVerify();
    else if (tag === 34) readMapEntry(message.info, reader.bytes());
    else if (tag === 42) message.createdAt = Timestamp.decode(reader.bytes(), message.createdAt);
    else if (tag === 50) message.exitedAt = Timestamp.decode(reader.bytes(), message.exitedAt);
    else if (tag === 58) message.extra = Any.decode(reader.bytes(), message.extra);
  },
  (message, writer) => {
    if (message.sandboxId) writer.uint32(10).string(message.sandboxId);
    if (message.pid) writer.uint32(16).uint32(message.pid);
    if (message.state) writer.uint32(26).string(message.state);
    if (message.info) writeMap(writer, 34, message.info);
    if (message.createdAt) Timestamp.encode(message.createdAt, writer.uint32(42).fork()).ldelim();
    if (message.exitedAt) Timestamp.encode(message.exitedAt, writer.uint32(50).fork()).ldelim();
    if (message.extra) Any.encode(message.extra, writer.uint32(58).fork()).ldelim();
  },
);

export interface Metric {
  timestamp: Timestamp | null;
  id: string;
  data: Any | null;
}
export declare namespace Metric {
  interface Properties extends Partial<Omit<Metric, "timestamp" | "data">> {
    timestamp?: Timestamp.Properties | null;
    data?: Any.Properties | null;
  }
}
export const Metric = /* @__PURE__ */ messageType<Metric, Metric.Properties>(
  () => ({ timestamp: null, id: "", data: null }),
  (message, tag, reader) => {
    if (tag === 10) message.timestamp = Timestamp.decode(reader.bytes(), message.timestamp);
    else if (tag === 18) message.id = reader.stringVerify();
    else if (tag === 26) message.data = Any.decode(reader.bytes(), message.data);
  },
  (message, writer) => {
    if (message.timestamp) Timestamp.encode(message.timestamp, writer.uint32(10).fork()).ldelim();
    if (message.id) writer.uint32(18).string(message.id);
    if (message.data) Any.encode(message.data, writer.uint32(26).fork()).ldelim();
  },
);

export interface SandboxMetricsResponse {
  metrics: Metric | null;
}
export declare namespace SandboxMetricsResponse {
  interface Properties {
    metrics?: Metric.Properties | null;
  }
}
export const SandboxMetricsResponse = /* @__PURE__ */ messageType<
  SandboxMetricsResponse,
  SandboxMetricsResponse.Properties
>(
  () => ({ metrics: null }),
  (message, tag, reader) => {
    if (tag === 10) message.metrics = Metric.decode(reader.bytes(), message.metrics);
  },
  (message, writer) => {
    if (message.metrics) Metric.encode(message.metrics, writer.uint32(10).fork()).ldelim();
  },
);
