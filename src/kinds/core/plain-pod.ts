/**
 * Whether there is nothing in a pod that anybody could be warned of. Every pod's making asks, and nearly every pod is plain: this looks
 * without allocating, and errs on the side of a closer look.
 */
import type { Container } from './container.ts';
import { nodeLabelDeprecation } from './node-label-warnings.ts';
import type { PodSpec } from './pod-spec.ts';
import type { Volume, VolumeProjection } from './volume.ts';

interface Metadata {
  readonly name?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export function isPlain({ name = '', annotations }: Metadata, spec: PodSpec): boolean {
  if (name.length > 63 || name.includes('.')) return false;
  if (spec.affinity || spec.topologySpreadConstraints || spec.hostAliases || spec.imagePullSecrets || spec.overhead || spec.ephemeralContainers) return false;
  if (spec.terminationGracePeriodSeconds < 0) return false;
  for (const key in annotations) if (key.includes('alpha.kubernetes.io/')) return false;
  for (const key in spec.nodeSelector) if (nodeLabelDeprecation(key)) return false;
  if (spec.volumes) for (const volume of spec.volumes) if (!isPlainVolume(volume)) return false;
  return portsOf(spec.containers) + portsOf(spec.initContainers) <= 1 && arePlain(spec.containers) && arePlain(spec.initContainers);
}

function portsOf(containers: readonly Container[] | undefined): number {
  let ports = 0;
  if (containers) for (const container of containers) ports += container.ports?.length ?? 0;
  return ports;
}

function arePlain(containers: readonly Container[] | undefined): boolean {
  if (!containers) return true;
  for (const { env, ports, resources } of containers) {
    if (ports) for (const { hostIP } of ports) if (hostIP) return false;
    if (hasFraction(resources?.limits) || hasFraction(resources?.requests)) return false;
    if (env && hasTwins(env)) return false;
  }
  return true;
}

/** A quantity in canonical form is whole unless it ends in milli, micro or nano. */
function hasFraction(list: Readonly<Record<string, string>> | undefined): boolean {
  return list !== undefined && (isFraction(list.memory) || isFraction(list['ephemeral-storage']));
}

const isFraction = (amount: string | undefined): boolean => amount !== undefined && (amount.endsWith('m') || amount.endsWith('u') || amount.endsWith('n'));

/** Long lists are not worth comparing each with each. */
const SHORT = 12;

function hasTwins(env: NonNullable<Container['env']>): boolean {
  if (env.length > SHORT) return true;
  for (let i = 1; i < env.length; i++) for (let j = 0; j < i; j++) if (env[i]!.name === env[j]!.name) return true;
  return false;
}

/** What nothing is ever said of: the rest has a closer look. */
function isPlainVolume({ configMap, secret, downwardAPI, projected, emptyDir, hostPath, persistentVolumeClaim }: Volume): boolean {
  if (emptyDir || hostPath || persistentVolumeClaim) return true;
  if (configMap) return (configMap.items?.length ?? 0) <= 1;
  if (secret) return (secret.items?.length ?? 0) <= 1;
  if (downwardAPI) return (downwardAPI.items?.length ?? 0) <= 1;
  return projected?.sources ? areApart(projected.sources) : false;
}

/** Whether each source makes at most one file, and none in another's way: as the volume every pod gets for its token. */
function areApart(sources: readonly VolumeProjection[]): boolean {
  for (let i = 0; i < sources.length; i++) {
    const path = onlyPathOf(sources[i]!);
    if (path === undefined) return false;
    for (let j = 0; j < i; j++) {
      const other = onlyPathOf(sources[j]!)!;
      if (path.startsWith(other) || other.startsWith(path)) return false;
    }
  }
  return true;
}

function onlyPathOf({ serviceAccountToken, configMap, secret, downwardAPI }: VolumeProjection): string | undefined {
  if (serviceAccountToken) return serviceAccountToken.path;
  const items = (configMap ?? secret ?? downwardAPI)?.items;
  return items?.length === 1 ? items[0]!.path : undefined;
}
