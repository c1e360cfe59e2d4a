/** The container runtime as the kubelet sees it: CRI v1, one method for each call. */
import type {
  AuthConfig, Container, ContainerConfig, ContainerStats, ContainerStatus, FilesystemUsage, Image, LinuxContainerResources, PodSandbox,
  PodSandboxConfig, PodSandboxStatus, RuntimeCondition,
} from './runtime-v1.ts';

export type CriCode =
  | 'OK' | 'Canceled' | 'Unknown' | 'InvalidArgument' | 'DeadlineExceeded' | 'NotFound' | 'AlreadyExists' | 'PermissionDenied'
  | 'ResourceExhausted' | 'FailedPrecondition' | 'Aborted' | 'OutOfRange' | 'Unimplemented' | 'Internal' | 'Unavailable' | 'DataLoss'
  | 'Unauthenticated';

/** A call that failed; the message is what Go's gRPC prints, as events and statuses show it. */
export class CriError extends Error {
  readonly code: CriCode;
  /** The runtime's own words. */
  readonly description: string;

  constructor(code: CriCode, description: string, cause?: unknown) {
    super(`rpc error: code = ${code} desc = ${description}`, cause === undefined ? undefined : { cause });
    this.name = 'CriError';
    this.code = code;
    this.description = description;
  }
}

export function isCriError(error: unknown, ...codes: CriCode[]): error is CriError {
  return error instanceof CriError && (codes.length === 0 || codes.includes(error.code));
}

/** Entries all of these match. */
export interface CriFilter {
  readonly id?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface ExecResult {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly exitCode: number;
}

/** Which streams an exec or attach carries. With a tty, stderr is part of stdout and must be false. */
export interface StreamOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

export interface RuntimeVersion {
  readonly runtimeName: string;
  readonly runtimeVersion: string;
  readonly runtimeApiVersion: string;
}

/** What a runtime says that it can do. One older than the question says nothing: it can not. */
export interface RuntimeFeatures {
  /** Those a RuntimeClass may name; '' is the default one. */
  readonly handlers: readonly { readonly name: string; readonly recursiveReadOnlyMounts: boolean; readonly userNamespaces: boolean }[];
  /** undefined: not said. */
  readonly supplementalGroupsPolicy?: boolean;
}

/**
 * Failures are CriErrors. Stopping and removing what is stopped or gone succeeds. The runtime keeps everything across
 * restarts of the kubelet: ids, labels, annotations, exit codes.
 */
export interface RuntimeService {
  version(signal?: AbortSignal): Promise<RuntimeVersion>;
  /** RuntimeReady and NetworkReady, at the least. */
  status(signal?: AbortSignal): Promise<readonly RuntimeCondition[]>;
  features(signal?: AbortSignal): Promise<RuntimeFeatures>;
  setPodCidr(podCidr: string, signal?: AbortSignal): Promise<void>;

  /** Creates a pod's namespaces and network and starts its sandbox; the answer is its id. */
  runPodSandbox(config: PodSandboxConfig, runtimeHandler?: string, signal?: AbortSignal): Promise<string>;
  /** Kills what still runs in it and gives back its network. */
  stopPodSandbox(id: string, signal?: AbortSignal): Promise<void>;
  removePodSandbox(id: string, signal?: AbortSignal): Promise<void>;
  /** @throws CriError NotFound */
  podSandboxStatus(id: string, signal?: AbortSignal): Promise<PodSandboxStatus>;
  listPodSandboxes(filter?: CriFilter, signal?: AbortSignal): Promise<readonly PodSandbox[]>;

  createContainer(at: { readonly sandboxId: string; readonly sandbox: PodSandboxConfig }, config: ContainerConfig, signal?: AbortSignal): Promise<string>;
  startContainer(id: string, signal?: AbortSignal): Promise<void>;
  /** Asks it to end, kills it after `timeoutSeconds`; resolves when it has ended. */
  stopContainer(id: string, timeoutSeconds: number, signal?: AbortSignal): Promise<void>;
  removeContainer(id: string, signal?: AbortSignal): Promise<void>;
  /** @throws CriError NotFound */
  containerStatus(id: string, signal?: AbortSignal): Promise<ContainerStatus>;
  listContainers(filter?: CriFilter & { readonly sandboxId?: string }, signal?: AbortSignal): Promise<readonly Container[]>;
  updateContainerResources(id: string, linux: LinuxContainerResources, signal?: AbortSignal): Promise<void>;
  /** The ids of containers and sandboxes as they end, until aborted; ends or throws where the runtime has none to tell. */
  exits(signal: AbortSignal): AsyncIterable<string>;
  /** Its state into an archive of that name; 0 seconds: as long as any call may take. @throws CriError Unimplemented of runtimes that cannot */
  checkpointContainer(id: string, how: { readonly location: string; readonly timeoutSeconds: number }, signal?: AbortSignal): Promise<void>;
  reopenContainerLog(id: string, signal?: AbortSignal): Promise<void>;
  containerStats(signal?: AbortSignal): Promise<readonly ContainerStats[]>;

  /** Runs a command to its end. @throws CriError DeadlineExceeded when `timeoutSeconds` (0: none) passed */
  execSync(id: string, command: { readonly cmd: readonly string[]; readonly timeoutSeconds: number }, signal?: AbortSignal): Promise<ExecResult>;
  /** The URL of a streaming server that speaks SPDY/3.1 and websocket; good for one connection. */
  exec(id: string, command: StreamOptions & { readonly cmd: readonly string[] }, signal?: AbortSignal): Promise<string>;
  attach(id: string, streams: StreamOptions, signal?: AbortSignal): Promise<string>;
  portForward(sandboxId: string, ports: readonly number[], signal?: AbortSignal): Promise<string>;
}

export interface ImageService {
  listImages(signal?: AbortSignal): Promise<readonly Image[]>;
  imageStatus(image: string, signal?: AbortSignal): Promise<Image | undefined>;
  /** Has no deadline of its own. The answer is the image's id. */
  pullImage(image: string, how?: { readonly auth?: AuthConfig; readonly sandbox?: PodSandboxConfig }, signal?: AbortSignal): Promise<string>;
  removeImage(image: string, signal?: AbortSignal): Promise<void>;
  imageFilesystems(signal?: AbortSignal): Promise<readonly FilesystemUsage[]>;
}

export interface Cri extends RuntimeService, ImageService, Disposable {}
