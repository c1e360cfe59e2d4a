/**
 * The acts of a pod worker: each function is one pass over one pod, from what the runtime says to what the runtime is
 * told. Decisions are planPod's and podStatus's; here they are carried out.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { messageOf } from '../../base/message-of.ts';
import type { QosClass } from '../../kinds/core/pod-qos.ts';
import { qosClassOf } from '../../kinds/core/pod-qos.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { PodCondition, PodStatus } from '../../kinds/core/pod-status.ts';
import type { RuntimeClass } from '../../kinds/node/runtime-class.ts';
import { isTerminalPhase } from '../../rules/pod-conditions.ts';
import { podDns } from '../containers/dns.ts';
import type { ResolvConf } from '../containers/dns.ts';
import { podMemoryMin } from '../containers/memory-qos.ts';
import { podLimits } from '../containers/resources.ts';
import { podDir, podLogDir } from '../containers/paths.ts';
import { sandboxConfig } from '../containers/sandbox-config.ts';
import type { UserNamespaces } from '../containers/user-namespaces.ts';
import type { PodSandboxConfig } from '../cri/runtime-v1.ts';
import type { Cgroups } from '../cgroups/cgroups.ts';
import { containerNamed, graceSeconds, initContainers, podTitle } from '../pod.ts';
import type { ProbeManager } from '../probes/probe-manager.ts';
import type { WaitingNote } from '../status/container-status.ts';
import { beforeItsEnd, podStatus } from '../status/pod-status.ts';
import type { StatusManager } from '../status/status-manager.ts';
import { terminationMessages } from '../status/termination-message.ts';
import type { ReferredObjects } from '../volumes/objects.ts';
import type { Tokens } from '../volumes/tokens.ts';
import { VolumesNotReady, withVolumeGroups } from '../volumes/volume-manager.ts';
import type { PreparedVolume, VolumeManager } from '../volumes/volume-manager.ts';
import { killContainer, killPod, KillPodError } from './kill.ts';
import { awaitNetwork } from './network-ready.ts';
import { planPod } from './plan.ts';
import type { ContainerKill, PodPlan } from './plan.ts';
import { releasePod, removeOldInstances } from './pod-end.ts';
import { inspectPod, isRunning, podIps } from './pod-runtime.ts';
import type { PodRuntime } from './pod-runtime.ts';
import { planResize } from '../resize/plan-resize.ts';
import type { ResizePlan } from '../resize/plan-resize.ts';
import { actualOf, actualOfPod, completeResize, killsOf, noteStarted, resizePod } from './resize-pod.ts';
import type { ResizeContext, ResizeMemory } from './resize-pod.ts';
import { restartTriggers } from './restart.ts';
import { restartAll } from './restart-all.ts';
import { startContainer } from './start-container.ts';
import type { Starting, Tell } from './start-container.ts';
import { StartError } from './start-error.ts';

/** Everything pod workers share. */
export interface PodSyncContext extends Starting, ResizeContext {
  readonly log: Logger;
  readonly runtimeName: string;
  readonly statuses: StatusManager;
  readonly probes: ProbeManager;
  readonly volumes: VolumeManager;
  readonly objects: ReferredObjects;
  readonly tokens: Tokens;
  readonly cgroups: Cgroups;
  readonly userns: UserNamespaces;
  /** Processes a pod may have; unlimited where absent. */
  readonly podPidsLimit?: number | undefined;
  readonly clusterDns: readonly string[];
  readonly nodeDns: () => Promise<ResolvConf>;
  readonly runtimeClass: (name: string) => Promise<Pick<RuntimeClass, 'handler'> | undefined>;
  /** Resolves once a pod with these addresses may run something. */
  readonly connected: (pod: Pod, addresses: readonly string[]) => Promise<void>;
  /** An event about the pod, or about one of its containers. */
  readonly tell: (pod: Pod, container: string | undefined, event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }) => void;
}

/** What one pod's worker remembers between passes. */
export interface PodMemory {
  readonly waiting: Map<string, WaitingNote>;
  messages: ReadonlyMap<string, string>;
  failure: PodFailure | undefined;
  readonly resize: ResizeMemory;
}

/** The pod was refused, evicted or ran out of time: it fails whatever its containers say. */
export interface PodFailure {
  readonly reason: string;
  readonly message: string;
  /** Told beside it. */
  readonly condition?: Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>;
  /** From the moment it is decided; else its containers say so until they have ended. */
  readonly unready?: boolean;
}

export const newMemory = (): PodMemory => ({ waiting: new Map(), messages: new Map(), failure: undefined, resize: { resizing: false } });

export interface Pass {
  /** `again`: something was done, look at once. `ended`: nothing of the pod is to run any more. */
  readonly outcome: 'settled' | 'again' | 'ended';
  readonly recheckIn?: Millis | undefined;
}

/** Reads the runtime and says how the pod is. */
export async function observe(at: PodSyncContext, pod: Pod, memory: PodMemory, { finished = false, signal }: { readonly finished?: boolean; readonly signal?: AbortSignal } = {}): Promise<{ readonly runtime: PodRuntime; readonly pod: Pod }> {
  const { uid, name, namespace = '' } = pod.metadata;
  const runtime = await inspectPod(at.cri, { uid, name, namespace }, signal);
  memory.messages = await terminationMessages(runtime, memory.messages);
  const said = withLatestStatus(pod, at.statuses);
  // Granted before the kubelet was away, perhaps.
  if (planResize(pod, runtime, at.given.get(uid)).pending) memory.resize.resizing = true;
  const actual = await actualOf(at, { pod, runtime, cgroup: cgroupOf(at, pod) });
  at.probes.sync(said, runtime);
  const status = podStatus({
    pod: said, runtime, finished, runtimeName: at.runtimeName, waiting: memory.waiting, messages: memory.messages,
    started: (id) => at.probes.hasStarted(id), ready: (id) => at.probes.isReady(id),
    hostIps: at.node().hostIps, now: at.clock.now(), failure: memory.failure, resize: memory.resize, actual, devices: (container) => at.dedicated.healthOf(said, container), actualPod: await actualOfPod(at, pod, cgroupOf(at, pod)),
  });
  at.statuses.set(pod, hasEnded(status, { said, runtime, finished, failure: memory.failure }) ? status : beforeItsEnd(said.status, status));
  return { runtime, pod: { ...said, status: { ...said.status, ...status } } };
}

interface Ending {
  readonly said: Pod;
  readonly runtime: PodRuntime;
  readonly finished: boolean;
  readonly failure: PodFailure | undefined;
}

/** Whether what is told of its phase may be told: a final one only when nothing of the pod runs, or ever did. */
function hasEnded({ phase }: PodStatus, { said, runtime, finished, failure }: Ending): boolean {
  if (!isTerminalPhase(phase) || isTerminalPhase(said.status.phase)) return true;
  return finished ? !isRunning(runtime) : failure !== undefined && runtime.sandboxes.length + runtime.containers.length === 0;
}

/** The API's copy is behind what this kubelet has said since; conditions of others are the API's. */
function withLatestStatus(pod: Pod, statuses: StatusManager): Pod {
  const latest = statuses.latest(pod.metadata.uid);
  if (!latest) return pod;
  const others = (pod.status.conditions ?? []).filter(({ type }) => !latest.conditions?.some((condition) => condition.type === type));
  return { ...pod, status: { ...pod.status, ...latest, conditions: [...others, ...(latest.conditions ?? [])] } };
}

export async function syncPod(at: PodSyncContext, pod: Pod, memory: PodMemory, signal: AbortSignal): Promise<Pass> {
  const { runtime, pod: said } = await observe(at, pod, memory, { signal });
  if (isTerminalPhase(said.status.phase)) return { outcome: 'ended' };
  const deadline = deadlineIn(at, said, memory);
  if (deadline === 0) return { outcome: 'again' };
  await prepareNode(at, pod);
  const volumes = await prepareVolumes(at, { pod, runtime }, signal);
  if (volumes instanceof VolumesNotReady) return { outcome: 'settled', recheckIn: Math.min(volumes.retryIn, deadline ?? Infinity) };
  const triggers = restartTriggers(pod, runtime);
  if (triggers.length > 0) {
    await restartAll({ ...at, tell: (container, event) => at.tell(pod, container, event) }, { pod, runtime, triggers }, signal);
    return { outcome: 'again' };
  }
  const resize = planResize(pod, runtime, at.given.get(pod.metadata.uid));
  const plan = withRestarts(planPod(pod, runtime, at.probes), resize);
  if (plan.killPod && !plan.createSandbox) return { outcome: 'ended' };
  const acted = await act(at, { pod, runtime, plan, resize, memory, volumes }, signal);
  if (!resize.pending && memory.resize.resizing) {
    completeResize(at, pod, memory.resize);
    return { outcome: 'again' };
  }
  if (acted.changed) await removeOldInstances(at, runtime, signal);
  // Why a container waits is told at once; the next try comes in its own time.
  else if (acted.refused) await observe(at, pod, memory, { signal });
  const renewal = at.tokens.renewalOf(pod.metadata.uid);
  const waits = [acted.recheckIn, deadline, renewal === undefined ? undefined : Math.max(1000, renewal - at.clock.now())];
  const recheckIn = waits.filter((wait) => wait !== undefined).toSorted((a, b) => a - b)[0];
  return { outcome: acted.changed ? 'again' : 'settled', recheckIn };
}

/** @returns 0 once activeDeadlineSeconds have passed, and notes why the pod then fails */
function deadlineIn({ clock, tell }: PodSyncContext, pod: Pod, memory: PodMemory): Millis | undefined {
  const { activeDeadlineSeconds } = pod.spec;
  const { startTime } = pod.status;
  if (activeDeadlineSeconds === undefined || startTime === undefined) return undefined;
  const left = Date.parse(startTime) + activeDeadlineSeconds * 1000 - clock.now();
  if (left > 0) return left;
  memory.failure = { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline', unready: true };
  tell(pod, undefined, { type: 'Normal', reason: 'DeadlineExceeded', message: memory.failure.message });
  return 0;
}

const cgroupOf = ({ cgroups }: PodSyncContext, pod: Pod): string => cgroups.pathOf(pod.metadata.uid, qosOf(pod));
const qosOf = (pod: Pod): QosClass => (pod.status.qosClass as QosClass | undefined) ?? qosClassOf(pod.spec);

async function prepareNode(at: PodSyncContext, pod: Pod): Promise<void> {
  const { uid, name, namespace } = pod.metadata;
  const { cpuQuota, ...limits } = podLimits(pod);
  const quota = cpuQuota === undefined || at.dedicated.hasOwnCpus(uid) || at.cfsQuota === false ? {} : { cpuQuota };
  const kept = at.memoryQos ? { memoryMin: podMemoryMin(pod) } : {};
  await at.cgroups.ensure(cgroupOf(at, pod), { ...limits, ...quota, ...kept, ...(at.podPidsLimit === undefined ? {} : { pids: at.podPidsLimit }) });
  await mkdir(join(podDir(at, uid), 'volumes'), { recursive: true, mode: 0o750 });
  await mkdir(podLogDir(at, { uid, name, namespace }), { recursive: true, mode: 0o755 });
}

/** A container that a resize restarts is ended and started like one whose probe failed; one that ends anyway needs no second reason. */
function withRestarts(plan: PodPlan, resize: ResizePlan): PodPlan {
  if (plan.killPod || plan.createSandbox || resize.restart.length === 0) return plan;
  const kills = killsOf(resize).filter(({ container }) => !plan.kill.some((kill) => kill.container.id === container.id));
  return { ...plan, kill: [...plan.kill, ...kills], start: [...plan.start, ...kills.map(({ container }) => container.name).filter((name) => !plan.start.includes(name))] };
}

/** What is missing is waited for without holding up what else the worker has to do. */
async function prepareVolumes(at: PodSyncContext, { pod, runtime }: { readonly pod: Pod; readonly runtime: PodRuntime }, signal: AbortSignal): Promise<ReadonlyMap<string, PreparedVolume> | VolumesNotReady> {
  try {
    return await at.volumes.prepare(pod, pod.spec.hostNetwork ? at.node().hostIps : podIps(runtime), signal);
  } catch (error) {
    if (error instanceof VolumesNotReady) return error;
    throw error;
  }
}

interface Acting {
  readonly pod: Pod;
  readonly runtime: PodRuntime;
  readonly plan: PodPlan;
  readonly resize: ResizePlan;
  readonly memory: PodMemory;
  readonly volumes: ReadonlyMap<string, PreparedVolume>;
}

interface Acted {
  readonly changed: boolean;
  /** A container could not be started. */
  readonly refused?: boolean;
  readonly recheckIn?: Millis | undefined;
}

async function act(at: PodSyncContext, acting: Acting, signal: AbortSignal): Promise<Acted> {
  const { runtime, plan } = acting;
  const pod = withVolumeGroups(acting.pod, acting.volumes);
  const tell: Tell = (container, event) => at.tell(pod, container, event);
  if (plan.killPod) {
    at.tell(pod, undefined, { type: 'Normal', reason: 'SandboxChanged', message: 'Pod sandbox changed, it will be killed and re-created.' });
    await killPod({ ...at, tell }, { pod, runtime, graceSeconds: graceSeconds(pod) }, signal);
  }
  for (const kill of plan.kill) await endContainer(at, { pod, runtime, kill, tell }, signal);
  const resized = !acting.resize.pending || (await resizePod(at, { pod, plan: acting.resize, cgroup: cgroupOf(at, pod), memory: acting.memory.resize }, signal));
  const pending = resized ? {} : { refused: true, recheckIn: DEFAULT_RETRY };
  if (!plan.createSandbox && plan.start.length === 0) return { changed: plan.kill.length > 0 || (acting.resize.pending && resized), ...pending };
  if (plan.createSandbox) await prepareClaims(at, pod, signal);
  if (plan.createSandbox && !pod.spec.hostNetwork) await awaitNetwork(at, pod, signal);
  const config = await telling(at, { pod, signal }, () => configureSandbox(at, pod, plan.attempt));
  const sandbox = plan.createSandbox ? await createSandbox(at, { pod, config }, signal) : { id: runtime.sandboxes[0]!.id, ips: podIps(runtime) };
  const ips = pod.spec.hostNetwork ? at.node().hostIps : sandbox.ips;
  if (plan.start.length > 0 && !pod.spec.hostNetwork) await at.connected(pod, ips);
  const started = await startAll(at, { ...acting, pod, tell, sandbox: { id: sandbox.id, config }, podIps: ips }, signal);
  return { ...pending, ...started, changed: started.changed || (plan.kill.length > 0 && !started.refused) };
}

interface ContainerEnding {
  readonly pod: Pod;
  readonly runtime: PodRuntime;
  readonly kill: ContainerKill;
  readonly tell: Tell;
}

async function endContainer(at: PodSyncContext, { pod, runtime, kill, tell }: ContainerEnding, signal: AbortSignal): Promise<void> {
  const spec = containerNamed(pod, kill.container.name);
  const probe = kill.because === 'liveness' ? spec?.livenessProbe : kill.because === 'startup' ? spec?.startupProbe : undefined;
  await killContainer({ ...at, tell }, {
    pod, runtime, container: kill.container, message: kill.message, graceSeconds: probe?.terminationGracePeriodSeconds ?? graceSeconds(pod),
  }, signal);
}

async function configureSandbox(at: PodSyncContext, pod: Pod, attempt: number): Promise<PodSandboxConfig> {
  const { uid, name, namespace } = pod.metadata;
  const { dns, missing } = podDns(pod, await at.nodeDns(), { servers: at.clusterDns, domain: at.clusterDomain });
  if (missing) {
    const message = `pod: "${podTitle(pod)}". kubelet does not have ClusterDNS IP configured and cannot create Pod using "${pod.spec.dnsPolicy}" policy. Falling back to "Default" policy.`;
    at.tell(pod, undefined, { type: 'Warning', reason: 'MissingClusterDNS', message });
  }
  return sandboxConfig({
    pod, attempt, dns, clusterDomain: at.clusterDomain, logDirectory: podLogDir(at, { uid, name, namespace }),
    cgroupParent: cgroupOf(at, pod), userns: await at.userns.of(pod, await runtimeHandler(at, pod), () => at.cri.features()),
  });
}

async function prepareClaims(at: PodSyncContext, pod: Pod, signal: AbortSignal): Promise<void> {
  try {
    await at.dedicated.prepareClaims(pod);
  } catch (error) {
    if (!signal.aborted) at.tell(pod, undefined, { type: 'Warning', reason: 'FailedPrepareDynamicResources', message: `Failed to prepare dynamic resources: ${messageOf(error)}` });
    throw error;
  }
}

function createSandbox(at: PodSyncContext, { pod, config }: { readonly pod: Pod; readonly config: PodSandboxConfig }, signal: AbortSignal): Promise<{ readonly id: string; readonly ips: readonly string[] }> {
  return telling(at, { pod, signal }, async () => {
    const id = await at.cri.runPodSandbox(config, await runtimeHandler(at, pod), signal);
    const { network } = await at.cri.podSandboxStatus(id, signal);
    return { id, ips: network?.ip ? [network.ip, ...network.additionalIps.map(({ ip }) => ip)] : [] };
  });
}

async function telling<T>(at: PodSyncContext, { pod, signal }: { readonly pod: Pod; readonly signal: AbortSignal }, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!signal.aborted) at.tell(pod, undefined, { type: 'Warning', reason: 'FailedCreatePodSandBox', message: `Failed to create pod sandbox: ${messageOf(error)}` });
    throw error;
  }
}

/** '' is the runtime's own default. */
async function runtimeHandler({ runtimeClass }: PodSyncContext, { spec: { runtimeClassName } }: Pod): Promise<string> {
  if (!runtimeClassName) return '';
  const found = await runtimeClass(runtimeClassName);
  if (!found) throw new Error(`runtimeclass.node.k8s.io "${runtimeClassName}" not found`);
  return found.handler;
}

interface StartAll extends Acting {
  readonly tell: Tell;
  readonly sandbox: { readonly id: string; readonly config: PodSandboxConfig };
  readonly podIps: readonly string[];
}

/** One container's trouble is not the others', but an init container's is everyone's. */
async function startAll(at: PodSyncContext, { pod, runtime, plan, memory, volumes, tell, sandbox, podIps: ips }: StartAll, signal: AbortSignal): Promise<Acted> {
  let changed = false;
  const waits: Millis[] = [];
  for (const name of plan.start) {
    const container = containerNamed(pod, name)!;
    try {
      await startContainer(at, { pod, container, runtime, sandbox, podIps: ips, volumes, objects: at.objects.of(pod, signal), attempts: attemptsOf(at, pod, name), tell }, signal);
      await noteStarted(at, pod, name);
      memory.waiting.delete(name);
      changed = true;
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      memory.waiting.set(name, { reason: error.reason, message: error.message });
      waits.push(error.retryIn ?? DEFAULT_RETRY);
      if (initContainers(pod).some((init) => init.name === name)) break;
    }
  }
  return { changed, refused: waits.length > 0, recheckIn: waits.toSorted((a, b) => a - b)[0] };
}

/** How often the container has been started, as far as was told: what the runtime has lost, or was made to forget, counts too. */
function attemptsOf({ statuses }: PodSyncContext, { metadata: { uid } }: Pod, name: string): number {
  const { containerStatuses = [], initContainerStatuses = [] } = statuses.latest(uid) ?? {};
  return [...containerStatuses, ...initContainerStatuses].find((status) => status.name === name)?.restartCount ?? 0;
}

/** Between tries of what failed for reasons that may pass. */
const DEFAULT_RETRY: Millis = 10_000;

/** Ends all of a pod and says how it ended; afterwards nothing of it runs and only logs and dead containers are left. */
export async function terminatePod(at: PodSyncContext, pod: Pod, memory: PodMemory, { graceSeconds: grace, signal }: { readonly graceSeconds: number; readonly signal: AbortSignal }): Promise<void> {
  const tell: Tell = (container, event) => at.tell(pod, container, event);
  const { runtime } = await observe(at, pod, memory, { signal });
  await killPod({ ...at, tell }, { pod, runtime, graceSeconds: grace }, signal).catch((error: unknown) => {
    if (error instanceof KillPodError) at.tell(pod, undefined, { type: 'Warning', reason: 'FailedKillPod', message: `error killing pod: ${error.message}` });
    throw error;
  });
  // Once the API knows that the pod has ended, what was allocated to it may be another's.
  await at.dedicated.unprepareClaims(pod.metadata.uid);
  const after = await observe(at, pod, memory, { finished: true, signal });
  if (isRunning(after.runtime)) throw new Error(`containers of pod ${podTitle(pod)} are still running`);
  await releasePod(at, pod.metadata.uid);
}
