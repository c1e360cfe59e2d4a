import { expect, test } from 'vitest';
import { readAuditPolicy } from '../configuration/audit-policy.ts';
import { type Json, startApi, type TestApi } from '../testing/start-api.ts';

const policy = (fields: Json) => readAuditPolicy({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', fields });
const MAPS = '/api/v1/namespaces/default/configmaps';
const SECRETS = '/api/v1/namespaces/default/secrets';

/** A server with that policy, and its events at ResponseComplete, oldest first. */
async function audited(rules: Json[], more: Json = {}): Promise<{ readonly api: TestApi; readonly events: () => Json[] }> {
  const lines: string[] = [];
  const api = await startApi({ config: { audit: (line) => void lines.push(line), auditPolicy: policy({ rules, ...more }) } });
  return { api, events: () => lines.map((line) => JSON.parse(line)).filter(({ stage, user }) => stage === 'ResponseComplete' && user.username === 'admin') };
}

test('the level says how much is told', async () => {
  const { api, events } = await audited([
    { level: 'None', resources: [{ resources: ['events'] }] }, { level: 'Request', verbs: ['create'], resources: [{ resources: ['configmaps'] }] },
    { level: 'RequestResponse', verbs: ['update', 'list'] }, { level: 'Metadata' },
  ]);
  await using _ = api;
  const object = { metadata: { name: 'a' }, data: { k: 'v' } };
  await api.request('POST', '/api/v1/namespaces/default/events', { metadata: { name: 'e' }, involvedObject: { namespace: 'default' } });
  await api.request('POST', MAPS, object);
  await api.request('PUT', `${MAPS}/a`, { ...object, data: { k: 'w' } });
  await api.request('GET', MAPS);
  await api.request('GET', `${MAPS}/a`);

  expect(events().map(({ level, verb, requestObject, responseObject }) => [level, verb, requestObject?.data, responseObject?.data ?? responseObject?.items?.length])).toEqual([
    ['Request', 'create', { k: 'v' }, undefined], ['RequestResponse', 'update', { k: 'w' }, { k: 'w' }], ['RequestResponse', 'list', undefined, 1], ['Metadata', 'get', undefined, undefined],
  ]);
});

test('patches are told as they came, and answers in protobuf as JSON', async () => {
  const { api, events } = await audited([{ level: 'RequestResponse' }]);
  await using _ = api;
  await api.request('POST', MAPS, { metadata: { name: 'a' } });
  await api.request('PATCH', `${MAPS}/a`, [{ op: 'add', path: '/data', value: { x: 'y' } }], { headers: { 'content-type': 'application/json-patch+json', accept: 'application/vnd.kubernetes.protobuf' } });

  const { requestObject, responseObject } = events().at(-1);
  expect([requestObject, responseObject.data]).toEqual([[{ op: 'add', path: '/data', value: { x: 'y' } }], { x: 'y' }]);
});

test('what a Secret holds is told by no level but RequestResponse', async () => {
  for (const level of ['Metadata', 'Request']) {
    const { api, events } = await audited([{ level }]);
    await using _ = api;
    await api.request('POST', SECRETS, { metadata: { name: 'a' }, stringData: { password: 'hunter2' } });
    expect(JSON.stringify(events())).not.toMatch(/hunter2|aHVudGVyMg/);
  }
  const { api, events } = await audited([{ level: 'RequestResponse' }]);
  await using _ = api;
  await api.request('POST', SECRETS, { metadata: { name: 'a' }, stringData: { password: 'hunter2' } });
  expect(events().at(-1).requestObject.stringData).toEqual({ password: 'hunter2' });
});

test('managed fields are left out where the policy says, unless a rule says otherwise', async () => {
  const { api, events } = await audited([{ level: 'RequestResponse', verbs: ['list'], omitManagedFields: false }, { level: 'RequestResponse' }], { omitManagedFields: true });
  await using _ = api;
  await api.request('POST', MAPS, { metadata: { name: 'a' }, data: { k: 'v' } });
  await api.request('GET', MAPS);
  const [made, listed] = events();
  expect([made.responseObject.metadata.managedFields, Array.isArray(listed.responseObject.items[0].metadata.managedFields)]).toEqual([undefined, true]);
});

test('what was refused is told with its Status', async () => {
  const { api, events } = await audited([{ level: 'RequestResponse' }]);
  await using _ = api;
  await api.request('GET', `${MAPS}/gone`);
  expect(events().at(-1).responseObject).toMatchObject({ kind: 'Status', reason: 'NotFound', code: 404 });
});

test('the policy decides about those, too, who could not say who they are', async () => {
  const toldOf = async (fields: Json) => {
    const lines: string[] = [];
    await using api = await startApi({ config: { audit: (line) => void lines.push(line), auditPolicy: policy(fields) } });
    await api.request('GET', MAPS, undefined, { user: null, headers: { authorization: 'Bearer wrong' } });
    return lines.map((line) => JSON.parse(line)).filter(({ requestURI }) => requestURI === MAPS).map(({ level, stage }) => [level, stage]);
  };
  expect(await toldOf({ rules: [{ level: 'Request' }] })).toEqual([['Request', 'ResponseStarted']]);
  expect(await toldOf({ rules: [{ level: 'None' }] })).toEqual([]);
  expect(await toldOf({ rules: [{ level: 'Metadata', userGroups: ['system:unauthenticated'] }] })).toEqual([]);
  expect(await toldOf({ rules: [{ level: 'Metadata' }], omitStages: ['ResponseStarted'] })).toEqual([]);
});

const user = { username: 'ann', groups: ['dev'] };
const info = (parts: object): Json => ({ isResource: true, path: '', verb: 'get', group: '', version: 'v1', namespace: 'shop', resource: 'pods', subresource: '', name: 'web', ...parts });

test.each([
  [{ users: ['ann'] }, {}, true], [{ users: ['bob'] }, {}, false], [{ userGroups: ['ops', 'dev'] }, {}, true], [{ verbs: ['list'] }, {}, false],
  [{ resources: [{ resources: ['pods'] }] }, { subresource: 'log' }, false], [{ resources: [{ resources: ['pods/log'] }] }, { subresource: 'log' }, true],
  [{ resources: [{ resources: ['pods/*'] }] }, { subresource: 'log' }, true], [{ resources: [{ resources: ['*/log'] }] }, { subresource: 'log' }, true],
  [{ resources: [{ resources: ['*'] }] }, { subresource: 'log' }, true], [{ resources: [{ group: 'apps' }] }, {}, false], [{ resources: [{ group: 'apps' }] }, { group: 'apps' }, true],
  [{ resources: [{ resources: ['pods'], resourceNames: ['db'] }] }, {}, false], [{ namespaces: ['shop'] }, {}, true], [{ namespaces: [''] }, {}, false],
  [{ nonResourceURLs: ['/healthz*'] }, {}, false], [{ nonResourceURLs: ['/healthz*'] }, { isResource: false, path: '/healthz/etcd' }, true], [{ namespaces: ['shop'] }, { isResource: false, path: '/version' }, false],
])('whether a rule %j fits %j: %s', (rule, parts, does) => {
  expect(policy({ rules: [{ level: 'Metadata', ...rule }] })(user, info(parts)).level).toBe(does ? 'Metadata' : 'None');
});

test.each([
  [{ rules: [{}] }, 'rules[0].level: Required value'],
  [{ rules: [{ level: 'All' }] }, 'rules[0].level: Unsupported value: "All": supported values: "Metadata", "None", "Request", "RequestResponse"'],
  [{ rules: [{ level: 'None', nonResourceURLs: ['/a'], namespaces: ['b'] }] }, 'rules cannot apply to both regular resources and non-resource URLs'],
  [{ rules: [] }, 'loaded illegal policy with 0 rules'],
  [{ rules: [{ level: 'None', resources: [{ group: 'apps', resourceNames: ['db'] }] }] }, 'rules[0].resources[0].resourceNames: Invalid value: ["db"]: using resourceNames requires at least one resource'],
  [{ rules: [], omitStages: ['Start'] }, 'omitStages[0]: Unsupported value: "Start"'],
])('is refused: %j', (fields, why) => {
  expect(() => policy(fields)).toThrow(why);
});
