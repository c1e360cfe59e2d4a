import type { Device } from '../../kinds/resource/device.ts';
import type { DeviceClass } from '../../kinds/resource/device-class.ts';
import type { DeviceClaim } from '../../kinds/resource/device-claim.ts';
import type { ResourceClaim } from '../../kinds/resource/resource-claim.ts';
import type { ResourceSlice } from '../../kinds/resource/resource-slice.ts';

export const DRIVER = 'gpu.example.com';

const metadata = (name: string) => ({ name, uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' });

/** The slice `pool-N` of a pool that is its node's. */
export function sliceOf(nodeName: string, devices: readonly Device[], more: Partial<Omit<ResourceSlice['spec'], 'pool'>> & { readonly name?: string; readonly pool?: Partial<ResourceSlice['spec']['pool']> } = {}): ResourceSlice {
  const { name = `slice-${nodeName}`, pool, ...spec } = more;
  return {
    apiVersion: 'resource.k8s.io/v1', kind: 'ResourceSlice', metadata: metadata(name),
    spec: { driver: DRIVER, nodeName, devices, pool: { name: nodeName, generation: 1, resourceSliceCount: 1, ...pool }, ...spec },
  };
}

export const classOf = (name: string, spec: DeviceClass['spec'] = {}): DeviceClass => ({ apiVersion: 'resource.k8s.io/v1', kind: 'DeviceClass', metadata: metadata(name), spec });

export const cel = (expression: string) => ({ cel: { expression } });

export const exactly = (name: string, more: object = {}) => ({ name, exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1, ...more } });
export const oneOf = (name: string, ...alternatives: readonly object[]) => ({
  name, firstAvailable: alternatives.map((one, index) => ({ name: `choice-${index}`, deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1, ...one })),
});

export const claimFor = (name: string, devices: DeviceClaim, status: ResourceClaim['status'] = {}): ResourceClaim => ({
  apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: { ...metadata(name), namespace: 'default' }, spec: { devices }, status,
});

/** Given to another claim already. */
export const taken = (device: string, more: object = {}): ResourceClaim =>
  claimFor(`other-${device}-${JSON.stringify(more).length}`, { requests: [] }, { allocation: { devices: { results: [{ request: 'r', driver: DRIVER, pool: 'node', device, ...more }] } } });
