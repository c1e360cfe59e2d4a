/** A container's environment: variables and where their values come from. */
import { type FieldPath, invalid, notSupported, required } from '../../meta/field-error.ts';
import { configKeyProblems, dnsSubdomainProblems, envNameProblems, qualifiedNameProblems } from '../../meta/names.ts';
import { parseQuantity } from '../../meta/quantity.ts';
import { type Errors, localPath, problemsAt } from '../checks.ts';
import type { EnvFromSource, EnvVar } from './env.ts';
import type { ObjectFieldSelector, ResourceFieldSelector } from './references.ts';

const ENV_FIELDS = [
  'metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName',
  'status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs',
];
export const VOLUME_FIELDS = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
/** What a pod's fields are, for those who may name only some of them. */
const POD_FIELDS = new Set([...ENV_FIELDS, ...VOLUME_FIELDS]);

export function* envErrors(env: readonly EnvVar[] | undefined, at: FieldPath): Errors {
  for (const [index, variable] of (env ?? []).entries()) {
    const here = at.index(index);
    if (variable.name) yield* problemsAt(here.child('name'), variable.name, envNameProblems(variable.name));
    if (variable.valueFrom) yield* valueFromErrors(variable, here.child('valueFrom'));
  }
}

function* valueFromErrors({ value, valueFrom = {} }: EnvVar, at: FieldPath): Errors {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = valueFrom;
  if (fieldRef) yield* fieldErrors(fieldRef, ENV_FIELDS, at.child('fieldRef'));
  if (resourceFieldRef) yield* resourceFieldErrors(resourceFieldRef, at.child('resourceFieldRef'));
  if (configMapKeyRef) yield* keyErrors(configMapKeyRef, at.child('configMapKeyRef'));
  if (secretKeyRef) yield* keyErrors(secretKeyRef, at.child('secretKeyRef'));
  if (fileKeyRef) {
    const here = at.child('fileKeyRef');
    if (fileKeyRef.key) yield* problemsAt(here.child('key'), fileKeyRef.key, envNameProblems(fileKeyRef.key));
    if (fileKeyRef.path) yield* localPath(here.child('path'), fileKeyRef.path);
  }
  const sources = Object.values(valueFrom).filter((source) => source !== undefined).length;
  if (sources === 0) yield invalid(at, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`');
  else if (value) yield invalid(at, '', 'may not be specified when `value` is not empty');
  else if (sources > 1) yield invalid(at, '', 'may not have more than one field specified at a time');
}

function* keyErrors({ name = '', key }: { readonly name?: string; readonly key: string }, at: FieldPath): Errors {
  yield* problemsAt(at.child('name'), name, dnsSubdomainProblems(name));
  if (key) yield* problemsAt(at.child('key'), key, configKeyProblems(key));
}

const SUBSCRIPTED = /^(.*)\['(.*)'\]$/;

/** @param allowed the fields that may be named whole; labels and annotations may also be named one by one */
export function* fieldErrors({ apiVersion, fieldPath }: ObjectFieldSelector, allowed: readonly string[], at: FieldPath): Errors {
  if (!fieldPath) return;
  const here = at.child('fieldPath');
  if (apiVersion !== 'v1') return void (yield invalid(here, fieldPath, `error converting fieldPath: unsupported pod version: ${apiVersion}`));
  const [, whole, subscript] = SUBSCRIPTED.exec(fieldPath) ?? [];
  if (subscript === undefined || whole === undefined) {
    if (!POD_FIELDS.has(fieldPath)) yield invalid(here, fieldPath, `error converting fieldPath: field label not supported: ${fieldPath}`);
    else if (!allowed.includes(fieldPath)) yield notSupported(here, fieldPath, allowed);
  } else if (whole === 'metadata.annotations') yield* problemsAt(at, subscript.toLowerCase(), qualifiedNameProblems(subscript.toLowerCase()));
  else if (whole === 'metadata.labels') yield* problemsAt(at, subscript, qualifiedNameProblems(subscript));
  else yield invalid(here, fieldPath, `error converting fieldPath: field label does not support subscript: ${fieldPath}`);
}

const RESOURCES = ['limits.cpu', 'limits.ephemeral-storage', 'limits.memory', 'requests.cpu', 'requests.ephemeral-storage', 'requests.memory'];
const isHugePages = (resource: string): boolean => /^(limits|requests)\.hugepages-/.test(resource);
const SIZES = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];
const ONLY_SIZES = `only divisor's values ${SIZES.join(', ')} are supported with the`;

/** @param ofVolume volumes must say whose resource they mean */
export function* resourceFieldErrors({ containerName, resource, divisor }: ResourceFieldSelector, at: FieldPath, ofVolume = false): Errors {
  if (ofVolume && !containerName) yield required(at.child('containerName'));
  else if (resource && !RESOURCES.includes(resource) && !isHugePages(resource)) yield notSupported(at.child('resource'), resource, RESOURCES);
  if (divisor === undefined || parseQuantity(divisor).nanos === 0n) return;
  const here = at.child('divisor');
  if (resource.endsWith('.cpu')) {
    if (divisor !== '1m' && divisor !== '1') yield invalid(here, resource, "only divisor's values 1m and 1 are supported with the cpu resource");
  } else if (!SIZES.includes(divisor)) {
    const what = resource.endsWith('.memory') ? 'memory' : isHugePages(resource) ? 'hugepages' : 'local ephemeral storage';
    yield invalid(here, resource, `${ONLY_SIZES} ${what} resource`);
  }
}

export function* envFromErrors(sources: readonly EnvFromSource[] | undefined, at: FieldPath): Errors {
  for (const [index, { prefix, configMapRef, secretRef }] of (sources ?? []).entries()) {
    const here = at.index(index);
    if (prefix) yield* problemsAt(here.child('prefix'), prefix, envNameProblems(prefix));
    for (const [field, source] of [['configMapRef', configMapRef], ['secretRef', secretRef]] as const) {
      if (!source) continue;
      const name = here.child(field).child('name');
      if (source.name) yield* problemsAt(name, source.name, dnsSubdomainProblems(source.name));
      else yield required(name);
    }
    if (!configMapRef && !secretRef) yield invalid(at, '', 'must specify one of: `configMapRef` or `secretRef`');
    else if (configMapRef && secretRef) yield invalid(at, '', 'may not have more than one field specified at a time');
  }
}
