import { expect, test } from 'vitest';
import { nextTurn } from '../../../base/clock.ts';
import type { Json } from '../../testing/start-api.ts';
import { allow, configure, deny, hook, patch, rule, startHooked } from './testing/hooked.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const map = (name = 'm', more: Json = {}) => ({ metadata: { name }, data: { k: 'v' }, ...more });

test('a mutating webhook is shown the request, and what it patches is stored', async () => {
  await using api = await startHooked({ '/add': () => patch({ op: 'add', path: '/data/added', value: 'yes' }) });
  await configure(api, 'Mutating', { webhooks: [hook('/add')] });

  const { status, body } = await api.request('POST', `${MAPS}?fieldManager=me`, map());

  expect([status, body.data]).toEqual([201, { k: 'v', added: 'yes' }]);
  expect(api.asked[0]?.request).toMatchObject({
    kind: { group: '', version: 'v1', kind: 'ConfigMap' }, resource: { group: '', version: 'v1', resource: 'configmaps' },
    requestKind: { group: '', version: 'v1', kind: 'ConfigMap' }, name: 'm', namespace: 'default', operation: 'CREATE', dryRun: false,
    userInfo: { username: 'admin', groups: ['system:masters', 'system:authenticated'] }, object: { apiVersion: 'v1', kind: 'ConfigMap', data: { k: 'v' } }, oldObject: null,
    options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'me' },
  });
});

test('what a webhook patches is defaulted and validated like what callers send', async () => {
  await using api = await startHooked({
    '/container': () => patch({ op: 'add', path: '/spec/initContainers', value: [{ name: 'init', image: 'i' }] }),
    '/nonsense': () => patch({ op: 'add', path: '/data/not a key', value: 'x' }),
  });
  await configure(api, 'Mutating', { webhooks: [hook('/container', rule('pods')), hook('/nonsense')] });

  const pod = await api.request('POST', '/api/v1/namespaces/default/pods', { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } });
  const bad = await api.request('POST', MAPS, map());

  expect(pod.body.spec.initContainers[0]).toMatchObject({ terminationMessagePolicy: 'File', imagePullPolicy: 'Always' });
  // The account's volume is mounted into it too: the other plugins were asked again.
  expect(pod.body.spec.initContainers[0].volumeMounts).toHaveLength(1);
  expect(bad.status).toBe(422);
});

test.each([
  [deny('no way', 418), 418, 'admission webhook "judge.example.com" denied the request: no way'],
  [deny(), 400, 'admission webhook "judge.example.com" denied the request without explanation'],
  [{ allowed: false, status: { reason: 'Because' } }, 400, 'admission webhook "judge.example.com" denied the request: Because'],
  [deny('odd', 200), 400, 'admission webhook "judge.example.com" denied the request: odd'],
])('a refusal is told with the webhook\'s words and code: %j', async (answer, status, message) => {
  await using api = await startHooked({ '/judge': () => answer });
  await configure(api, 'Validating', { webhooks: [hook('/judge')] });

  const refused = await api.request('POST', MAPS, map());

  expect([refused.status, refused.body.message, refused.body.status]).toEqual([status, message, 'Failure']);
  expect((await api.request('GET', `${MAPS}/m`)).status).toBe(404);
});

test.each([
  ['garbage', 'failed to call webhook: couldn\'t get version/kind; json parse error: invalid character \'g\' looking for beginning of value'],
  [`"${'x'.repeat(10 << 20)}"`, 'failed to call webhook: unexpected error when reading response body. Please retry. Original error: the answer is longer than 8388608 bytes'],
  ['{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}', 'received invalid webhook response: webhook response was absent'],
  ['{"response":{"allowed":"yes"}}', 'failed to call webhook: json: cannot unmarshal string into Go struct field AdmissionResponse.response.allowed of type bool'],
  ['{"response":{"uid":"x","allowed":true}}', /received invalid webhook response: expected response.uid="[0-9a-f-]{36}", got "x"$/],
])('what is no answer stops the request unless it may be ignored', async (answer, why) => {
  await using api = await startHooked({ '/bad': () => answer, '/bad2': () => answer });
  await configure(api, 'Validating', { webhooks: [hook('/bad'), hook('/bad2', { failurePolicy: 'Ignore', ...rule('secrets') })] });

  const failed = await api.request('POST', MAPS, map());
  const ignored = await api.request('POST', '/api/v1/namespaces/default/secrets', { metadata: { name: 's' } });

  expect(failed.status).toBe(500);
  expect(failed.body.message).toMatch(/^Internal error occurred: failed calling webhook "bad\.example\.com": /);
  if (typeof why === 'string') expect(failed.body.message).toBe(`Internal error occurred: failed calling webhook "bad.example.com": ${why}`);
  else expect(failed.body.message).toMatch(why);
  expect(ignored.status).toBe(201);
});

test('a webhook that never answers costs its callers its time limit, and nobody else anything', async () => {
  await using api = await startHooked({ '/never': () => new Promise(() => undefined) });
  await configure(api, 'Mutating', { webhooks: [hook('/never', { timeoutSeconds: 2 })] });

  const waiting = api.request('POST', MAPS, map());
  expect((await api.request('POST', '/api/v1/namespaces/default/secrets', { metadata: { name: 's' } })).status).toBe(201);
  while (api.asked.length === 0) await nextTurn();
  api.clock.advance(2000);

  expect((await waiting).body.message).toBe('Internal error occurred: failed calling webhook "never.example.com": failed to call webhook: Post "https://hook.example/never?timeout=2s": context deadline exceeded');
});

test('namespaces and objects are chosen by their labels, the old or the new', async () => {
  await using api = await startHooked({ '/place': () => deny('place'), '/object': () => deny('object') });
  await api.request('POST', '/api/v1/namespaces', { metadata: { name: 'guarded', labels: { guard: 'yes' } } });
  await configure(api, 'Validating', { webhooks: [
    hook('/place', { namespaceSelector: { matchLabels: { guard: 'yes' } } }), hook('/object', { objectSelector: { matchLabels: { guard: 'yes' } }, rules: [{ operations: ['UPDATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }] }),
  ] });

  const there = await api.request('POST', '/api/v1/namespaces/guarded/configmaps', map());
  const here = await api.request('POST', MAPS, map('m', { metadata: { name: 'm', labels: { guard: 'yes' } } }));
  const unlabelled = await api.request('PUT', `${MAPS}/m`, map());

  expect([there.status, here.status, unlabelled.status]).toEqual([400, 201, 400]);
  expect(unlabelled.body.message).toContain('object');
});

test('deletions are asked for with what is deleted, and may be refused but not patched', async () => {
  await using api = await startHooked({ '/keep': ({ oldObject }) => (oldObject.data.k === 'keep' ? deny('keep it') : allow), '/meddle': () => patch({ op: 'add', path: '/data', value: {} }) });
  for (const name of ['keep', 'go']) await api.request('POST', MAPS, map(name, { data: { k: name } }));
  await configure(api, 'Validating', { webhooks: [hook('/keep', rule('configmaps', { operations: ['DELETE'] }))] });

  expect((await api.request('DELETE', `${MAPS}/keep`)).body.message).toContain('keep it');
  expect((await api.request('DELETE', `${MAPS}/go`, { propagationPolicy: 'Foreground', gracePeriodSeconds: 3 })).status).toBe(200);
  expect(api.asked.at(-1)?.request).toMatchObject({ operation: 'DELETE', object: null, options: { kind: 'DeleteOptions', propagationPolicy: 'Foreground', gracePeriodSeconds: 3 } });
  expect((await api.request('DELETE', MAPS)).status).toBe(400);

  await configure(api, 'Mutating', { webhooks: [hook('/meddle', rule('configmaps', { operations: ['DELETE'] }))] });
  expect((await api.request('DELETE', `${MAPS}/keep`)).body.message).toBe('Internal error occurred: admission webhook "meddle.example.com" attempted to modify the object, which is not supported for this operation');
});

test('a dry run asks only those without side effects', async () => {
  await using api = await startHooked({ '/none': ({ dryRun }) => (dryRun ? allow : deny()) });
  await configure(api, 'Validating', { webhooks: [hook('/none')] });

  expect((await api.request('POST', `${MAPS}?dryRun=All`, map())).status).toBe(201);
  expect(api.asked[0]?.request).toMatchObject({ dryRun: true, options: { dryRun: ['All'] } });
});

test('webhooks are asked in order of their configurations\' names, and again where they wish it and another changed the object', async () => {
  const note = (name: string) => ({ object }: Json) => patch({ op: 'add', path: '/data/log', value: `${object.data.log ?? ''}${name}` });
  await using api = await startHooked({ '/a': ({ object }) => (object.data.log === undefined ? note('a')({ object }) : allow), '/b': note('b'), '/c': note('c') });
  await configure(api, 'Mutating', { name: '2', webhooks: [hook('/b'), hook('/c')] });
  await configure(api, 'Mutating', { name: '1', webhooks: [hook('/a', { reinvocationPolicy: 'IfNeeded' })] });

  const { body } = await api.request('POST', MAPS, map());

  expect(body.data.log).toBe('abc');
  expect(api.asked.map(({ path }) => path)).toEqual(['/a', '/b', '/c', '/a']);
});

test('no webhook is asked about webhook configurations', async () => {
  await using api = await startHooked({ '/all': () => deny() });
  await configure(api, 'Mutating', { webhooks: [hook('/all', rule('*/*'))] });
  await configure(api, 'Validating', { webhooks: [hook('/all', rule('*/*'))] });

  expect((await api.request('DELETE', '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/hooks')).status).toBe(200);
  expect(api.asked).toEqual([]);
});

test('a rule for one version of a resource is met by its equals, unless it says Exact', async () => {
  await using api = await startHooked({ '/v1': () => patch({ op: 'replace', path: '/spec/maxReplicas', value: 7 }), '/exact': allow2 });
  const v1 = (more: Json = {}) => ({ ...rule('horizontalpodautoscalers', { apiGroups: ['autoscaling'], apiVersions: ['v1'] }), ...more });
  await configure(api, 'Mutating', { webhooks: [hook('/v1', v1()), hook('/exact', v1({ matchPolicy: 'Exact' }))] });
  const spec = { maxReplicas: 5, scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' }, metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } }] };

  const { body } = await api.request('POST', '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers', { metadata: { name: 'h' }, spec });

  expect(body).toMatchObject({ apiVersion: 'autoscaling/v2', spec: { maxReplicas: 7, metrics: [{ resource: { target: { averageUtilization: 60 } } }] } });
  expect(api.asked.map(({ path }) => path)).toEqual(['/v1']);
  expect(api.asked[0]?.request).toMatchObject({
    kind: { version: 'v1' }, resource: { version: 'v1' }, requestKind: { version: 'v2' }, requestResource: { version: 'v2' },
    object: { apiVersion: 'autoscaling/v1', spec: { targetCPUUtilizationPercentage: 60 } },
  });
});
const allow2 = () => allow;

test('warnings reach the caller, and audit is told who changed what', async () => {
  const lines: Json[] = [];
  const audit = (line: string) => void lines.push(JSON.parse(line));
  await using api = await startHooked({ '/warn': () => ({ ...patch({ op: 'add', path: '/data/x', value: 'y' }), warnings: ['mind the gap'], auditAnnotations: { why: 'because' } }), '/gone': () => 'gone' }, { config: { audit } });
  await configure(api, 'Mutating', { webhooks: [hook('/warn'), hook('/gone', { failurePolicy: 'Ignore' })] });

  const { headers } = await api.request('POST', MAPS, map());

  expect(headers['warning']).toBe('299 - "mind the gap"');
  expect(lines.at(-1).annotations).toMatchObject({
    'warn.example.com/why': 'because',
    'mutation.webhook.admission.k8s.io/round_0_index_0': '{"configuration":"hooks","webhook":"warn.example.com","mutated":true}',
    'mutation.webhook.admission.k8s.io/round_0_index_1': '{"configuration":"hooks","webhook":"gone.example.com","mutated":false}',
    'failed-open.mutation.webhook.admission.k8s.io/round_0_index_1': 'gone.example.com',
  });
  expect(Object.keys(lines.at(-1).annotations).filter((key) => key.startsWith('patch'))).toEqual([]);
  expect((await api.request('GET', '/metrics')).text).toContain('apiserver_admission_webhook_fail_open_count{name="gone.example.com",type="admit"} 1');
});

test('a webhook cannot move an object, nor give it a status, nor change whose it is', async () => {
  await using api = await startHooked({ '/move': () => patch({ op: 'replace', path: '/metadata/namespace', value: 'kube-system' }), '/status': () => patch({ op: 'replace', path: '/status', value: { replicas: 9 } }) });
  await configure(api, 'Mutating', { webhooks: [hook('/move'), hook('/status', rule('replicationcontrollers', { operations: ['UPDATE'] }))] });

  expect((await api.request('POST', MAPS, map())).status).toBe(400);
  const set = '/api/v1/namespaces/default/replicationcontrollers';
  const { body } = await api.request('POST', set, { metadata: { name: 'r' }, spec: { selector: { a: 'b' }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } } });
  expect((await api.request('PUT', `${set}/r`, { ...body, spec: { ...body.spec, replicas: 3 } })).body.status.replicas).toBe(0);
});

test('conditions say what a webhook is asked about; one that fails refuses unless the webhook fails open', async () => {
  await using api = await startHooked({ '/judge': () => deny('no') });
  const conditions = (expression: string) => ({ matchConditions: [{ name: 'c', expression }] });
  await configure(api, 'Validating', { webhooks: [hook('/judge', conditions('object.data.k == "judged" && request.userInfo.username == "admin"'))] });
  await configure(api, 'Mutating', { webhooks: [hook('/judge', conditions('object.data.missing == "x"')), hook('/judge', { ...conditions('object.data.missing == "x"'), failurePolicy: 'Ignore', name: 'open.example.com' })] });

  expect((await api.request('POST', MAPS, map())).body.message).toBe('configmaps "m" is forbidden: expression \'object.data.missing == "x"\' resulted in error: no such key: missing');
  expect((await api.request('POST', MAPS, map('m', { data: { k: 'v', missing: 'y' } }))).status).toBe(201);
  expect((await api.request('POST', MAPS, map('n', { data: { k: 'judged', missing: 'y' } }))).status).toBe(400);
});
