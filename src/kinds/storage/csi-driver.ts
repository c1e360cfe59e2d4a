import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, int64, list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, UNSET } from '../cells.ts';

export const csiDriverSpec = part(() =>
  object('api.storage.v1.CSIDriverSpec', {
    attachRequired: boolean().pointer().default(true).tag(1),
    podInfoOnMount: boolean().pointer().default(false).tag(2),
    volumeLifecycleModes: list(string()).set().default(['Persistent']).tag(3),
    storageCapacity: boolean().pointer().default(false).tag(4),
    fsGroupPolicy: string().pointer().default('ReadWriteOnceWithFSType').tag(5),
    tokenRequests: list(tokenRequest()).tag(6),
    requiresRepublish: boolean().pointer().default(false).tag(7),
    seLinuxMount: boolean().pointer().default(false).tag(8),
    nodeAllocatableUpdatePeriodSeconds: int64().pointer().tag(9),
    serviceAccountTokenInSecrets: boolean().pointer().tag(10),
    preventPodSchedulingIfMissing: boolean().pointer().tag(11),
  }));
export type CSIDriverSpec = TypeOf<ReturnType<typeof csiDriverSpec>>;

export const tokenRequest = part(() =>
  object('api.storage.v1.TokenRequest', {
    audience: string().required().tag(1),
    expirationSeconds: int64().pointer().tag(2),
  }));
export type TokenRequest = TypeOf<ReturnType<typeof tokenRequest>>;

export const CSIDriver = defineKind({
  group: 'storage.k8s.io', version: 'v1', kind: 'CSIDriver', plural: 'csidrivers',
  scope: 'Cluster', package: 'api.storage.v1',
  description: 'A storage driver and what it can do.',
  spec: csiDriverSpec().required(),
  columns: {
    AttachRequired: { type: 'boolean', cell: ({ spec }) => spec.attachRequired },
    PodInfoOnMount: { type: 'boolean', cell: ({ spec }) => spec.podInfoOnMount },
    StorageCapacity: { type: 'boolean', cell: ({ spec }) => spec.storageCapacity },
    TokenRequests: ({ spec }) => (spec.tokenRequests ?? []).map(({ audience }) => audience).join(',') || UNSET,
    RequiresRepublish: { type: 'boolean', cell: ({ spec }) => spec.requiresRepublish },
    Modes: ({ spec }) => spec.volumeLifecycleModes.join(',') || UNSET,
    Age: age,
  },
});
export type CSIDriver = InstanceOf<typeof CSIDriver>;
