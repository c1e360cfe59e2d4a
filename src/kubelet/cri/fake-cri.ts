/**
 * A container runtime that only pretends: containers run until told to exit. The seam of the kubelet's tests, and the
 * runtime of simulated nodes. It keeps CRI's contract (see contract.ts): what it cannot pretend, it refuses.
 */
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { CriError } from './cri.ts';
import type { Cri, CriFilter, ExecResult, RuntimeFeatures, StreamOptions } from './cri.ts';
import type {
  Container, ContainerConfig, ContainerStats, ContainerStatus, FilesystemUsage, Image, LinuxContainerResources, PodSandbox,
  PodSandboxConfig, PodSandboxStatus, RuntimeCondition,
} from './runtime-v1.ts';

export interface FakeCriOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Already on the node. */
  readonly images?: readonly string[];
  /** Whether a pull succeeds; all do unless said. A string is the runtime's complaint. */
  readonly pull?: (image: string) => string | undefined;
  /** The addresses handed to sandboxes, in turn. */
  readonly podIp?: (count: number) => string;
  /** What a command in a container does; unless said it succeeds in silence. */
  readonly exec?: (container: ContainerStatus, cmd: readonly string[]) => ExecResult;
  /** What it says that it can do: all of it, with one handler, unless said. */
  readonly features?: RuntimeFeatures;
  /** Called as a container starts: a simulation may let it exit later. */
  readonly onStart?: (container: ContainerStatus) => void;
}

interface Sandbox {
  readonly status: PodSandboxStatus;
  readonly config: PodSandboxConfig;
}

interface FakeContainer {
  readonly sandboxId: string;
  readonly status: ContainerStatus;
  readonly config: ContainerConfig;
}

/** The calls a test may make fail. */
export type CriMethod = Exclude<keyof Cri, typeof Symbol.dispose>;

const NANOS = 1_000_000;

export class FakeCri implements Cri {
  readonly #options: FakeCriOptions;
  readonly #sandboxes = new Map<string, Sandbox>();
  readonly #containers = new Map<string, FakeContainer>();
  readonly #images = new Map<string, Image>();
  readonly #failures = new Map<CriMethod, Error[]>();
  readonly #listeners = new Set<(id: string) => void>();
  #addresses = 0;
  /** Every changing call so far, as `method name`: what tests compare. */
  readonly calls: string[] = [];
  conditions: readonly RuntimeCondition[] = [
    { type: 'RuntimeReady', status: true, reason: '', message: '' },
    { type: 'NetworkReady', status: true, reason: '', message: '' },
  ];

  constructor(options: FakeCriOptions) {
    this.#options = options;
    for (const image of options.images ?? []) this.#addImage(image);
  }

  /** The next call of `method` fails with this. */
  failNext(method: CriMethod, error: Error): void {
    this.#failures.set(method, [...(this.#failures.get(method) ?? []), error]);
  }

  /** The container's main process ends. */
  exit(id: string, exitCode: number, reason = exitCode === 0 ? 'Completed' : 'Error'): void {
    const { status } = this.#container(id);
    if (status.state === 'CONTAINER_EXITED') return;
    this.#update(id, { state: 'CONTAINER_EXITED', exitCode, reason, finishedAt: this.#nanos() });
    for (const tell of this.#listeners) tell(id);
  }

  /** Who had it started hung up before the task was made, as containerd 1.6 records it. */
  cutStart(id: string, message: string): void {
    this.#update(id, { state: 'CONTAINER_EXITED', exitCode: 128, reason: 'StartError', startedAt: 0, finishedAt: this.#nanos(), message });
  }

  /** The newest container of that name, in that pod if said. */
  find(name: string, pod?: string): ContainerStatus | undefined {
    return [...this.#containers.values()].filter(({ status, sandboxId }) =>
      status.metadata?.name === name && (pod === undefined || this.#sandboxes.get(sandboxId)?.status.metadata?.name === pod)).at(-1)?.status;
  }

  /** What the kubelet asked for. */
  configOf(id: string): ContainerConfig {
    return this.#container(id).config;
  }

  sandboxConfigOf(id: string): PodSandboxConfig {
    return this.#sandbox(id).config;
  }

  async version() {
    return { runtimeName: 'fake', runtimeVersion: '0.1.0', runtimeApiVersion: 'v1' };
  }

  async status(): Promise<readonly RuntimeCondition[]> {
    this.#attempt('status');
    return this.conditions;
  }

  async features(): Promise<RuntimeFeatures> {
    return this.#options.features ?? { handlers: [{ name: '', recursiveReadOnlyMounts: true, userNamespaces: true }], supplementalGroupsPolicy: true };
  }

  async setPodCidr(): Promise<void> {}

  async runPodSandbox(config: PodSandboxConfig, runtimeHandler = ''): Promise<string> {
    this.#attempt('runPodSandbox', config.metadata?.name);
    const { name = '', uid = '', namespace = '', attempt = 0 } = config.metadata ?? {};
    const taken = [...this.#sandboxes.values()].find(({ status: { metadata } }) => metadata?.uid === uid && metadata.attempt === attempt);
    if (taken) throw new CriError('Unknown', `failed to reserve sandbox name "${name}_${namespace}_${uid}_${attempt}": name is reserved for "${taken.status.id}"`);
    if (runtimeHandler !== '' && !(await this.features()).handlers.some(({ name: handler }) => handler === runtimeHandler)) throw new CriError('Unknown', `failed to get sandbox runtime: no runtime for "${runtimeHandler}" is configured`);
    const id = this.#id();
    const onHost = config.linux?.securityContext?.namespaceOptions?.network === 'NODE';
    this.#sandboxes.set(id, {
      config,
      status: {
        id, metadata: { name, uid, namespace, attempt }, state: 'SANDBOX_READY', createdAt: this.#nanos(),
        network: { ip: onHost ? '' : this.#address(), additionalIps: [] },
        linux: { namespaces: { options: { network: onHost ? 'NODE' : 'POD', pid: 'CONTAINER', ipc: 'POD', targetId: '', usernsOptions: null } } }, labels: config.labels ?? {}, annotations: config.annotations ?? {},
      },
    });
    return id;
  }

  async stopPodSandbox(id: string): Promise<void> {
    this.#attempt('stopPodSandbox', this.#sandboxes.get(id)?.status.metadata?.name);
    const sandbox = this.#sandboxes.get(id);
    if (!sandbox) return;
    for (const [containerId, { sandboxId, status }] of this.#containers) {
      if (sandboxId === id && status.state === 'CONTAINER_RUNNING') this.exit(containerId, 137);
    }
    this.#sandboxes.set(id, { ...sandbox, status: { ...sandbox.status, state: 'SANDBOX_NOTREADY' } });
  }

  async removePodSandbox(id: string): Promise<void> {
    this.#attempt('removePodSandbox', this.#sandboxes.get(id)?.status.metadata?.name);
    await this.#quietly(() => this.stopPodSandbox(id));
    for (const [containerId, { sandboxId }] of this.#containers) if (sandboxId === id) this.#containers.delete(containerId);
    this.#sandboxes.delete(id);
  }

  async podSandboxStatus(id: string): Promise<PodSandboxStatus> {
    this.#attempt('podSandboxStatus');
    return this.#sandbox(id).status;
  }

  async listPodSandboxes(filter: CriFilter = {}): Promise<readonly PodSandbox[]> {
    this.#attempt('listPodSandboxes');
    return [...this.#sandboxes.values()].map(({ status }) => status).filter((status) => matches(status, filter));
  }

  async createContainer(at: { readonly sandboxId: string }, config: ContainerConfig): Promise<string> {
    this.#attempt('createContainer', config.metadata?.name);
    const { status } = this.#sandbox(at.sandboxId);
    const image = this.#images.get(config.image?.image ?? '');
    if (!image) throw new CriError('NotFound', `failed to resolve image "${config.image?.image}": not found`);
    const { name = '', attempt = 0 } = config.metadata ?? {};
    const id = this.#id();
    this.#containers.set(id, {
      sandboxId: status.id,
      config,
      status: {
        id, metadata: { name, attempt }, state: 'CONTAINER_CREATED', createdAt: this.#nanos(), startedAt: 0, finishedAt: 0, exitCode: 0,
        image: { image: image.repoTags[0] ?? image.id, annotations: {}, userSpecifiedImage: '' }, imageRef: image.id, imageId: image.id,
        reason: '', message: '', labels: config.labels ?? {}, annotations: config.annotations ?? {}, mounts: [], resources: { linux: asReceived(config.linux?.resources) },
        logPath: `${this.#sandbox(at.sandboxId).config.logDirectory ?? ''}/${config.logPath ?? ''}`,
      },
    });
    return id;
  }

  async startContainer(id: string): Promise<void> {
    this.#attempt('startContainer', this.#containers.get(id)?.status.metadata?.name);
    const { status } = this.#container(id);
    if (status.state !== 'CONTAINER_CREATED') throw new CriError('Unknown', `failed to start container "${id}": it is ${status.state}`);
    this.#update(id, { state: 'CONTAINER_RUNNING', startedAt: this.#nanos() });
    this.#options.onStart?.(this.#container(id).status);
  }

  async stopContainer(id: string, timeoutSeconds: number): Promise<void> {
    this.#attempt('stopContainer', this.#containers.get(id)?.status.metadata?.name);
    if (this.#containers.get(id)?.status.state === 'CONTAINER_RUNNING') this.exit(id, timeoutSeconds > 0 ? 143 : 137);
  }

  async removeContainer(id: string): Promise<void> {
    this.#attempt('removeContainer', this.#containers.get(id)?.status.metadata?.name);
    this.#containers.delete(id);
  }

  async containerStatus(id: string): Promise<ContainerStatus> {
    this.#attempt('containerStatus');
    return this.#container(id).status;
  }

  async listContainers(filter: CriFilter & { readonly sandboxId?: string } = {}): Promise<readonly Container[]> {
    this.#attempt('listContainers');
    return [...this.#containers.values()]
      .filter(({ status, sandboxId }) => matches(status, filter) && (filter.sandboxId === undefined || sandboxId === filter.sandboxId))
      .map(({ status, sandboxId }) => ({ ...status, podSandboxId: sandboxId }));
  }

  async updateContainerResources(id: string, linux: LinuxContainerResources): Promise<void> {
    const { status, config } = this.#container(id);
    this.#attempt('updateContainerResources', `${status.metadata?.name} ${JSON.stringify(linux)}`);
    this.#update(id, { resources: { linux: asReceived({ ...config.linux?.resources, ...status.resources?.linux, ...linux }) } });
  }

  async *exits(signal: AbortSignal): AsyncGenerator<string> {
    this.#attempt('exits');
    const queue: string[] = [];
    let wake = () => {};
    const listener = (id: string) => {
      queue.push(id);
      wake();
    };
    this.#listeners.add(listener);
    signal.addEventListener('abort', () => wake(), { once: true });
    try {
      while (!signal.aborted) {
        for (let id = queue.shift(); id !== undefined; id = queue.shift()) yield id;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      this.#listeners.delete(listener);
    }
  }

  async checkpointContainer(): Promise<void> {
    throw new CriError('Unimplemented', 'unknown method CheckpointContainer for service runtime.v1.RuntimeService');
  }

  async reopenContainerLog(id: string): Promise<void> {
    this.#attempt('reopenContainerLog');
    this.#container(id);
  }

  async containerStats(): Promise<readonly ContainerStats[]> {
    const timestamp = this.#nanos();
    return [...this.#containers.values()].filter(({ status }) => status.state === 'CONTAINER_RUNNING').map(({ status }) => ({
      attributes: { id: status.id, metadata: status.metadata, labels: status.labels, annotations: status.annotations },
      cpu: { timestamp, usageCoreNanoSeconds: { value: 0 }, usageNanoCores: null }, memory: null, writableLayer: null,
    }));
  }

  async execSync(id: string, command: { readonly cmd: readonly string[] }): Promise<ExecResult> {
    this.#attempt('execSync', command.cmd.join(' '));
    const { status } = this.#container(id);
    if (status.state !== 'CONTAINER_RUNNING') throw new CriError('Unknown', `container is in ${status.state} state`);
    return this.#options.exec?.(status, command.cmd) ?? { stdout: new Uint8Array(), stderr: new Uint8Array(), exitCode: 0 };
  }

  exec(_id: string, _command: StreamOptions): Promise<string> {
    return Promise.reject(new CriError('Unimplemented', 'a simulated container runs no commands'));
  }

  attach(_id: string, _streams: StreamOptions): Promise<string> {
    return Promise.reject(new CriError('Unimplemented', 'a simulated container has no streams'));
  }

  portForward(): Promise<string> {
    return Promise.reject(new CriError('Unimplemented', 'a simulated pod has no ports'));
  }

  async listImages(): Promise<readonly Image[]> {
    return [...new Set(this.#images.values())];
  }

  async imageStatus(image: string): Promise<Image | undefined> {
    this.#attempt('imageStatus');
    return this.#images.get(image);
  }

  async pullImage(image: string): Promise<string> {
    this.#attempt('pullImage', image);
    const complaint = this.#options.pull?.(image);
    if (complaint !== undefined) throw new CriError('NotFound', complaint);
    return this.#addImage(image).id;
  }

  async removeImage(image: string): Promise<void> {
    const found = this.#images.get(image);
    for (const [name, each] of this.#images) if (each === found) this.#images.delete(name);
  }

  async imageFilesystems(): Promise<readonly FilesystemUsage[]> {
    return [];
  }

  [Symbol.dispose](): void {}

  #attempt(method: CriMethod, subject?: string): void {
    if (subject !== undefined) this.calls.push(`${method} ${subject}`);
    const failure = this.#failures.get(method)?.shift();
    if (failure) throw failure;
  }

  /** Runs a call that is part of another and not the kubelet's. */
  async #quietly(run: () => Promise<void>): Promise<void> {
    const before = this.calls.length;
    await run();
    this.calls.length = before;
  }

  #addImage(image: string): Image {
    const id = `sha256:${this.#id()}`;
    const added: Image = { id, repoTags: [image], repoDigests: [], size: 1_000_000, uid: null, username: '', pinned: false };
    this.#images.set(image, added);
    this.#images.set(id, added);
    return added;
  }

  #sandbox(id: string): Sandbox {
    const sandbox = this.#sandboxes.get(id);
    if (!sandbox) throw new CriError('NotFound', `an error occurred when try to find sandbox: not found`);
    return sandbox;
  }

  #container(id: string): FakeContainer {
    const container = this.#containers.get(id);
    if (!container) throw new CriError('NotFound', `an error occurred when try to find container "${id}": not found`);
    return container;
  }

  #update(id: string, change: Partial<ContainerStatus>): void {
    const container = this.#container(id);
    this.#containers.set(id, { ...container, status: { ...container.status, ...change } });
  }

  #address(): string {
    const count = this.#addresses++;
    return this.#options.podIp?.(count) ?? `10.244.0.${2 + (count % 250)}`;
  }

  #nanos(): number {
    return this.#options.clock.now() * NANOS;
  }

  #id(): string {
    return Buffer.from(this.#options.random.bytes(32)).toString('hex');
  }
}

const asReceived = (sent: LinuxContainerResources = {}): NonNullable<NonNullable<ContainerStatus['resources']>['linux']> => ({
  cpuPeriod: 0, cpuQuota: 0, cpuShares: 0, memoryLimitInBytes: 0, oomScoreAdj: 0, cpusetCpus: '', cpusetMems: '', unified: {}, memorySwapLimitInBytes: 0,
  ...Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined)), hugepageLimits: [],
});

function matches(entry: { readonly id: string; readonly labels: Readonly<Record<string, string>> }, { id, labels = {} }: CriFilter): boolean {
  return (id === undefined || entry.id === id) && Object.entries(labels).every(([key, value]) => entry.labels[key] === value);
}
