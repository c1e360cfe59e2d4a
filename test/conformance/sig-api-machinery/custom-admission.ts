/** Admission webhooks and custom resources. */
import { CustomResourceDefinition } from '../../../src/kinds/apiextensions/custom-resource-definition.ts';
import { check } from '../framework/assert.ts';
import type { Context } from '../framework/context.ts';
import { type CustomResource, customResource, definitionOf } from '../framework/custom-resource.ts';
import { call, type Loose, MERGE_PATCH, type ServerPod } from '../framework/server-pod.ts';
import type { TestCase } from '../framework/test-case.ts';
import { admissionTest, hook, refusal, register, type Rules } from './webhooks.ts';

const rulesFor = ({ group, plural }: CustomResource, operations: readonly string[], versions: readonly string[] = ['*']): Rules => [{ operations, apiGroups: [group], apiVersions: versions, resources: [plural] }];

const create = (t: Context, { path, kind, group }: CustomResource, { name, data, version = 'v1' }: { readonly name: string; readonly data: Readonly<Record<string, string>>; readonly version?: string }) =>
  call(t, 'POST', path(version), { body: { apiVersion: `${group}/${version}`, kind, metadata: { name }, data } });

const BAD = { 'webhook-e2e-test': 'webhook-disallow' };

const denying = admissionTest('should be able to deny custom resource creation, update and deletion', ['creation, update and deletion are denied'], async (t, server) => {
  const resource = await customResource(t);
  await create(t, resource, { name: 'bad', data: BAD });
  const name = await register(t, 'Validating', [hook(t, server, { path: '/data', rules: rulesFor(resource, ['CREATE', 'UPDATE', 'DELETE']) })]);
  check(name !== '', 'it is registered');
  await create(t, resource, { name: 'good', data: { fine: 'yes' } });
  const denials = [
    await refusal(create(t, resource, { name: 'worse', data: BAD })),
    await refusal(call(t, 'PATCH', `${resource.path()}/good`, { body: { data: BAD }, patch: MERGE_PATCH })),
    await refusal(call(t, 'DELETE', `${resource.path()}/bad`)),
  ];
  t.must('creation, update and deletion are denied', denials.every((one) => one?.includes('the configmap contains unwanted key and value')), JSON.stringify(denials));
});

const definitions = admissionTest('should deny crd creation', ['the definition is denied'], async (t, server) => {
  const labels = { 'webhook-e2e-test': 'webhook-disallow', 'e2e-webhook-of': t.namespace };
  await register(t, 'Validating', [hook(t, server, {
    path: '/definitions', rules: [{ operations: ['CREATE'], apiGroups: ['apiextensions.k8s.io'], apiVersions: ['*'], resources: ['customresourcedefinitions'] }],
    namespaceSelector: {}, objectSelector: { matchLabels: { 'e2e-webhook-of': t.namespace } },
  })]);
  const why = await refusal(t.client.create(CustomResourceDefinition, definitionOf(t, { labels })));
  t.must('the definition is denied', why?.includes('the crd contains unwanted label') ?? false, why);
});

const mutating = async (t: Context, server: ServerPod, resource: CustomResource): Promise<void> => {
  const rules = rulesFor(resource, ['CREATE', 'UPDATE']);
  const one = (name: string) => hook(t, server, { path: '/mutating-data', rules, name: `${name}.e2e.example.com` });
  await register(t, 'Mutating', [one('first'), one('second')]);
};

const START = { 'mutation-start': 'yes' };

const mutation = admissionTest('should mutate custom resource', ['it is mutated'], async (t, server) => {
  const resource = await customResource(t);
  await mutating(t, server, resource);
  const { data } = await create(t, resource, { name: 'one', data: START });
  t.must('it is mutated', data?.['mutation-stage-1'] === 'yes' && data['mutation-stage-2'] === 'yes', JSON.stringify(data));
});

const versions = admissionTest('should mutate custom resource with different stored version', ['the patch is applied'], async (t, server) => {
  const resource = await customResource(t, { versions: ['v1', 'v2'] });
  await mutating(t, server, resource);
  await create(t, resource, { name: 'one', data: START });
  await t.client.patch(CustomResourceDefinition, resource.definition, { type: 'json', body: [
    { op: 'replace', path: '/spec/versions/0/storage', value: false }, { op: 'replace', path: '/spec/versions/1/storage', value: true },
  ] });
  const patched = await t.eventually('the patch succeeds', () => call<Loose>(t, 'PATCH', `${resource.path('v1')}/one`, { body: { data: { dummy: 'yes' } }, patch: MERGE_PATCH }));
  t.must('the patch is applied', patched.data?.['dummy'] === 'yes' && patched.data['mutation-stage-1'] === 'yes', JSON.stringify(patched.data));
});

const pruning = admissionTest('should mutate custom resource with pruning', ['what the schema has is there', 'what it lacks is not'], async (t, server) => {
  const text = { type: 'string' };
  const resource = await customResource(t, { properties: { data: { type: 'object', properties: { 'mutation-start': text, 'mutation-stage-1': text } } } });
  await mutating(t, server, resource);
  const { data } = await create(t, resource, { name: 'one', data: START });
  t.must('what the schema has is there', data?.['mutation-stage-1'] === 'yes', JSON.stringify(data));
  t.must('what it lacks is not', data?.['mutation-stage-2'] === undefined, JSON.stringify(data));
});

export const customAdmission: readonly TestCase[] = [denying, definitions, mutation, versions, pruning];
