import { expect, test } from 'vitest';
import { CustomResourceDefinition } from '../../kinds/apiextensions/custom-resource-definition.ts';
import { ValidatingAdmissionPolicy } from '../../kinds/admissionregistration/validating-admission-policy.ts';
import { startControlled } from '../testing/start.ts';
import { typeWarnings } from './plan.ts';
import { typedKinds } from './types.ts';
import { validatingAdmissionPolicyStatusController } from './validating-admission-policy-status.ts';

const rule = (group: string, version: string, ...resources: readonly string[]) => ({ operations: ['*'], apiGroups: [group], apiVersions: [version], resources, scope: '*' });
const specOf = (rules: readonly object[], expression: string, more: object = {}) =>
  ({ failurePolicy: 'Fail', matchConstraints: { resourceRules: rules, namespaceSelector: {}, objectSelector: {}, matchPolicy: 'Equivalent' }, validations: [{ expression, ...more }] }) as never;

test('an expression that asks a Deployment for what it has not is told so', () => {
  expect(typeWarnings({ spec: specOf([rule('apps', 'v1', 'deployments')], 'object.replicas > 1') }, typedKinds([]))).toEqual([
    { fieldRef: 'spec.validations[0].expression', warning: "apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'replicas'\n | object.replicas > 1\n | ......^\n" },
  ]);
});

test('each kind is looked at by itself, in their order', () => {
  const [warning] = typeWarnings({ spec: specOf([rule('apps', 'v1', 'statefulsets', 'deployments')], 'object.spec.replicas == "1"') }, typedKinds([]));

  expect(warning?.warning.match(/Kind=\w+: ERROR: <input>:1:22: found no matching overload for '_==_' applied to '\(int, string\)'/g)?.map((text) => text.split(':')[0])).toEqual(['Kind=Deployment', 'Kind=StatefulSet']);
});

test.each([
  ['fits', specOf([rule('apps', 'v1', 'deployments')], 'object.spec.template.spec.containers.all(c, c.image.startsWith("x")) && object.metadata.labels["a"] == "b"')],
  ['is for everything', specOf([rule('*', '*', '*')], 'object.nothing == 1')],
  ['is for a kind nobody knows', specOf([rule('x.example.com', 'v1', 'things')], 'object.nothing == 1')],
])('what %s is not warned of', (_what, spec) => expect(typeWarnings({ spec }, typedKinds([]))).toEqual([]));

test('a definition\'s schema is a type too', () => {
  const schema = { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } } };
  const definition = { spec: { group: 'x.example.com', names: { kind: 'Thing', plural: 'things' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }] } } as unknown as CustomResourceDefinition;
  const warnings = typeWarnings({ spec: specOf([rule('x.example.com', 'v1', 'things')], 'object.spec.size == "a" && object.metadata.name == "b"', { messageExpression: '"size " + object.spec.syze' }) }, typedKinds([definition]));

  expect(warnings.map(({ fieldRef, warning }) => [fieldRef, warning.split('\n')[0]])).toEqual([
    ['spec.validations[0].expression', "x.example.com/v1, Kind=Thing: ERROR: <input>:1:18: found no matching overload for '_==_' applied to '(int, string)'"],
    ['spec.validations[0].messageExpression', "x.example.com/v1, Kind=Thing: ERROR: <input>:1:22: undefined field 'syze'"],
  ]);
});

test('each generation is checked once', async () => {
  await using cluster = await startControlled([validatingAdmissionPolicyStatusController]);
  const status = async () => (await cluster.client.get(ValidatingAdmissionPolicy, 'p')).status;
  await cluster.client.create(ValidatingAdmissionPolicy, { metadata: { name: 'p' }, spec: specOf([rule('apps', 'v1', 'deployments')], 'object.replicas > 1') });
  await cluster.quiet();
  expect(await status()).toMatchObject({ observedGeneration: 1, typeChecking: { expressionWarnings: [{ fieldRef: 'spec.validations[0].expression' }] } });

  await cluster.client.patch(ValidatingAdmissionPolicy, 'p', { type: 'merge', body: { spec: { validations: [{ expression: 'object.spec.replicas > 1' }] } } });
  await cluster.quiet();
  expect(await status()).toEqual({ observedGeneration: 2, typeChecking: {} });
});
