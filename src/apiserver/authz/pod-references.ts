import type { AnyObject } from '../../meta/object.ts';
import type { Version } from '../watch-cache/version.ts';

type Loose = Readonly<Record<string, unknown>>;

const known = new WeakMap<Version, ReadonlySet<string>>();

/** What a pod refers to in its namespace: `secrets/x`, `configmaps/y`, `persistentvolumeclaims/z`, `serviceaccounts/w`, `resourceclaims/v`. */
export function podReferences(version: Version): ReadonlySet<string> {
  const kept = known.get(version);
  if (kept) return kept;
  const found = referencesOf(version.object);
  known.set(version, found);
  return found;
}

export function referencesOf(pod: AnyObject): ReadonlySet<string> {
  const found = new Set<string>();
  const spec = (pod['spec'] ?? {}) as Loose;
  found.add(`serviceaccounts/${String(spec['serviceAccountName'] ?? 'default')}`);
  for (const { name } of items(spec['imagePullSecrets'])) found.add(`secrets/${String(name)}`);
  for (const list of ['containers', 'initContainers', 'ephemeralContainers']) for (const container of items(spec[list])) addEnv(container, found);
  for (const volume of items(spec['volumes'])) addVolume(volume, { found, pod: pod.metadata.name });
  addResourceClaims(pod, found);
  return found;
}

const items = (value: unknown): readonly Loose[] => (Array.isArray(value) ? (value as readonly Loose[]) : []);
const inner = (value: unknown): Loose => (typeof value === 'object' && value !== null ? (value as Loose) : {});

/** Those it names, and those made for it. */
function addResourceClaims(pod: Loose, found: Set<string>): void {
  const status = inner(pod['status']);
  const claims = [...items(inner(pod['spec'])['resourceClaims']), ...items(status['resourceClaimStatuses']), inner(status['extendedResourceClaimStatus'])];
  for (const { resourceClaimName } of claims) if (typeof resourceClaimName === 'string') found.add(`resourceclaims/${resourceClaimName}`);
}

function addEnv(container: Loose, found: Set<string>): void {
  for (const { valueFrom } of items(container['env'])) {
    const { secretKeyRef, configMapKeyRef } = inner(valueFrom);
    if (secretKeyRef) found.add(`secrets/${String(inner(secretKeyRef)['name'])}`);
    if (configMapKeyRef) found.add(`configmaps/${String(inner(configMapKeyRef)['name'])}`);
  }
  for (const { secretRef, configMapRef } of items(container['envFrom'])) {
    if (secretRef) found.add(`secrets/${String(inner(secretRef)['name'])}`);
    if (configMapRef) found.add(`configmaps/${String(inner(configMapRef)['name'])}`);
  }
}

/** Fields of volume sources that name a Secret, by source. */
const SECRET_REFS = ['secretRef', 'nodePublishSecretRef', 'nodeStageSecretRef'];

function addVolume(volume: Loose, { found, pod }: { found: Set<string>; pod: string }): void {
  const { secret, configMap, persistentVolumeClaim, ephemeral, projected } = volume;
  if (secret) found.add(`secrets/${String(inner(secret)['secretName'])}`);
  if (configMap) found.add(`configmaps/${String(inner(configMap)['name'])}`);
  if (persistentVolumeClaim) found.add(`persistentvolumeclaims/${String(inner(persistentVolumeClaim)['claimName'])}`);
  if (ephemeral) found.add(`persistentvolumeclaims/${pod}-${String(volume['name'])}`);
  for (const source of items(inner(projected)['sources'])) {
    if (source['secret']) found.add(`secrets/${String(inner(source['secret'])['name'])}`);
    if (source['configMap']) found.add(`configmaps/${String(inner(source['configMap'])['name'])}`);
  }
  for (const source of Object.values(volume)) {
    for (const ref of SECRET_REFS) if (inner(source)[ref]) found.add(`secrets/${String(inner(inner(source)[ref])['name'])}`);
  }
}
