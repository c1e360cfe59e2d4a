/**
 * What a container has to itself: devices, and, where policies say so, processors and memory nodes. One door to all who give
 * such things; the topology manager sees to it that what they give lies together.
 */
import { messageOf } from '../../base/message-of.ts';
import type { Container } from '../../kinds/core/container.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { ResourceStatus } from '../../kinds/core/pod-status.ts';
import { parseQuantity, quantityValue } from '../../meta/quantity.ts';
import type { ContainerExtras } from '../containers/container-config.ts';
import { AdmissionError } from '../cpus/admission-error.ts';
import { formatCpuSet } from '../cpus/cpu-set.ts';
import type { CpuManager } from '../cpus/cpu-manager.ts';
import { hintsFor, mergeHints } from '../cpus/hints.ts';
import type { Hint, Merged, TopologyPolicy } from '../cpus/hints.ts';
import type { MemoryManager } from '../cpus/memory-manager.ts';
import { spreadOf } from '../cpus/topology-options.ts';
import type { Topology } from '../cpus/topology.ts';
import type { PodClaims } from '../dra/claims.ts';
import { initContainers } from '../pod.ts';
import type { Rejection } from '../sync/admission.ts';
import type { DeviceManager } from './device-manager.ts';

export interface Dedicated {
  /**
   * Before a pod is taken: gives each of its containers what it asks for, or says why the pod cannot be taken.
   * @param holds whether another pod may still use what it was given; one that has ended does not, though it is being cleared away
   */
  allocate(pod: Pod, holds: (uid: string) => boolean): Promise<Rejection | undefined>;
  /** @throws Error with upstream's text where a claim of the container is not prepared */
  of(pod: Pod, container: string): ContainerExtras;
  /** Before a pod's sandbox is made: what was allocated to its claims. @throws Error with upstream's text */
  prepareClaims(pod: Pod): Promise<void>;
  /** Once its containers have ended, before that is told. @throws Error with upstream's text */
  unprepareClaims(uid: string): Promise<void>;
  /** A container that has processors to itself is held to them, not to a quota. */
  hasOwnCpus(uid: string): boolean;
  /** How the devices are that it was given. */
  healthOf(pod: Pod, container: string): readonly ResourceStatus[];
  /** Right before a container starts. @throws Error with upstream's text */
  prepare(uid: string, container: string): Promise<void>;
  release(uid: string): Promise<void>;
}

export const nothingDedicated: Dedicated = { allocate: async () => undefined, of: () => ({}), hasOwnCpus: () => false, healthOf: () => [], async prepareClaims() {}, async unprepareClaims() {}, async prepare() {}, async release() {} };

export interface DedicatedOptions {
  readonly devices: DeviceManager;
  readonly topology?: Topology;
  readonly policy?: TopologyPolicy;
  /** Of as many memory nodes, those that are closest to each other. */
  readonly closest?: boolean;
  /** Whether containers are placed one by one or their pod as a whole. */
  readonly scope?: 'container' | 'pod';
  readonly cpus?: CpuManager;
  readonly memory?: MemoryManager;
  readonly claims?: PodClaims;
  /** The shared processors are others now. */
  readonly onSharedChange?: () => void;
}

export function dedicated(options: DedicatedOptions): Dedicated {
  const { devices, cpus, memory, claims, onSharedChange = () => {} } = options;
  const release = async (uid: string): Promise<void> => {
    const had = cpus?.holders.includes(uid) === true;
    await Promise.all([devices.release(uid), cpus?.release(uid), memory?.release(uid)]);
    if (had) onSharedChange();
  };
  return {
    async allocate(pod, holds) {
      await devices.releaseUnless(holds);
      for (const uid of new Set([...(cpus?.holders ?? []), ...(memory?.holders ?? [])])) if (!holds(uid)) await release(uid);
      try {
        const before = cpus?.shared.length;
        const refused = await allocateAll(options, pod);
        if (refused) await release(pod.metadata.uid);
        else if (before !== cpus?.shared.length) onSharedChange();
        return refused;
      } catch (error) {
        await release(pod.metadata.uid);
        if (error instanceof AdmissionError) return { reason: error.reason, message: error.message };
        return { reason: 'UnexpectedAdmissionError', message: `Allocate failed due to ${messageOf(error)}, which is unexpected` };
      }
    },
    of(pod, container) {
      const { uid } = pod.metadata;
      const own = cpus?.of(uid, container);
      const mems = memory?.nodesOf(uid, container);
      const set = cpus ? { cpus: formatCpuSet(own ?? cpus.shared), mems: mems ? formatCpuSet(mems) : '' } : mems ? { cpus: '', mems: formatCpuSet(mems) } : undefined;
      return { ...withClaims(extrasOf(devices, uid, container), claims?.cdiDevices(pod, container)), ...(set ? { cpuset: set, ownCpus: own !== undefined } : {}) };
    },
    hasOwnCpus: (uid) => cpus?.holders.includes(uid) === true,
    healthOf: (pod, container) => [...devices.inventory.healthOf(pod.metadata.uid, container), ...(claims?.healthOf(pod, container) ?? [])],
    async prepareClaims(pod) {
      await claims?.prepare(pod);
    },
    async unprepareClaims(uid) {
      await claims?.unprepare(uid);
    },
    prepare: (uid, container) => devices.prepare(uid, container),
    release,
  };
}

const NOT_TOGETHER: Rejection = { reason: 'TopologyAffinityError', message: 'Resources cannot be allocated with Topology locality' };

async function allocateAll(options: DedicatedOptions, pod: Pod): Promise<Rejection | undefined> {
  const { devices, cpus, memory, scope = 'container' } = options;
  const containers = [...initContainers(pod), ...pod.spec.containers];
  const whole = scope === 'pod' ? place(options, pod, pod.spec.containers) : undefined;
  for (const container of containers) {
    const { admit, nodes } = whole ?? place(options, pod, [container]);
    if (!admit) return NOT_TOGETHER;
    await cpus?.assign(pod, container, nodes);
    await memory?.assign(pod, container, nodes);
    await devices.allocate(pod, container, nodes);
  }
  return undefined;
}

/** Where the containers' resources may lie together. */
function place(options: DedicatedOptions, pod: Pod, containers: readonly Container[]): Merged {
  const { topology, policy = 'none' } = options;
  const nodes = topology?.numaNodes.map(({ id }) => id) ?? [];
  if (policy === 'none' || nodes.length === 0) return { nodes: undefined, admit: true };
  return mergeHints({ policy, ...(options.closest ? { spreadOf: spreadOf(topology!) } : {}) }, nodes, providersOf(options, { pod, containers, nodes }));
}

interface Placing {
  readonly pod: Pod;
  readonly containers: readonly Container[];
  readonly nodes: readonly number[];
}

/** Where sockets count, memory nodes of one are preferred as a single one is. */
function alignedHints({ cpus }: Topology, bySocket: boolean, hints: readonly Hint[] | undefined): readonly Hint[] | undefined {
  if (!bySocket) return hints;
  const socketsOf = (nodes: readonly number[]) => new Set(cpus.filter(({ numaNode }) => nodes.includes(numaNode)).map(({ socket }) => socket)).size;
  return hints?.map((hint) => ({ ...hint, preferred: hint.preferred || socketsOf(hint.nodes) === 1 }));
}

function providersOf({ devices, cpus, memory, topology }: DedicatedOptions, { pod, containers, nodes }: Placing): readonly (readonly Hint[])[] {
  const total = (wanted: (container: Container) => number) => containers.reduce((sum, container) => sum + wanted(container), 0);
  const count = (ids: readonly number[]) => new Map(nodes.map((node) => [node, topology!.cpus.filter((cpu) => cpu.numaNode === node && ids.includes(cpu.id)).length]));
  const hints = [
    cpus && alignedHints(topology!, cpus.bySocket, hintsFor(nodes, { needed: total((one) => cpus.wanted(pod, one)), free: count(cpus.freeFor(pod, containers[0]!)), all: count(cpus.assignable) })),
    memory?.hints(pod, containers),
    ...devices.inventory.resources.map((resource) => {
      const known = devices.inventory.devicesOf(resource);
      // Devices that are next to no memory node are anywhere.
      if (known.every(({ numaNodes }) => numaNodes.length === 0)) return undefined;
      const at = (some: typeof known) => new Map(nodes.map((node) => [node, some.filter(({ numaNodes }) => numaNodes.includes(node)).length]));
      const asked = (one: Container) => quantityValue(parseQuantity(one.resources?.limits?.[resource] ?? '0'));
      return hintsFor(nodes, { needed: total(asked), free: at(devices.inventory.free(resource)), all: at(known) });
    }),
  ];
  return hints.filter((provider) => provider !== undefined);
}

const withClaims = (extras: ContainerExtras, cdiDevices: readonly string[] = []): ContainerExtras =>
  (cdiDevices.length === 0 ? extras : { ...extras, cdiDevices: [...(extras.cdiDevices ?? []), ...cdiDevices.map((name) => ({ name }))] });

function extrasOf(devices: DeviceManager, uid: string, container: string): ContainerExtras {
  const grants = devices.holdings(uid, container).map(({ grant = {} }) => grant);
  if (grants.length === 0) return {};
  const merged = (which: 'envs' | 'annotations') => Object.assign({}, ...grants.map((grant) => grant[which] ?? {})) as Readonly<Record<string, string>>;
  return {
    envs: merged('envs'), annotations: merged('annotations'),
    mounts: grants.flatMap(({ mounts = [] }) => mounts.map(({ containerPath, hostPath, readOnly }) => ({ containerPath, hostPath, readonly: readOnly, propagation: 'PROPAGATION_PRIVATE' as const }))),
    devices: grants.flatMap(({ devices: nodes = [] }) => nodes),
    cdiDevices: grants.flatMap(({ cdiDevices = [] }) => cdiDevices),
  };
}
