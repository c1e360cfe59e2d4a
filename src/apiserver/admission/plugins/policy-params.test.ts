import { expect, test } from 'vitest';
import { type Json, startApi } from '../../testing/start-api.ts';

const GROUP = '/apis/admissionregistration.k8s.io/v1';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] };
const policy = (name: string, kind: string) => ({ metadata: { name }, spec: { paramKind: { apiVersion: 'v1', kind }, matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'true' }] } });
const binding = (name: string, policyName: string, paramRef: Json) => ({ metadata: { name }, spec: { policyName, paramRef: { parameterNotFoundAction: 'Deny', ...paramRef }, validationActions: ['Deny'] } });

test('who makes a policy may read its parameters, and who binds it those it names', async () => {
  await using api = await startApi();
  const user = { username: 'jane', groups: ['system:authenticated'] };
  const rules = [{ apiGroups: ['admissionregistration.k8s.io'], resources: ['*'], verbs: ['*'] }, { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }, { apiGroups: [''], resources: ['secrets'], resourceNames: ['hers'], verbs: ['get'] }];
  await api.request('POST', `${RBAC}/clusterroles`, { metadata: { name: 'jane' }, rules });
  await api.request('POST', `${RBAC}/clusterrolebindings`, { metadata: { name: 'jane' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'jane' }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }] });
  const post = (plural: string, body: Json, by: Json = { user }) => api.request('POST', `${GROUP}/${plural}`, body, by);

  expect((await post('validatingadmissionpolicies', policy('maps', 'ConfigMap'))).status).toBe(201);
  const refused = await post('validatingadmissionpolicies', policy('secrets', 'Secret'));
  expect([refused.status, refused.body.message]).toEqual([422, 'ValidatingAdmissionPolicy.admissionregistration.k8s.io "secrets" is invalid: spec.paramKind: Forbidden: user &{jane  [system:authenticated] map[]} ' +
    'must have "get" permission on all objects of the referenced paramKind (kind=Secret, apiVersion=v1)']);
  expect((await post('validatingadmissionpolicies', policy('secrets', 'Secret'), {})).status).toBe(201);

  expect((await post('validatingadmissionpolicybindings', binding('a', 'maps', { name: 'any', namespace: 'default' }))).status).toBe(201);
  expect((await post('validatingadmissionpolicybindings', binding('b', 'secrets', { name: 'hers', namespace: 'default' }))).status).toBe(201);
  expect((await post('validatingadmissionpolicybindings', binding('c', 'secrets', { selector: {} }))).body.message).toBe('ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io "c" is invalid: spec.paramRef: Forbidden: ' +
    'user &{jane  [system:authenticated] map[]} does not have "get" permission on the object referenced by paramRef');
  expect((await post('validatingadmissionpolicybindings', binding('d', 'nobody-made-it', { name: 'hers' }))).status).toBe(422);
});
