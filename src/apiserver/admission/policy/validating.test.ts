import { expect, test } from 'vitest';
import { type Json, startApi, type TestApi } from '../../testing/start-api.ts';

const GROUP = '/apis/admissionregistration.k8s.io/v1';
const MAPS = '/api/v1/namespaces/default/configmaps';
const map = (name = 'm', more: Json = {}) => ({ metadata: { name }, data: { k: 'v' }, ...more });
const RULES = { resourceRules: [{ operations: ['CREATE', 'UPDATE', 'DELETE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }] };

async function create(api: TestApi, url: string, body: Json): Promise<void> {
  const made = await api.request('POST', url, body);
  expect(made.body.message ?? made.status).toBe(201);
}

/** A policy `p` on ConfigMaps, and its binding `b`. */
async function policy(api: TestApi, spec: Json, binding: Json = {}): Promise<void> {
  await create(api, `${GROUP}/validatingadmissionpolicies`, { metadata: { name: 'p' }, spec: { matchConstraints: RULES, ...spec } });
  await create(api, `${GROUP}/validatingadmissionpolicybindings`, { metadata: { name: 'b' }, spec: { policyName: 'p', validationActions: ['Deny'], ...binding } });
}

const because = (message: string) => `configmaps "m" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: ${message}`;

test('what a policy refuses is refused in its words', async () => {
  await using api = await startApi();
  await policy(api, { validations: [{ expression: 'object.data.k == "good"' }] });

  const refused = await api.request('POST', MAPS, map());

  expect([refused.status, refused.body.reason, refused.body.message]).toEqual([422, 'Invalid', because('failed expression: object.data.k == "good"')]);
  expect(refused.body.details).toEqual({ name: 'm', kind: 'configmaps', causes: [{ message: "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: failed expression: object.data.k == \"good\"" }] });
  expect((await api.request('POST', MAPS, map('m', { data: { k: 'good' } }))).status).toBe(201);
  expect((await api.request('PUT', `${MAPS}/m`, map())).status).toBe(422);
});

test.each([
  [{ message: ' no. ' }, 'no.', 422, 'Invalid'],
  [{ message: 'no.', reason: 'Forbidden' }, 'no.', 403, 'Forbidden'],
  [{ message: 'no.', messageExpression: '"not " + object.data.k', reason: 'RequestEntityTooLarge' }, 'not v', 413, 'RequestEntityTooLarge'],
  [{ message: 'no.', messageExpression: 'object.data.missing' + ' + ""' }, 'no.', 422, 'Invalid'],
  [{ messageExpression: '"a\\nb"' }, 'failed expression: false', 422, 'Invalid'],
])('a message of its own: %j', async (more, message, code, reason) => {
  await using api = await startApi();
  await policy(api, { validations: [{ expression: 'false', ...more }] });

  const { status, body } = await api.request('POST', MAPS, map());

  expect([status, body.reason, body.message]).toEqual([code, reason, because(message)]);
});

test('an expression that fails refuses, unless the policy fails open', async () => {
  await using api = await startApi();
  await policy(api, { validations: [{ expression: 'object.data.missing == ""' }] });

  expect((await api.request('POST', MAPS, map())).body.message).toBe(because("expression 'object.data.missing == \"\"' resulted in error: no such key: missing"));
  await api.request('PATCH', `${GROUP}/validatingadmissionpolicies/p`, { spec: { failurePolicy: 'Ignore' } }, { headers: { 'content-type': 'application/merge-patch+json' } });
  expect((await api.request('POST', MAPS, map())).status).toBe(201);
});

test('expressions see the request, the old object, the namespace, the user\'s rights and variables', async () => {
  await using api = await startApi();
  await create(api, '/api/v1/namespaces', { metadata: { name: 'ns', labels: { env: 'prod' } } });
  await policy(api, {
    variables: [{ name: 'env', expression: 'namespaceObject.metadata.labels.env' }, { name: 'loud', expression: 'variables.env.upperAscii()' }, { name: 'broken', expression: 'object.data.missing' }],
    validations: [{ expression: 'false', messageExpression: '[request.operation, request.resource.resource, request.kind.kind, request.name, request.namespace, request.userInfo.username, variables.loud, string(oldObject == null)].join(" ")' }],
  });
  const said = async () => (await api.request('POST', '/api/v1/namespaces/ns/configmaps', map())).body.message.split('denied request: ')[1];
  const validate = (expression: string) => api.request('PATCH', `${GROUP}/validatingadmissionpolicies/p`, { spec: { validations: [{ expression }] } }, { headers: { 'content-type': 'application/merge-patch+json' } });

  expect(await said()).toBe('CREATE configmaps ConfigMap m ns admin PROD true');
  await validate('authorizer.group("").resource("pods").namespace("ns").check("delete").allowed() && authorizer.requestResource.check("create").allowed() && false');
  expect(await said()).toMatch(/^failed expression: authorizer/);
  await validate('authorizer.serviceAccount("ns", "x").path("/metrics").check("get").allowed()');
  expect(await said()).toMatch(/^failed expression: authorizer.serviceAccount/);
  await validate('variables.broken == ""');
  expect(await said()).toBe('expression \'variables.broken == ""\' resulted in error: composited variable "broken" fails to evaluate: no such key: missing');
});

test('deletions are judged by what is deleted', async () => {
  await using api = await startApi();
  await policy(api, { validations: [{ expression: 'request.operation != "DELETE" || oldObject.data.k != "keep" || object != null', message: 'kept' }] });
  await create(api, MAPS, map('m', { data: { k: 'keep' } }));

  expect((await api.request('DELETE', `${MAPS}/m`)).body.message).toBe(because('kept'));
});

test('a binding warns and notes instead of refusing, where it says so', async () => {
  await using api = await startApi();
  await policy(api, { validations: [{ expression: 'false', message: 'better not' }] }, { validationActions: ['Warn', 'Audit'] });

  const { status, headers } = await api.request('POST', MAPS, map());

  expect([status, headers['warning']]).toEqual([201, "299 - \"Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': better not\""]);
});

test('conditions, selectors, names and exclusions say what is judged', async () => {
  await using api = await startApi();
  const rule = RULES.resourceRules[0]!;
  await policy(api, {
    matchConstraints: { resourceRules: [rule], excludeResourceRules: [{ ...rule, resourceNames: ['excluded'] }], objectSelector: { matchExpressions: [{ key: 'free', operator: 'DoesNotExist' }] } },
    matchConditions: [{ name: 'not-me', expression: 'object.metadata.name != "conditional"' }], validations: [{ expression: 'false' }],
  }, { matchResources: { namespaceSelector: { matchLabels: { judged: 'yes' } } } });
  await create(api, '/api/v1/namespaces', { metadata: { name: 'judged', labels: { judged: 'yes' } } });
  const status = async (namespace: string, body: Json) => (await api.request('POST', `/api/v1/namespaces/${namespace}/configmaps`, body)).status;

  expect(await status('default', map())).toBe(201);
  expect(await status('judged', map())).toBe(422);
  expect(await status('judged', map('excluded'))).toBe(201);
  expect(await status('judged', map('conditional'))).toBe(201);
  expect(await status('judged', { metadata: { name: 'labelled', labels: { free: 'yes' } } })).toBe(201);
  expect((await api.request('POST', '/api/v1/namespaces/judged/secrets', { metadata: { name: 's' } })).status).toBe(201);
});

test('parameters come by name or by label, each judged for itself', async () => {
  await using api = await startApi();
  const param = (name: string, most: string, labels: Json = {}) => create(api, '/api/v1/namespaces/default/secrets', { metadata: { name, labels }, stringData: { most } });
  await policy(api, { paramKind: { apiVersion: 'v1', kind: 'Secret' }, validations: [{ expression: 'size(object.data) <= size(params.data.most)', messageExpression: '"too many for " + params.metadata.name' }] },
    { paramRef: { selector: { matchLabels: { limit: 'yes' } }, parameterNotFoundAction: 'Deny' } });
  const post = async () => (await api.request('POST', `${MAPS}?dryRun=All`, map('m', { data: Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`k${at}`, 'v'])) }))).body.message;

  expect(await post()).toBe(because('failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction'));
  await param('large', 'x'.repeat(30), { limit: 'yes' });
  expect(await post()).toBeUndefined();
  await param('small', 'x', { limit: 'yes' });
  expect(await post()).toBe(because('too many for small'));
  await api.request('PATCH', `${GROUP}/validatingadmissionpolicybindings/b`, { spec: { paramRef: { name: 'large', selector: null } } }, { headers: { 'content-type': 'application/merge-patch+json' } });
  expect(await post()).toBeUndefined();
});

test('a kind of parameters nobody serves is a mistake in the configuration', async () => {
  await using api = await startApi();
  await policy(api, { paramKind: { apiVersion: 'rules.example.com/v1', kind: 'Limit' }, validations: [{ expression: 'true' }] }, { paramRef: { name: 'x', parameterNotFoundAction: 'Allow' } });

  expect((await api.request('POST', MAPS, map())).body.message).toBe(because('failed to configure binding: paramKind kind `&ParamKind{APIVersion:rules.example.com/v1,Kind:Limit,}` not known'));
});

test('a policy that costs too much is stopped', async () => {
  await using api = await startApi();
  // Questions about rights are dear by decree: two of them are most of what one expression may cost.
  const dear = 'authorizer.path("/a").check("get").allowed() && authorizer.path("/b").check("get").allowed()';
  await policy(api, { validations: Array.from({ length: 16 }, () => ({ expression: dear })) });

  expect((await api.request('POST', MAPS, map())).body.message).toBe(because('validation failed due to running out of cost budget, no further validation rules will be run'));
});

test('policies stand in nobody\'s way to mend them', async () => {
  await using api = await startApi();
  await policy(api, { matchConstraints: { resourceRules: [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'] }] }, validations: [{ expression: 'false' }] });

  expect((await api.request('POST', MAPS, map())).status).toBe(422);
  expect((await api.request('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { spec: { nonResourceAttributes: { path: '/', verb: 'get' } } })).status).toBe(201);
  expect((await api.request('DELETE', `${GROUP}/validatingadmissionpolicybindings/b`)).status).toBe(200);
  expect((await api.request('POST', MAPS, map())).status).toBe(201);
});

test('a policy for one version sees requests for another, converted', async () => {
  await using api = await startApi();
  const rule = { operations: ['CREATE'], apiGroups: ['autoscaling'], apiVersions: ['v1'], resources: ['horizontalpodautoscalers'] };
  await policy(api, { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'false', messageExpression: 'request.kind.version + " for " + request.requestKind.version + ": " + object.apiVersion + " " + string(object.spec.targetCPUUtilizationPercentage)' }] });
  const metrics = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }];
  const post = () => api.request('POST', '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers', { metadata: { name: 'h' }, spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' }, metrics } });

  expect((await post()).body.message).toContain('denied request: v1 for v2: autoscaling/v1 50');
  await api.request('PATCH', `${GROUP}/validatingadmissionpolicies/p`, { spec: { matchConstraints: { resourceRules: [rule], matchPolicy: 'Exact' } } }, { headers: { 'content-type': 'application/merge-patch+json' } });
  expect((await post()).status).toBe(201);
});

test('what policies decided is counted', async () => {
  await using api = await startApi();
  await policy(api, { validations: [{ expression: 'object.data.k == "good"' }, { expression: 'object.data.missing == ""' }] }, { validationActions: ['Deny', 'Audit'] });
  await api.request('POST', MAPS, map());

  const { text } = await api.request('GET', '/metrics');

  const counts = text.split('\n').filter((line) => line.startsWith('apiserver_validating_admission_policy_check_total{'));
  expect(counts.toSorted()).toEqual(['audit', 'deny'].flatMap((action) => ['invalid_error', 'no_error'].map((error) => `apiserver_validating_admission_policy_check_total{enforcement_action="${action}",error_type="${error}",policy="p",policy_binding="b"} 1`)));
});
