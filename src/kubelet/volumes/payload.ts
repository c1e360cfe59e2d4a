/** What configMap, secret, downwardAPI and projected volumes contain. Pure but for asking for objects and tokens. */
import { messageOf } from '../../base/message-of.ts';
import type { ConfigMap } from '../../kinds/core/config-map.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { Secret } from '../../kinds/core/secret.ts';
import type { DownwardAPIVolumeFile, KeyToPath, Volume, VolumeProjection } from '../../kinds/core/volume.ts';
import { fromBase64 } from '../containers/env.ts';
import type { ObjectSource } from '../containers/env.ts';
import { fieldValue, resourceValue } from '../containers/field-ref.ts';
import type { NodeFacts } from '../containers/field-ref.ts';
import type { Payload, VolumeFile } from './atomic-writer.ts';

export interface PayloadInput {
  readonly pod: Pod;
  readonly objects: ObjectSource;
  readonly node: NodeFacts;
  readonly podIps: readonly string[];
  /** A token of the pod's service account for the audience ('' is the API server's own). */
  readonly token: (request: TokenSpec) => Promise<string>;
}

export interface TokenSpec {
  readonly audience: string;
  readonly expirationSeconds: number;
}

const DEFAULT_MODE = 0o644;

/** @throws Error with upstream's text */
export async function payloadOf(volume: Volume, input: PayloadInput): Promise<Payload> {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap) return configMapPayload(configMap, configMap.defaultMode, input);
  if (secret) return secretPayload({ ...secret, name: secret.secretName }, secret.defaultMode, input);
  if (downwardAPI) return downwardPayload(downwardAPI.items, downwardAPI.defaultMode, input);
  const all = new Map<string, VolumeFile>();
  const problems: string[] = [];
  for (const source of projected?.sources ?? []) {
    try {
      for (const [path, file] of await projectionPayload(source, projected?.defaultMode, input)) all.set(path, file);
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  if (problems.length === 0) return all;
  const different = [...new Set(problems)];
  throw new Error(different.length === 1 ? different[0] : `[${different.join(', ')}]`);
}

async function projectionPayload(source: VolumeProjection, mode: number | undefined, input: PayloadInput): Promise<Payload> {
  if (source.configMap) return configMapPayload(source.configMap, mode, input);
  if (source.secret) return secretPayload(source.secret, mode, input);
  if (source.downwardAPI) return downwardPayload(source.downwardAPI.items, mode, input);
  if (source.serviceAccountToken) return tokenPayload(source.serviceAccountToken, mode, input);
  // Beta, and off unless a cluster's operator says otherwise.
  if (source.clusterTrustBundle) throw new Error('ClusterTrustBundle projection is not supported in static kubelet mode');
  if (source.podCertificate) throw new Error('unimplemented');
  return new Map();
}

interface Selection {
  readonly name?: string | undefined;
  readonly items?: readonly KeyToPath[] | undefined;
  readonly optional?: boolean | undefined;
}

async function configMapPayload(selection: Selection, mode: number | undefined, { objects }: PayloadInput): Promise<Payload> {
  const found = await objects.configMap(selection.name ?? '');
  if (!found && !selection.optional) throw new Error(`configmap "${selection.name}" not found`);
  return select(found ? contentOf(found) : new Map(), selection, { mode, missing: (key) => `configmap references non-existent config key: ${key}` });
}

function contentOf({ data = {}, binaryData = {} }: ConfigMap): ReadonlyMap<string, Uint8Array> {
  const texts = Object.entries(data).map(([key, text]) => [key, Buffer.from(text)] as const);
  return new Map([...texts, ...Object.entries(binaryData).map(([key, text]) => [key, fromBase64(text)] as const)]);
}

async function secretPayload(selection: Selection, mode: number | undefined, { objects }: PayloadInput): Promise<Payload> {
  const found: Secret | undefined = await objects.secret(selection.name ?? '');
  if (!found && !selection.optional) throw new Error(`secret "${selection.name}" not found`);
  const content = new Map(Object.entries(found?.data ?? {}).map(([key, text]) => [key, fromBase64(text)]));
  return select(content, selection, { mode, missing: (key) => `references non-existent secret key: ${key}` });
}

/** All of it, or the named keys under the paths they are given. */
function select(
  content: ReadonlyMap<string, Uint8Array>, { items = [], optional = false }: Selection,
  { mode = DEFAULT_MODE, missing }: { readonly mode: number | undefined; readonly missing: (key: string) => string },
): Payload {
  if (items.length === 0) return new Map([...content].map(([key, bytes]) => [key, { bytes, mode }]));
  const payload = new Map<string, VolumeFile>();
  for (const item of items) {
    const bytes = content.get(item.key);
    if (bytes) payload.set(item.path, { bytes, mode: item.mode ?? mode });
    else if (!optional) throw new Error(missing(item.key));
  }
  return payload;
}

function downwardPayload(items: readonly DownwardAPIVolumeFile[] = [], mode = DEFAULT_MODE, input: PayloadInput): Payload {
  return new Map(items.map((item) => [item.path, { bytes: Buffer.from(downwardText(item, input)), mode: item.mode ?? mode }]));
}

function downwardText({ fieldRef, resourceFieldRef }: DownwardAPIVolumeFile, { pod, node, podIps }: PayloadInput): string {
  if (fieldRef) return fieldValue(pod, fieldRef.fieldPath, { node, podIps });
  if (!resourceFieldRef) return '';
  const container = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(({ name }) => name === resourceFieldRef.containerName);
  if (!container) throw new Error(`container ${resourceFieldRef.containerName ?? ''} not found`);
  return resourceValue(container, resourceFieldRef, node);
}

async function tokenPayload(
  { path, audience = '', expirationSeconds = 3600 }: NonNullable<VolumeProjection['serviceAccountToken']>, mode = DEFAULT_MODE, { pod, token }: PayloadInput,
): Promise<Payload> {
  const bytes = Buffer.from(await token({ audience, expirationSeconds }));
  const uid = onlyUser(pod);
  // A token is for the containers' one user, or for the pod's group; only where there is neither may others read it.
  const restricted = uid !== undefined || pod.spec.securityContext?.fsGroup !== undefined;
  return new Map([[path, { bytes, mode: restricted ? 0o600 : mode, uid }]]);
}

/** The user all containers run as, if there is one. */
function onlyUser({ spec }: Pod): number | undefined {
  const users = new Set([...spec.containers, ...(spec.initContainers ?? [])].map(({ securityContext }) => securityContext?.runAsUser ?? spec.securityContext?.runAsUser));
  return users.size === 1 ? [...users][0] : undefined;
}
