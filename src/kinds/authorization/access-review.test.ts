import { expect, test } from 'vitest';
import { FieldPath } from '../../meta/field-error.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Kind } from '../../schema/kind.ts';
import { decodeObject } from '../../schema/decode.ts';
import { LocalSubjectAccessReview, SelfSubjectAccessReview, SubjectAccessReview } from '../index.ts';

function of<T extends KubeObject>(kind: Kind<T>, spec: object, metadata: object = {}): readonly string[] {
  const { value } = decodeObject<T>(kind as unknown as Kind, { metadata, spec });
  return [...kind.validate!(value, FieldPath.of())].map(({ field, message }) => `${field}: ${message}`);
}
const resourceAttributes = { verb: 'get', resource: 'pods' };

test('a question is about one thing, and about somebody', () => {
  expect(of(SubjectAccessReview, { user: 'eve', resourceAttributes })).toEqual([]);
  expect(of(SubjectAccessReview, {}, { name: 'a' })).toEqual([
    'spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    'spec.user: Invalid value: "": at least one of user or group must be specified',
    'metadata: Invalid value: {"name":"a"}: must be empty',
  ]);
  expect(of(SelfSubjectAccessReview, { resourceAttributes, nonResourceAttributes: { path: '/x' } })).toEqual([
    'spec.nonResourceAttributes: Invalid value: {"path":"/x"}: cannot be specified in combination with resourceAttributes',
  ]);
  expect(of(SelfSubjectAccessReview, { resourceAttributes: { ...resourceAttributes, labelSelector: {} } })).toEqual([
    'spec.resourceAttributes.labelSelector.requirements: Required value: when spec.resourceAttributes.labelSelector is specified, requirements or rawSelector is required',
  ]);
});

test('a question in a namespace is about that namespace', () => {
  expect(of(LocalSubjectAccessReview, { user: 'eve', resourceAttributes: { ...resourceAttributes, namespace: 'b' } }, { namespace: 'a' })).toEqual([
    'spec.resourceAttributes.namespace: Invalid value: "b": must match metadata.namespace',
  ]);
  expect(of(LocalSubjectAccessReview, { user: 'eve', nonResourceAttributes: { path: '/x' } }, { namespace: 'a' })).toEqual([
    'spec.nonResourceAttributes: Invalid value: {"path":"/x"}: disallowed on this kind of request',
  ]);
});
