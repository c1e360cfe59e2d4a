/** `kubectl explain` has a sentence for every field. Groups join the list as their fields are described. */
import { expect, test } from 'vitest';
import type { Kind } from '../schema/kind.ts';
import { resolved, type SchemaNode } from '../schema/node.ts';
import { builtinKinds } from './index.ts';

const DESCRIBED = [
  '', 'apps', 'batch', 'events.k8s.io', 'resource.k8s.io', 'storage.k8s.io',
  'admissionregistration.k8s.io', 'apiextensions.k8s.io', 'apiregistration.k8s.io', 'authentication.k8s.io', 'authorization.k8s.io', 'autoscaling',
  'certificates.k8s.io', 'coordination.k8s.io', 'discovery.k8s.io', 'flowcontrol.apiserver.k8s.io', 'networking.k8s.io', 'node.k8s.io', 'policy',
  'rbac.authorization.k8s.io', 'scheduling.k8s.io',
];
/** What every object has is described once for all, where documents are made. */
const COMMON = new Set(['apiVersion', 'kind', 'metadata']);

function undescribed({ schema, kind }: Kind): readonly string[] {
  const found = new Set<string>();
  const seen = new Set<SchemaNode>();
  const visit = (given: SchemaNode, at: string): void => {
    const node = resolved(given);
    if (seen.has(node)) return;
    seen.add(node);
    if (node.type === 'list') visit(node.items, at);
    if (node.type === 'map') visit(node.values, at);
    if (node.type !== 'object') return;
    for (const [name, field] of Object.entries(node.fields)) {
      const place = `${node.name?.split('.').at(-1) ?? at}.${name}`;
      if (!field.description && !(node.fields.apiVersion && COMMON.has(name))) found.add(place);
      visit(field, place);
    }
  };
  visit(schema, kind);
  return [...found];
}

test.each(DESCRIBED)('every field of %s is described', (group) => {
  const kinds = builtinKinds.filter((kind) => kind.group === group);
  expect(kinds).not.toEqual([]);
  expect(kinds.flatMap(undescribed)).toEqual([]);
});
