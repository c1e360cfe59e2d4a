/** Files that volumes make of the API's objects. */
import { type FieldPath, forbidden, invalid, required } from '../../meta/field-error.ts';
import { type Errors, labelSelectorAt, localPath } from '../checks.ts';
import { fieldErrors, resourceFieldErrors, VOLUME_FIELDS } from './env-validation.ts';
import type { ClusterTrustBundleProjection, DownwardAPIVolumeFile, KeyToPath, ServiceAccountTokenProjection, VolumeProjection } from './volume.ts';

export const FILE_MODE = 'must be a number between 0 and 0777 (octal), both inclusive';
export const isFileMode = (mode: number | undefined): boolean => mode === undefined || (mode >= 0 && mode <= 0o777);

export function* itemErrors(items: readonly KeyToPath[] | undefined, at: FieldPath): Errors {
  for (const [index, { path, mode }] of (items ?? []).entries()) {
    const here = at.index(index);
    yield* localPath(here.child('path'), path);
    if (!isFileMode(mode)) yield invalid(here.child('mode'), mode, FILE_MODE);
  }
}

/** Upstream's paths leave out which file it is. */
export function* downwardErrors({ path, mode, fieldRef, resourceFieldRef }: DownwardAPIVolumeFile, at: FieldPath): Errors {
  yield* localPath(at.child('path'), path);
  if (fieldRef) yield* fieldErrors(fieldRef, VOLUME_FIELDS, at.child('fieldRef'));
  if (fieldRef && resourceFieldRef) yield invalid(at, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously');
  else if (resourceFieldRef) yield* resourceFieldErrors(resourceFieldRef, at.child('resourceFieldRef'), true);
  else if (!fieldRef) yield required(at, 'one of fieldRef and resourceFieldRef is required');
  if (!isFileMode(mode)) yield invalid(at.child('mode'), mode, FILE_MODE);
}

export function* projectedErrors(sources: readonly VolumeProjection[], at: FieldPath): Errors {
  const taken = new Set<string>();
  const claim = function* (path: string, shown: string): Errors {
    if (path && taken.has(path)) yield invalid(at, shown, 'conflicting duplicate paths');
    taken.add(path);
  };
  for (const [index, source] of sources.entries()) {
    const here = at.child('sources').index(index);
    for (const field of ['secret', 'configMap'] as const) {
      const projection = source[field];
      if (!projection) continue;
      if (!projection.name) yield required(here.child(field).child('name'));
      yield* itemErrors(projection.items, here.child(field).child('items'));
      for (const { path } of projection.items ?? []) yield* claim(path, projection.name ?? '');
    }
    for (const file of source.downwardAPI?.items ?? []) {
      yield* downwardErrors(file, here.child('downwardAPI'));
      yield* claim(file.path, file.path);
    }
    if (source.serviceAccountToken) yield* tokenErrors(source.serviceAccountToken, here.child('serviceAccountToken'), at);
    if (source.clusterTrustBundle) {
      yield* trustBundleErrors(source.clusterTrustBundle, here.child('clusterTrustBundle'));
      yield* claim(source.clusterTrustBundle.path, source.clusterTrustBundle.path);
    }
    const { podCertificate } = source;
    for (const path of [podCertificate?.credentialBundlePath, podCertificate?.keyPath, podCertificate?.certificateChainPath]) {
      if (path) yield* claim(path, path);
    }
    if (Object.values(source).filter((one) => one !== undefined).length > 1) yield forbidden(here, 'may not specify more than 1 volume type');
  }
}

const TEN_MINUTES = 600;

/** @param volume the projected volume: a path's errors are reported there */
function* tokenErrors({ expirationSeconds, path }: ServiceAccountTokenProjection, at: FieldPath, volume: FieldPath): Errors {
  const here = at.child('expirationSeconds');
  if (expirationSeconds < TEN_MINUTES) yield invalid(here, expirationSeconds, 'may not specify a duration less than 10 minutes');
  if (expirationSeconds > 2 ** 32) yield invalid(here, expirationSeconds, 'may not specify a duration larger than 2^32 seconds');
  yield* localPath(volume.child('path'), path);
}

function* trustBundleErrors({ name, signerName, labelSelector, path }: ClusterTrustBundleProjection, at: FieldPath): Errors {
  if (name !== undefined && signerName !== undefined) yield invalid(at, { name, signerName, path }, 'only one of name and signerName may be used');
  else if (name === undefined && signerName === undefined) yield required(at, 'either name or signerName must be specified');
  if (name === '') yield required(at.child('name'), 'must be a valid object name');
  if (signerName === '') yield required(at.child('signerName'), 'must be a valid signer name');
  if (name !== undefined && labelSelector) yield invalid(at.child('labelSelector'), labelSelector, 'labelSelector must be unset if name is specified');
  if (signerName !== undefined) yield* labelSelectorAt(at.child('labelSelector'), labelSelector);
  yield* localPath(at.child('path'), path);
}
