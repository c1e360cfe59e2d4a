import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, int32, map, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';
import { attachmentErrors, attachmentStatusErrors, attachmentUpdateErrors, newAttachmentErrors } from './attachment-validation.ts';
import { persistentVolumeSpec } from '../core/persistent-volume-spec.ts';

export const volumeAttachmentSource = part(() =>
  object('api.storage.v1.VolumeAttachmentSource', {
    persistentVolumeName: string().pointer().tag(1).describe('The PersistentVolume.'),
    inlineVolumeSpec: persistentVolumeSpec().tag(2).describe('A volume described here, of a pod whose in-tree volume was moved to CSI.'),
  }));
export type VolumeAttachmentSource = TypeOf<ReturnType<typeof volumeAttachmentSource>>;

export const volumeAttachmentSpec = part(() =>
  object('api.storage.v1.VolumeAttachmentSpec', {
    attacher: string().required().tag(1).describe('The CSI driver that attaches it.'),
    source: volumeAttachmentSource().required().default({}).tag(2).describe('What is attached.'),
    nodeName: string().required().tag(3).describe('To which node.'),
  }));
export type VolumeAttachmentSpec = TypeOf<ReturnType<typeof volumeAttachmentSpec>>;

export const volumeAttachmentStatus = part(() =>
  object('api.storage.v1.VolumeAttachmentStatus', {
    attached: boolean().required().default(false).tag(1).describe('Whether it is attached.'),
    attachmentMetadata: map(string()).tag(2).describe('What the driver tells the kubelet for mounting it.'),
    attachError: volumeError().tag(3).describe('Why attaching last failed.'),
    detachError: volumeError().tag(4).describe('Why detaching last failed.'),
  }));
export type VolumeAttachmentStatus = TypeOf<ReturnType<typeof volumeAttachmentStatus>>;

export const volumeError = part(() =>
  object('api.storage.v1.VolumeError', {
    time: time().tag(1).describe('When it happened.'),
    message: string().tag(2).describe('What the driver said; readable to many, so nothing secret.'),
    errorCode: int32().pointer().tag(3).describe('The driver\'s gRPC code.'),
  }));
export type VolumeError = TypeOf<ReturnType<typeof volumeError>>;

export const VolumeAttachment = defineKind({
  group: 'storage.k8s.io', version: 'v1', kind: 'VolumeAttachment', plural: 'volumeattachments',
  scope: 'Cluster', package: 'api.storage.v1',
  description: 'Attaches a volume to a node.',
  spec: volumeAttachmentSpec().required(),
  status: volumeAttachmentStatus(),
  columns: {
    Attacher: { type: 'string', format: 'name', cell: ({ spec }) => spec.attacher },
    PV: ({ spec }) => spec.source.persistentVolumeName ?? '',
    Node: ({ spec }) => spec.nodeName,
    Attached: { type: 'boolean', cell: ({ status }) => status.attached },
    Age: age,
  },
  validate: attachmentErrors,
  validateCreate: newAttachmentErrors,
  validateUpdate: attachmentUpdateErrors,
  validateStatusUpdate: attachmentStatusErrors,
});
export type VolumeAttachment = InstanceOf<typeof VolumeAttachment>;
