import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, int64, list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, UNSET } from '../cells.ts';
import { withFields } from '../change.ts';
import { driverErrors, driverUpdateErrors } from './csi-validation.ts';

export const csiDriverSpec = part(() =>
  object('api.storage.v1.CSIDriverSpec', {
    attachRequired: boolean().pointer().default(true).tag(1).describe('Whether volumes must be attached to a node before they are mounted there.'),
    podInfoOnMount: boolean().pointer().default(false).tag(2).describe('Whether the driver is told which pod a volume is mounted for.'),
    volumeLifecycleModes: list(string()).set().default(['Persistent']).tag(3).describe('Persistent, Ephemeral or both: the sorts of volumes it serves.'),
    storageCapacity: boolean().pointer().default(false).tag(4).describe('Whether pods wait for a node where the driver has room, by its CSIStorageCapacity objects.'),
    fsGroupPolicy: string().pointer().default('ReadWriteOnceWithFSType').tag(5).describe('Whether the kubelet gives files to the pod\'s fsGroup: ReadWriteOnceWithFSType, File or None.'),
    tokenRequests: list(tokenRequest()).tag(6).describe('Tokens of the pod\'s service account that the driver gets with each mount.'),
    requiresRepublish: boolean().pointer().default(false).tag(7).describe('Whether the mount is asked for again from time to time, so that its content can follow.'),
    seLinuxMount: boolean().pointer().default(false).tag(8).describe('Whether volumes can be mounted with an SELinux label of their own.'),
    nodeAllocatableUpdatePeriodSeconds: int64().pointer().tag(9).describe('Seconds between looks at how many volumes a node can take; at least 10, never unless said.'),
    serviceAccountTokenInSecrets: boolean().pointer().tag(10).describe('Whether tokens travel in the secrets of a request rather than in the volume\'s context.'),
    preventPodSchedulingIfMissing: boolean().pointer().tag(11).describe('Whether pods keep off nodes where the driver is not installed.'),
  }));
export type CSIDriverSpec = TypeOf<ReturnType<typeof csiDriverSpec>>;

export const tokenRequest = part(() =>
  object('api.storage.v1.TokenRequest', {
    audience: string().required().tag(1).describe('For whom the token is meant; empty means the API server.'),
    expirationSeconds: int64().pointer().tag(2).describe('How long it is valid, at least 600.'),
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
  prepareForCreate: (driver) => withFields(driver, { spec: withFields(driver.spec, GATED) }),
  prepareForUpdate: (driver) => withFields(driver, { spec: withFields(driver.spec, GATED) }),
  validate: driverErrors,
  validateUpdate: driverUpdateErrors,
});

/** Behind the gate VolumeLimitScaling, which is off. */
const GATED = { preventPodSchedulingIfMissing: undefined };
export type CSIDriver = InstanceOf<typeof CSIDriver>;
