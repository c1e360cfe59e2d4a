/** A pod's volumes and where each comes from. */
import { duplicate, type FieldPath, forbidden, invalid, notSupported, required } from '../../meta/field-error.ts';
import { dnsLabelProblems, dnsSubdomainProblems } from '../../meta/names.ts';
import { parseQuantity } from '../../meta/quantity.ts';
import { annotationsAt, type Errors, hasBackstep, inRange, labelsAt, problemsAt, relativePath } from '../checks.ts';
import { claimSpecErrors } from './claim-validation.ts';
import type { EphemeralVolumeSource, Volume } from './volume.ts';
import { FILE_MODE, isFileMode, itemErrors, projectedErrors, downwardErrors } from './projection-validation.ts';

/** @param podName of a pod proper: its ephemeral volumes' claims are named after it */
export function* volumeErrors(volumes: readonly Volume[], podName: string | undefined, at: FieldPath): Errors {
  const names = new Set<string>();
  const created = new Set(volumes.filter(({ ephemeral }) => podName && ephemeral).map(({ name }) => `${podName}-${name}`));
  for (const [index, volume] of volumes.entries()) {
    const here = at.index(index);
    const { name, persistentVolumeClaim: claim } = volume;
    yield* sourceErrors(volume, podName, here);
    if (name) yield* problemsAt(here.child('name'), name, dnsLabelProblems(name));
    if (names.has(name)) yield duplicate(here.child('name'), name);
    names.add(name);
    if (claim && created.has(claim.claimName)) {
      yield invalid(here.child('persistentVolumeClaim').child('claimName'), claim.claimName, 'must not reference a PVC that gets created for an ephemeral volume');
    }
  }
}

const NOT_SOURCES = new Set(['name']);

function* sourceErrors(volume: Volume, podName: string | undefined, at: FieldPath): Errors {
  const given = Object.entries(volume).filter(([field, value]) => value !== undefined && !NOT_SOURCES.has(field)).map(([field]) => field);
  if (given.length === 0) return void (yield required(at, 'must specify a volume type'));
  for (const field of given.slice(1)) yield forbidden(at.child(field), 'may not specify more than 1 volume type');
  yield* localErrors(volume, podName !== undefined, at);
  yield* remoteErrors(volume, at);
  const { ephemeral, name } = volume;
  if (!ephemeral) return;
  yield* ephemeralErrors(ephemeral, at.child('ephemeral'));
  if (!podName || !name) return;
  for (const why of dnsSubdomainProblems(`${podName}-${name}`)) yield invalid(at.child('name'), name, `PVC name ${JSON.stringify(`${podName}-${name}`)}: ${why}`);
}

/** Sources that the kubelet fills from the API or the node itself. */
function* localErrors({ emptyDir, hostPath, gitRepo, secret, configMap, downwardAPI, projected, image }: Volume, isPod: boolean, at: FieldPath): Errors {
  if (emptyDir?.sizeLimit !== undefined && parseQuantity(emptyDir.sizeLimit).nanos < 0n) {
    yield forbidden(at.child('emptyDir').child('sizeLimit'), 'SizeLimit field must be a valid resource quantity');
  }
  if (hostPath?.path && hasBackstep(hostPath.path)) yield invalid(at.child('hostPath').child('path'), hostPath.path, "must not contain '..'");
  if (gitRepo?.directory) yield* relativePath(at.child('gitRepo').child('directory'), gitRepo.directory);
  if (secret) {
    const here = at.child('secret');
    if (!secret.secretName) yield required(here.child('secretName'));
    yield* modeErrors(secret.defaultMode, here);
    yield* itemErrors(secret.items, here.child('items'));
  }
  if (configMap) {
    const here = at.child('configMap');
    if (!configMap.name) yield required(here.child('name'));
    yield* modeErrors(configMap.defaultMode, here);
    yield* itemErrors(configMap.items, here.child('items'));
  }
  if (downwardAPI) {
    yield* modeErrors(downwardAPI.defaultMode, at.child('downwardAPI'));
    for (const file of downwardAPI.items ?? []) yield* downwardErrors(file, at.child('downwardAPI'));
  }
  if (projected) {
    yield* modeErrors(projected.defaultMode, at.child('projected'));
    yield* projectedErrors(projected.sources ?? [], at.child('projected'));
  }
  if (image && isPod && !image.reference) yield required(at.child('image').child('reference'));
  if (image?.pullPolicy && !PULL_POLICIES.includes(image.pullPolicy)) yield notSupported(at.child('image').child('pullPolicy'), image.pullPolicy, PULL_POLICIES);
}

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];

function* modeErrors(mode: number | undefined, at: FieldPath): Errors {
  if (!isFileMode(mode)) yield invalid(at.child('defaultMode'), mode, FILE_MODE);
}

const PARTITION = inRange(0, 255);
const INITIATORS: readonly (readonly [prefix: string, shape: RegExp])[] = [
  ['iqn', /iqn\.\d{4}-\d{2}\.([A-Za-z0-9.-]+)(:[^,;*&$|\s]+)$/], ['eui', /^eui.[A-Za-z0-9]{16}$/], ['naa', /^naa.[A-Za-z0-9]{32}$/],
];

/** Sources somewhere on the network. */
function* remoteErrors({ nfs, iscsi, gcePersistentDisk, awsElasticBlockStore, csi }: Volume, at: FieldPath): Errors {
  if (nfs?.path && !nfs.path.startsWith('/')) yield invalid(at.child('nfs').child('path'), nfs.path, 'must be an absolute path');
  for (const [field, source] of [['persistentDisk', gcePersistentDisk], ['awsElasticBlockStore', awsElasticBlockStore]] as const) {
    const { partition = 0 } = source ?? {};
    if (partition < 0 || partition > 255) yield invalid(at.child(field).child('partition'), partition, PARTITION);
  }
  if (iscsi) {
    const here = at.child('iscsi');
    const shape = INITIATORS.find(([prefix]) => iscsi.iqn.startsWith(prefix))?.[1];
    if (iscsi.iqn && !shape?.test(iscsi.iqn)) yield invalid(here.child('iqn'), iscsi.iqn, 'must be valid format');
    if (iscsi.lun < 0 || iscsi.lun > 255) yield invalid(here.child('lun'), iscsi.lun, PARTITION);
  }
  if (csi) yield* csiErrors(csi, at.child('csi'));
}

const MAX_DRIVER = 63;

export function* driverNameErrors(driver: string, at: FieldPath): Errors {
  if (driver.length > MAX_DRIVER) yield { reason: 'FieldValueTooLong', field: at.toString(), message: `Too long: may not be more than ${MAX_DRIVER} bytes` };
  if (driver) yield* problemsAt(at, driver, dnsSubdomainProblems(driver.toLowerCase()));
}

function* csiErrors({ driver, nodePublishSecretRef: ref }: NonNullable<Volume['csi']>, at: FieldPath): Errors {
  yield* driverNameErrors(driver, at.child('driver'));
  if (!ref) return;
  if (!ref.name) yield required(at.child('nodePublishSecretRef').child('name'));
  else yield* problemsAt(at.child('name'), ref.name, dnsSubdomainProblems(ref.name));
}

function* ephemeralErrors({ volumeClaimTemplate: template }: EphemeralVolumeSource, at: FieldPath): Errors {
  const here = at.child('volumeClaimTemplate');
  if (!template) return void (yield required(here));
  const { labels, annotations, ...rest } = template.metadata;
  yield* annotationsAt(here.child('metadata').child('annotations'), annotations);
  yield* labelsAt(here.child('metadata').child('labels'), labels);
  for (const [field, value] of Object.entries(rest)) if (value !== undefined) yield forbidden(here.child('metadata').child(field), 'cannot be set');
  yield* claimSpecErrors(template.spec, here.child('spec'));
}
