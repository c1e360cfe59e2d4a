/** The node's policies about processors, memory nodes and devices, put together from its options. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '../../kinds/core/pod.ts';
import { ResourceClaim } from '../../kinds/resource/resource-claim.ts';
import { ResourceSlice } from '../../kinds/resource/resource-slice.ts';
import { noCpuManager, openCpuManager } from '../cpus/cpu-manager.ts';
import type { CpuManager } from '../cpus/cpu-manager.ts';
import { parseCpuSet } from '../cpus/cpu-set.ts';
import type { CpuSet } from '../cpus/cpu-set.ts';
import { noMemoryManager, openMemoryManager } from '../cpus/memory-manager.ts';
import { parseCpuPolicyOptions } from '../cpus/policy-options.ts';
import { createSharedPool } from '../cpus/shared-pool.ts';
import type { SharedPool } from '../cpus/shared-pool.ts';
import { takeCpus } from '../cpus/take.ts';
import { parseTopologyOptions } from '../cpus/topology-options.ts';
import { readTopology } from '../cpus/topology.ts';
import type { Topology } from '../cpus/topology.ts';
import { dedicated } from '../devices/dedicated.ts';
import type { Dedicated } from '../devices/dedicated.ts';
import { startDeviceManager } from '../devices/device-manager.ts';
import type { DeviceManager } from '../devices/device-manager.ts';
import { KUBELET_SOCKET } from '../devices/plugin-v1beta1.ts';
import { servePodResources } from '../devices/pod-resources.ts';
import { startPluginWatcher } from '../devices/plugin-watcher.ts';
import { Disposer } from '../disposer.ts';
import { startPodClaims } from '../dra/claims.ts';
import { startDrivers } from '../dra/drivers.ts';
import { DeviceHealths } from '../dra/health.ts';
import type { KubeletOptions } from '../options.ts';

export interface DedicatedNode extends AsyncDisposable {
  readonly dedicated: Dedicated;
  readonly devices: DeviceManager;
  /** Pods that have devices, or claims. */
  holders(): readonly string[];
  /** Of the static policy alone. */
  readonly pool: SharedPool | undefined;
}

export interface DedicatedNodeOptions extends Pick<KubeletOptions, 'client' | 'nodeName' | 'rootDir' | 'clock' | 'log' | 'cri' | 'reserved' | 'cpuManagerPolicy' | 'cpuManagerPolicyOptions' | 'reservedMemory' | 'reservedCpus' | 'memoryManagerPolicy' | 'topologyManagerPolicy' | 'topologyManagerPolicyOptions' | 'topologyManagerScope'> {
  readonly activePods: () => readonly Pod[];
  /** Whether something of a pod may still run here; true while that is not known. */
  readonly holds: (uid: string) => boolean;
  readonly onDevices: () => void;
}

export async function startDedicatedNode(options: DedicatedNodeOptions): Promise<DedicatedNode> {
  const { rootDir, clock, log, cri, activePods, onDevices, topologyManagerPolicy = 'none', topologyManagerScope = 'container' } = options;
  await mkdir(rootDir, { recursive: true });
  await using started = new Disposer();
  const topology = await readTopology();
  const { closest } = topologyManagerPolicy === 'none' ? { closest: false } : parseTopologyOptions(options.topologyManagerPolicyOptions, topology.numaNodes.length);
  const cpus = options.cpuManagerPolicy === 'static' ? await openCpuManager({ rootDir, topology, reserved: reservedCpus(options, topology), options: parseCpuPolicyOptions(options.cpuManagerPolicyOptions) }) : void (await noCpuManager(rootDir));
  const memory = options.memoryManagerPolicy === 'Static' ? await openMemoryManager({ topology, rootDir, ...(options.reservedMemory ? { reserved: options.reservedMemory } : {}) }) : void (await noMemoryManager(rootDir));
  const devices = started.use(await startDeviceManager({ dir: join(rootDir, 'device-plugins'), clock, log, onChange: onDevices }));
  const health = new DeviceHealths(clock, onDevices);
  const drivers = started.use(startDrivers({ clock, log, health, deleteSlices: (driver, signal) => deleteSlices(options, driver, signal) }));
  const claims = started.use(await startPodClaims({ rootDir, clock, log, drivers, health, holds: options.holds, claim: (namespace, name) => options.client.get(ResourceClaim, name, { namespace }) }));
  started.use(await startPluginWatcher({ dir: join(rootDir, 'plugins_registry'), clock, log, handlers: { DRAPlugin: drivers, DevicePlugin: devices } }));
  const isHere = (uid: string) => activePods().some((pod) => pod.metadata.uid === uid);
  const pool = cpus && createSharedPool({ cri, cpus, isHere });
  const monitoring = await servePodResources(join(rootDir, 'pod-resources', KUBELET_SOCKET), {
    activePods, devices: devices.inventory, cpusOf: (uid, container) => cpus?.of(uid, container) ?? [], allocatableCpus: () => allocatable(cpus, topology),
    claimsOf: (pod, container) => claims.infosOf(pod, container),
  }).catch((error: unknown) => log.warn('pod resources are not served', { error: String(error) }));
  if (monitoring) started.use(monitoring);
  const running = started.move();
  return {
    devices, pool, holders: () => [...new Set([...devices.inventory.holders, ...claims.pods])],
    dedicated: dedicated({
      devices, claims, topology, policy: topologyManagerPolicy, scope: topologyManagerScope, closest, ...(cpus ? { cpus } : {}), ...(memory ? { memory } : {}),
      onSharedChange: () => void pool?.reconcile().catch((error: unknown) => log.warn('shared processors were not set', { error: String(error) })),
    }),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

/** What drivers offered on this node. */
async function deleteSlices({ client, nodeName }: Pick<KubeletOptions, 'client' | 'nodeName'>, driver: string | undefined, signal: AbortSignal): Promise<void> {
  const fieldSelector = `spec.nodeName=${nodeName}${driver === undefined ? '' : `,spec.driver=${driver}`}`;
  await client.deleteCollection(ResourceSlice, { fieldSelector }, { signal });
}

const allocatable = (cpus: CpuManager | undefined, topology: Topology): CpuSet => cpus?.assignable ?? topology.cpus.map(({ id }) => id);

/** Named ones, or else so many as are reserved in all. */
function reservedCpus({ reservedCpus: named, reserved = {} }: Pick<KubeletOptions, 'reservedCpus' | 'reserved'>, topology: Topology): CpuSet {
  if (named !== undefined) return parseCpuSet(named);
  return takeCpus(topology, topology.cpus.map(({ id }) => id), Math.ceil((reserved.cpuMillis ?? 0) / 1000)) ?? [];
}
