/** Volumes that work no more, and files of one volume that get in each other's way. */
import type { FieldPath } from '../../meta/field-error.ts';
import type { DownwardAPIVolumeFile, KeyToPath, Volume, VolumeProjection } from './volume.ts';

/** Of pods' volumes and of PersistentVolumes alike. */
const GONE: readonly (readonly [source: string, why: string, shown?: string])[] = [
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'deprecated in v1.11'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'deprecated in v1.22, non-functional in v1.25+', 'storageOS'],
  ['quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
];

export function* sourceWarnings(volume: object, at: FieldPath): Iterable<string> {
  for (const [source, why, shown = source] of GONE) {
    if (Reflect.get(volume, source) !== undefined) yield `${at.child(shown)}: ${why}`;
  }
}

export function* pathWarnings(volumes: readonly Volume[]): Iterable<string> {
  for (const { name, configMap, secret, downwardAPI, projected } of volumes) {
    const volume = `volume ${JSON.stringify(name)}`;
    if (configMap?.items) yield* overlaps(pathsOf(configMap.items), `${volume} (ConfigMap ${JSON.stringify(configMap.name ?? '')})`);
    if (secret?.items) yield* overlaps(pathsOf(secret.items), `${volume} (Secret ${JSON.stringify(secret.secretName ?? '')})`);
    if (downwardAPI?.items) yield* overlaps(pathsOf(downwardAPI.items), `${volume} (DownwardAPI)`);
    if (projected) yield* projectedWarnings(projected.sources ?? [], volume);
  }
}

const pathsOf = (files: readonly (KeyToPath | DownwardAPIVolumeFile)[]): readonly string[] => files.map(({ path }) => path);

function* projectedWarnings(sources: readonly VolumeProjection[], volume: string): Iterable<string> {
  const all = new Set<string>();
  for (const source of sources) {
    const [what, paths] = filesOf(source);
    if (what === '') yield `${volume} (Projected) has no sources provided`;
    if (paths.length === 0) continue;
    yield* overlaps(paths, `${volume} (Projected ${what})`);
    const mine = new Set(paths);
    yield* overlaps([...mine, ...all].toSorted(), `${volume} (Projected ${what})`);
    for (const path of mine) all.add(path);
  }
}

/** What a source is called, and the files it makes by name; '' is none at all. */
function filesOf({ configMap, secret, downwardAPI, serviceAccountToken: token, clusterTrustBundle: bundle, podCertificate }: VolumeProjection): readonly [string, readonly string[]] {
  if (configMap) return [`ConfigMap ${JSON.stringify(configMap.name ?? '')}`, pathsOf(configMap.items ?? [])];
  if (secret) return [`Secret ${JSON.stringify(secret.name ?? '')}`, pathsOf(secret.items ?? [])];
  if (downwardAPI) return ['DownwardAPI', pathsOf(downwardAPI.items ?? [])];
  if (token) return ['ServiceAccountToken', [token.path]];
  if (bundle) return [`ClusterTrustBundle ${JSON.stringify(bundle.name ?? bundle.signerName ?? '')}`, [bundle.path]];
  return podCertificate ? ['PodCertificate', []] : ['', []];
}

/** A path that is another's, or lies in it as in a directory. */
function* overlaps(paths: readonly string[], what: string): Iterable<string> {
  const seen = new Set<string>();
  for (const given of paths) {
    const path = given.replace(/\/+$/, '');
    const other = [...seen].find((one) => one === path || `${one}/`.startsWith(path) || `${path}/`.startsWith(one));
    if (other && path) yield `${what}: overlapping paths: ${JSON.stringify(path)} with ${JSON.stringify(other)}`;
    seen.add(path);
  }
}
