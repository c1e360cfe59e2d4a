/** Where a container mounts its pod's volumes. */
import { type FieldPath, forbidden, invalid, notFoundValue, notSupported, required } from '../../meta/field-error.ts';
import { type Errors, hasBackstep, relativePath } from '../checks.ts';
import type { Container, VolumeDevice, VolumeMount } from './container.ts';
import type { Volume } from './volume.ts';

export type Volumes = ReadonlyMap<string, Volume>;

export function* mountErrors(container: Pick<Container, 'volumeMounts' | 'volumeDevices' | 'securityContext'>, volumes: Volumes, at: FieldPath): Errors {
  const { volumeMounts: mounts = [], volumeDevices: devices = [] } = container;
  const seen = new Set<string>();
  for (const [index, mount] of mounts.entries()) {
    const here = at.index(index);
    const { name, mountPath } = mount;
    if (!volumes.has(name)) yield notFoundValue(here.child('name'), name);
    if (mountPath && seen.has(mountPath)) yield invalid(here.child('mountPath'), mountPath, 'must be unique');
    seen.add(mountPath);
    if (devices.some((device) => device.name === name)) yield invalid(here.child('name'), name, 'must not already exist in volumeDevices');
    if (devices.some((device) => device.devicePath === mountPath)) yield invalid(here.child('mountPath'), mountPath, 'must not already exist as a path in volumeDevices');
    yield* subPathErrors(mount, at, here);
    yield* propagationErrors(mount, container.securityContext?.privileged ?? false, at.child('mountPropagation'));
    yield* recursiveErrors(mount, at.child('recursiveReadOnly'));
  }
}

/** @param list where the mounts are: upstream's paths of what a mount contains leave out which one it is */
function* subPathErrors({ subPath, subPathExpr }: VolumeMount, list: FieldPath, at: FieldPath): Errors {
  if (subPath) yield* relativePath(list.child('subPath'), subPath);
  if (!subPathExpr) return;
  if (subPath) yield invalid(at.child('subPathExpr'), subPathExpr, 'subPathExpr and subPath are mutually exclusive');
  yield* relativePath(list.child('subPathExpr'), subPathExpr);
}

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];

function* propagationErrors({ mountPropagation: how }: VolumeMount, privileged: boolean, at: FieldPath): Errors {
  if (how === undefined) return;
  if (!PROPAGATIONS.includes(how)) yield notSupported(at, how, PROPAGATIONS);
  if (how === 'Bidirectional' && !privileged) yield forbidden(at, 'Bidirectional mount propagation is available only to privileged containers');
}

function* recursiveErrors({ recursiveReadOnly: how, readOnly, mountPropagation }: VolumeMount, at: FieldPath): Errors {
  if (how === undefined || how === 'Disabled') return;
  if (how !== 'Enabled' && how !== 'IfPossible') return void (yield notSupported(at, how, ['Disabled', 'Enabled', 'IfPossible']));
  if (!readOnly) yield forbidden(at, 'may only be specified when readOnly is true');
  if (mountPropagation !== undefined && mountPropagation !== 'None') yield forbidden(at, 'may only be specified when mountPropagation is None or not specified');
}

export function* deviceErrors(devices: readonly VolumeDevice[], mounts: readonly VolumeMount[], volumes: Volumes, at: FieldPath): Errors {
  const names = new Set<string>();
  const paths = new Set<string>();
  for (const [index, { name, devicePath }] of devices.entries()) {
    const [nameAt, pathAt] = [at.index(index).child('name'), at.index(index).child('devicePath')];
    const volume = volumes.get(name);
    if (name && names.has(name)) yield invalid(nameAt, name, 'must be unique');
    if (volume && !volume.persistentVolumeClaim && !volume.ephemeral) {
      yield invalid(nameAt, name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode');
    }
    if (name && !volume) yield notFoundValue(nameAt, name);
    if (!devicePath) yield required(pathAt);
    else if (paths.has(devicePath)) yield invalid(pathAt, devicePath, 'must be unique');
    if (devicePath && hasBackstep(devicePath)) yield invalid(pathAt, devicePath, "can not contain backsteps ('..')");
    if (mounts.some((mount) => mount.name === name)) yield invalid(nameAt, name, 'must not already exist in volumeMounts');
    if (mounts.some((mount) => mount.mountPath === devicePath)) yield invalid(pathAt, devicePath, 'must not already exist as a path in volumeMounts');
    names.add(name);
    paths.add(devicePath);
  }
}
