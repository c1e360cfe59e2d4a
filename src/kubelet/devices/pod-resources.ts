/** The PodResources API v1: which devices, processors and memory are whose (https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/#monitoring-device-plugin-resources). */
import type { Pod } from '../../kinds/core/pod.ts';
import type { ClaimInfo } from '../dra/claim-cache.ts';
import { int64, int64s, many, message, one, string, strings, uint64 } from '../grpc/message.ts';
import type { Sent } from '../grpc/message.ts';
import { serveGrpc, served } from '../grpc/server.ts';
import { initContainers, isSidecar } from '../pod.ts';
import type { KnownDevice } from './inventory.ts';

const TopologyInfo = message('TopologyInfo', { nodes: many(1, message('NUMANode', { ID: int64(1) })) });
const ContainerDevices = message('ContainerDevices', { resourceName: string(1), deviceIds: strings(2), topology: one(3, TopologyInfo) });
const ContainerMemory = message('ContainerMemory', { memoryType: string(1), size: uint64(2), topology: one(3, TopologyInfo) });
const ClaimResource = message('ClaimResource', { CDIDevices: many(1, message('CDIDevice', { name: string(1) })), driverName: string(2), poolName: string(3), deviceName: string(4), shareId: string(5) });
const DynamicResource = message('DynamicResource', { claimName: string(2), claimNamespace: string(3), claimResources: many(4, ClaimResource) });
const ContainerResources = message('ContainerResources', { name: string(1), devices: many(2, ContainerDevices), cpuIds: int64s(3), memory: many(4, ContainerMemory), dynamicResources: many(5, DynamicResource) });
const PodResources = message('PodResources', { name: string(1), namespace: string(2), containers: many(3, ContainerResources) });

export const PodResourcesLister = {
  List: { request: message('ListPodResourcesRequest', {}), response: message('ListPodResourcesResponse', { podResources: many(1, PodResources) }) },
  GetAllocatableResources: {
    request: message('AllocatableResourcesRequest', {}),
    response: message('AllocatableResourcesResponse', { devices: many(1, ContainerDevices), cpuIds: int64s(2), memory: many(3, ContainerMemory) }),
  },
  Get: { request: message('GetPodResourcesRequest', { podName: string(1), podNamespace: string(2) }), response: message('GetPodResourcesResponse', { podResources: one(1, PodResources) }) },
} as const;

export interface PodResourcesSource {
  readonly activePods: () => readonly Pod[];
  readonly devices: {
    readonly resources: readonly string[];
    devicesOf(resource: string): readonly KnownDevice[];
    holdingsOf(uid: string, container: string): readonly { readonly resource: string; readonly devices: readonly string[] }[];
  };
  /** Processors that are a container's alone, and all that may become so. */
  readonly cpusOf: (uid: string, container: string) => readonly number[];
  readonly allocatableCpus: () => readonly number[];
  /** What drivers prepared for a container's claims. */
  readonly claimsOf?: (pod: Pod, container: string) => readonly ClaimInfo[];
}

/** @param socket where monitoring agents look for it */
export const servePodResources = (socket: string, source: PodResourcesSource): Promise<AsyncDisposable> => serveGrpc(socket, [served('v1', { PodResourcesLister }, {
  List: async () => ({ podResources: source.activePods().map((pod) => ofPod(pod, source)) }),
  GetAllocatableResources: async () => ({
    cpuIds: source.allocatableCpus(),
    devices: source.devices.resources.flatMap((resourceName) => source.devices.devicesOf(resourceName).map(({ id, numaNodes }) => ({ resourceName, deviceIds: [id], ...topologyOf(numaNodes) }))),
  }),
  Get: async ({ podName, podNamespace }) => {
    const pod = source.activePods().find(({ metadata }) => metadata.name === podName && metadata.namespace === podNamespace);
    if (!pod) throw new Error(`pod ${podName} in namespace ${podNamespace} not found`);
    return { podResources: ofPod(pod, source) };
  },
})]);

const topologyOf = (numaNodes: readonly number[]): Pick<Sent<typeof ContainerDevices>, 'topology'> => (numaNodes.length === 0 ? {} : { topology: { nodes: numaNodes.map((ID) => ({ ID })) } });

function ofPod(pod: Pod, { devices, cpusOf, claimsOf = () => [] }: PodResourcesSource): Sent<typeof PodResources> {
  const { uid, name, namespace } = pod.metadata;
  return {
    name, namespace,
    containers: [...initContainers(pod).filter(isSidecar), ...pod.spec.containers].map((container) => ({
      name: container.name, cpuIds: cpusOf(uid, container.name), dynamicResources: claimsOf(pod, container.name).map(dynamicResource),
      devices: devices.holdingsOf(uid, container.name).flatMap(({ resource, devices: held }) => byTopology(devices.devicesOf(resource), held).map(([numaNodes, deviceIds]) => ({ resourceName: resource, deviceIds, ...topologyOf(numaNodes) }))),
    })),
  };
}

const dynamicResource = ({ name, namespace, drivers }: ClaimInfo): Sent<typeof DynamicResource> => ({
  claimName: name, claimNamespace: namespace,
  claimResources: Object.entries(drivers).flatMap(([driverName, prepared]) => prepared.map(({ poolName, deviceName, cdiDeviceIds, shareId }) => ({
    driverName, poolName, deviceName, CDIDevices: cdiDeviceIds.map((id) => ({ name: id })), ...(shareId === undefined ? {} : { shareId }),
  }))),
});

/** Devices that are next to the same memory are told together. */
function byTopology(known: readonly KnownDevice[], held: readonly string[]): readonly (readonly [readonly number[], readonly string[]])[] {
  const groups = new Map<string, readonly [readonly number[], string[]]>();
  for (const id of held) {
    const numaNodes = known.find((device) => device.id === id)?.numaNodes ?? [];
    const group = groups.get(numaNodes.join()) ?? [numaNodes, []];
    group[1].push(id);
    groups.set(numaNodes.join(), group);
  }
  return [...groups.values()];
}
