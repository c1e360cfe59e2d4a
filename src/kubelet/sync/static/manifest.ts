/** A static pod, from the manifest that describes it. Pure. */
import { createHash } from 'node:crypto';
import { Pod } from '../../../kinds/core/pod.ts';
import type { FieldError } from '../../../meta/field-error.ts';
import { dnsSubdomainProblems } from '../../../meta/names.ts';
import { isRecord } from '../../../meta/own.ts';
import { readYaml } from '../../../meta/yaml.ts';
import { decodeObject } from '../../../schema/decode.ts';
import { validateObject } from '../../../schema/validate.ts';
import { CONFIG_SOURCE } from '../../cri/labels.ts';
import { CONFIG_HASH, CONFIG_SEEN } from './annotations.ts';
import { apiReference } from './api-reference.ts';

export interface ManifestPlace {
  readonly nodeName: string;
  /** The file or URL, a part of the pod's identity. */
  readonly path: string;
  readonly source?: 'file' | 'http';
  /** When this content was first seen, as RFC 3339. */
  readonly seen: string;
}

/**
 * One pod, in YAML or JSON. Its name ends in the node's, its uid is a hash of what it says and where: another content is
 * another pod. Nothing throws it off a node in trouble.
 * @throws Error that says in one line why it is no pod this node could run
 */
export function podOfManifest(text: string, place: ManifestPlace): Pod {
  const { value } = readYaml(text);
  if (!isRecord(value) || value['kind'] !== 'Pod' || value['apiVersion'] !== 'v1') throw new Error('invalid pod: a manifest holds one object of kind Pod, apiVersion v1');
  return podOf(value, place);
}

/** As podOfManifest, or all of a PodList. */
export function podsOfManifest(text: string, place: ManifestPlace): readonly Pod[] {
  const { value } = readYaml(text);
  if (!isRecord(value) || value['kind'] !== 'PodList' || !Array.isArray(value['items'])) return [podOfManifest(text, place)];
  return value['items'].map((item: unknown) => podOf(item, place));
}

function podOf(value: unknown, { nodeName, path, seen, source = 'file' }: ManifestPlace): Pod {
  const written = decodeObject<Pod>(Pod, value).value;
  const { metadata, spec } = written;
  const hash = createHash('md5').update(JSON.stringify([metadata, spec])).update(`host:${nodeName}`);
  const uid = metadata.uid || hash.update(`${source === 'file' ? 'file' : 'url'}:${path}`).digest('hex');
  const { name = '', namespace = 'default', labels, annotations, finalizers } = metadata;
  const pod = {
    apiVersion: 'v1', kind: 'Pod',
    metadata: {
      name: `${name}-${nodeName.toLowerCase()}`, namespace, uid, resourceVersion: '', creationTimestamp: seen,
      ...(labels ? { labels } : {}), ...(finalizers ? { finalizers } : {}),
      annotations: { ...annotations, [CONFIG_HASH]: uid, [CONFIG_SEEN]: seen, [CONFIG_SOURCE]: source },
    },
    spec: { ...spec, nodeName, ...(source === 'file' ? { tolerations: tolerating(spec.tolerations) } : {}) },
    status: { phase: 'Pending' },
  } satisfies Pod;
  const wrong = [...(name === '' ? ['metadata.name: Required value: name or generateName is required'] : dnsSubdomainProblems(pod.metadata.name)), ...validateObject(Pod, pod).map(textOf)];
  if (wrong.length > 0) throw new Error(`invalid pod: ${wrong.join(', ')}`);
  const reference = apiReference(pod);
  if (reference) throw new Error(`static pods may not reference ${reference}`);
  return pod;
}

type Tolerations = NonNullable<Pod['spec']['tolerations']>;

function tolerating(tolerations: Tolerations = []): Tolerations {
  const others = tolerations.filter(({ key, effect }) => key !== undefined || effect !== 'NoExecute');
  return [...others, { operator: 'Exists', effect: 'NoExecute' }];
}

const textOf = ({ field, message }: FieldError): string => `${field}: ${message}`;
