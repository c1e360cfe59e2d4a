import { invalid } from '../../meta/field-error.ts';
import { qualifiedNameProblems } from '../../meta/names.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { InstanceOf } from '../../meta/resource.ts';
import { list, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';
import { withFields } from '../change.ts';
import { problemsAt } from '../checks.ts';

export const namespaceCondition = part(() =>
  object('api.core.v1.NamespaceCondition', {
    type: string().required().default('').tag(1).describe('What hinders the deletion of the namespace.'),
    status: string().required().default('').tag(2).describe('True, False or Unknown.'),
    lastTransitionTime: time().tag(4).describe('When the status last changed.'),
    reason: string().tag(5).describe('Why the condition last changed, as one CamelCase word.'),
    message: string().tag(6).describe('Details for people.'),
  }));
export type NamespaceCondition = TypeOf<ReturnType<typeof namespaceCondition>>;

export const namespaceSpec = part(() =>
  object('api.core.v1.NamespaceSpec', {
    finalizers: list(string()).tag(1).describe('Who must agree before the namespace goes; kubernetes empties it.'),
  }));
export type NamespaceSpec = TypeOf<ReturnType<typeof namespaceSpec>>;

export const namespaceStatus = part(() =>
  object('api.core.v1.NamespaceStatus', {
    phase: string().default('Active').tag(1).describe('Active or Terminating.'),
    conditions: list(namespaceCondition()).keyedBy('type').tag(2).describe('What is known of the object\'s state, one entry for each type.'),
  }));
export type NamespaceStatus = TypeOf<ReturnType<typeof namespaceStatus>>;

const NAME_LABEL = 'kubernetes.io/metadata.name';

/** Every namespace bears its name as a label, so that selectors can find it. */
function named<N extends KubeObject>(namespace: N): N {
  const { metadata } = namespace;
  if (!metadata.name || metadata.labels?.[NAME_LABEL] === metadata.name) return namespace;
  return { ...namespace, metadata: { ...metadata, labels: { ...metadata.labels, [NAME_LABEL]: metadata.name } } };
}

export const Namespace = defineKind({
  group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces',
  short: ['ns'], scope: 'Cluster', package: 'api.core.v1',
  description: 'A scope for names, quotas and access.',
  nameRule: 'label',
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: ['finalize'],
  spec: namespaceSpec(),
  status: namespaceStatus(),
  columns: { Status: ({ status }) => status.phase, Age: age },
  fieldSelectors: { 'status.phase': ({ status }) => status.phase },
  defaults: named,
  prepareForCreate: (namespace) => {
    const { finalizers = [] } = namespace.spec;
    return named({
      ...namespace,
      spec: { ...namespace.spec, finalizers: finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'] },
      status: { phase: 'Active' },
    });
  },
  prepareForUpdate: (namespace, old) => named({ ...namespace, spec: withFields(namespace.spec, { finalizers: old.spec.finalizers }) }),
  *validate({ spec }, at) {
    const here = at.child('spec').child('finalizers');
    for (const finalizer of spec.finalizers ?? []) {
      yield* problemsAt(here, finalizer, qualifiedNameProblems(finalizer));
      if (!finalizer.includes('/') && finalizer !== 'kubernetes') yield invalid(here, finalizer, 'name is neither a standard finalizer name nor is it fully qualified');
    }
  },
  *validateStatusUpdate({ metadata, status }, _old, at) {
    const here = at.child('status').child('Phase');
    const wanted = metadata.deletionTimestamp === undefined ? 'Active' : 'Terminating';
    const why = `may only be '${wanted}' if \`deletionTimestamp\` is ${wanted === 'Active' ? '' : 'not '}empty`;
    if (status.phase !== wanted) yield invalid(here, status.phase, why);
  },
});
export type Namespace = InstanceOf<typeof Namespace>;
