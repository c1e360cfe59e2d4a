import { deepEqual } from '../../base/deep-equal.ts';
import type { PodTemplateSpec } from '../../kinds/core/pod-template.ts';
import { nameHash } from '../hash.ts';

export const POD_TEMPLATE_HASH = 'pod-template-hash';

/** What the ReplicaSet of a template is called after. */
export const templateHash = (template: PodTemplateSpec, collisions = 0): string => nameHash(template, collisions);

/** Whether two templates make the same pods, the hash label aside. */
export const sameTemplate = (a: PodTemplateSpec, b: PodTemplateSpec): boolean => deepEqual(unhashed(a), unhashed(b));

function unhashed(template: PodTemplateSpec): PodTemplateSpec {
  const labels = template.metadata.labels;
  if (!labels || !(POD_TEMPLATE_HASH in labels)) return template;
  const { [POD_TEMPLATE_HASH]: _, ...others } = labels;
  const { labels: _labels, ...metadata } = template.metadata;
  return { ...template, metadata: Object.keys(others).length > 0 ? { ...metadata, labels: others } : metadata };
}
