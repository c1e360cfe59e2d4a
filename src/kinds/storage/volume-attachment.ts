import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, int32, map, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';
import { persistentVolumeSpec } from '../core/persistent-volume-spec.ts';

export const volumeAttachmentSource = part(() =>
  object('api.storage.v1.VolumeAttachmentSource', {
    persistentVolumeName: string().pointer().tag(1),
    inlineVolumeSpec: persistentVolumeSpec().tag(2),
  }));
export type VolumeAttachmentSource = TypeOf<ReturnType<typeof volumeAttachmentSource>>;

export const volumeAttachmentSpec = part(() =>
  object('api.storage.v1.VolumeAttachmentSpec', {
    attacher: string().required().tag(1),
    source: volumeAttachmentSource().required().default({}).tag(2),
    nodeName: string().required().tag(3),
  }));
export type VolumeAttachmentSpec = TypeOf<ReturnType<typeof volumeAttachmentSpec>>;

export const volumeAttachmentStatus = part(() =>
  object('api.storage.v1.VolumeAttachmentStatus', {
    attached: boolean().required().default(false).tag(1),
    attachmentMetadata: map(string()).tag(2),
    attachError: volumeError().tag(3),
    detachError: volumeError().tag(4),
  }));
export type VolumeAttachmentStatus = TypeOf<ReturnType<typeof volumeAttachmentStatus>>;

export const volumeError = part(() =>
  object('api.storage.v1.VolumeError', {
    time: time().tag(1),
    message: string().tag(2),
    errorCode: int32().pointer().tag(3),
  }));
export type VolumeError = TypeOf<ReturnType<typeof volumeError>>;

export const VolumeAttachment = defineKind({
  group: 'storage.k8s.io', version: 'v1', kind: 'VolumeAttachment', plural: 'volumeattachments',
  scope: 'Cluster', package: 'api.storage.v1',
  description: 'Attaches a volume to a node.',
  spec: volumeAttachmentSpec().required(),
  status: volumeAttachmentStatus(),
  columns: {
    Attacher: ({ spec }) => spec.attacher,
    PV: ({ spec }) => spec.source.persistentVolumeName ?? '',
    Node: ({ spec }) => spec.nodeName,
    Attached: { type: 'boolean', cell: ({ status }) => status.attached },
    Age: age,
  },
});
export type VolumeAttachment = InstanceOf<typeof VolumeAttachment>;
