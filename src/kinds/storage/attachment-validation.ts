/** Volumes attached to nodes. */
import { deepEqual } from '../../base/deep-equal.ts';
import { type FieldPath, forbidden, invalid, required, tooLong } from '../../meta/field-error.ts';
import { dnsSubdomainProblems } from '../../meta/names.ts';
import { type Errors, immutable, inRange, MAX_INT32, problemsAt } from '../checks.ts';
import { inlineVolumeErrors } from '../core/storage-validation.ts';
import { driverNameErrors } from '../core/volume-validation.ts';
import { sizeOf } from './class-validation.ts';
import type { VolumeAttachmentSource, VolumeAttachmentSpec, VolumeAttachmentStatus, VolumeError } from './volume-attachment.ts';

interface AttachmentLike {
  readonly spec: VolumeAttachmentSpec;
  readonly status: VolumeAttachmentStatus;
}

export function* attachmentErrors({ spec }: AttachmentLike, at: FieldPath): Errors {
  const here = at.child('spec');
  if (!spec.attacher) yield required(here.child('attacher'));
  yield* sourceErrors(spec.source, here.child('source'));
  yield* problemsAt(here.child('nodeName'), spec.nodeName, dnsSubdomainProblems(spec.nodeName));
}

const EXACTLY_ONE = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';

function* sourceErrors({ inlineVolumeSpec: inline, persistentVolumeName: name }: VolumeAttachmentSource, at: FieldPath): Errors {
  if (!inline && name === undefined) yield required(at, EXACTLY_ONE);
  else if (inline && name !== undefined) yield forbidden(at, EXACTLY_ONE);
  else if (name === '') yield required(at.child('persistentVolumeName'), 'must specify non empty persistentVolumeName');
  else if (inline) yield* inlineVolumeErrors(inline, at.child('inlineVolumeSpec'));
}

/** Only new ones are asked for names that can be: v1beta1 took others. */
export function* newAttachmentErrors({ spec }: AttachmentLike, at: FieldPath): Errors {
  yield* driverNameErrors(spec.attacher, at.child('spec').child('attacher'));
  const name = spec.source.persistentVolumeName;
  if (name !== undefined) yield* problemsAt(at.child('spec').child('source').child('persistentVolumeName'), name, dnsSubdomainProblems(name));
}

export const attachmentUpdateErrors = ({ spec }: AttachmentLike, { spec: old }: AttachmentLike, at: FieldPath): Errors =>
  immutable(at.child('spec'), deepEqual(spec, old), spec);

const MAX_METADATA_BYTES = 256 * 1024;
const MAX_MESSAGE_BYTES = 1024;

export function* attachmentStatusErrors(next: AttachmentLike, _old: AttachmentLike, at: FieldPath): Errors {
  yield* attachmentErrors(next, at);
  const here = at.child('status');
  const { attachmentMetadata = {}, attachError, detachError } = next.status;
  if (sizeOf(Object.entries(attachmentMetadata)) > MAX_METADATA_BYTES) yield tooLong(here.child('attachmentMetadata'), MAX_METADATA_BYTES);
  yield* errorErrors(attachError, here.child('attachError'));
  yield* errorErrors(detachError, here.child('detachError'));
}

/** Upstream names the limit of the metadata where a message is too long. */
function* errorErrors(error: VolumeError | undefined, at: FieldPath): Errors {
  if ((error?.message ?? '').length > MAX_MESSAGE_BYTES) yield tooLong(at.child('message'), MAX_METADATA_BYTES);
  if ((error?.errorCode ?? 0) < 0) yield invalid(at.child('errorCode'), error?.errorCode, inRange(0, MAX_INT32));
}
