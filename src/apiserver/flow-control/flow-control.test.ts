import { expect, test } from 'vitest';
import { type Json, startApi, type TestApi, type TestResponse } from '../testing/start-api.ts';
import { memoryDriver } from '../../store/index.ts';

const GROUP = '/apis/flowcontrol.apiserver.k8s.io/v1';
const cert = (commonName: string, ...organizations: string[]) => ({ certificate: { commonName, organizations } });
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const TOO_MANY = 'Too many requests, please try again later.\n';

/** A store whose writes of `stuck` wait until told to go on: requests that run as long as a test likes. */
function heldDriver() {
  const inner = memoryDriver();
  const waiting: (() => void)[] = [];
  const driver = {
    get revision() { return inner.revision; },
    async commit(txn: Parameters<typeof inner.commit>[0]) {
      if (txn.ops.some(({ key }) => key.includes('/configmaps/default/'))) await new Promise<void>((resolve) => waiting.push(resolve));
      return inner.commit(txn);
    },
    range: inner.range.bind(inner), after: inner.after.bind(inner), compact: inner.compact.bind(inner),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
  return { driver, waiting, release: (count = Infinity) => waiting.splice(0, count).forEach((resolve) => resolve()) };
}

const RULES = [{
  subjects: [{ kind: 'Group', group: { name: 'busy' } }],
  resourceRules: [{ verbs: ['create'], apiGroups: [''], resources: ['configmaps'], namespaces: ['*'] }],
}];

async function sort(api: TestApi, { name = 'busy', shares = 1, limitResponse }: { name?: string; shares?: number; limitResponse: object }): Promise<void> {
  await api.request('POST', `${GROUP}/prioritylevelconfigurations`, {
    metadata: { name }, spec: { type: 'Limited', limited: { nominalConcurrencyShares: shares, limitResponse, lendablePercent: 0, borrowingLimitPercent: 0 } },
  });
  await api.request('POST', `${GROUP}/flowschemas`, {
    metadata: { name }, spec: { priorityLevelConfiguration: { name }, matchingPrecedence: 300, distinguisherMethod: { type: 'ByUser' }, rules: RULES },
  });
  await api.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: 'busy' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' }, subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'busy' }],
  });
}

let made = 0;
const make = (api: TestApi, user: string): Promise<TestResponse> => api.request('POST', CONFIG_MAPS, { metadata: { name: `map-${made++}` } }, cert(user, 'busy'));
const QUEUE = { type: 'Queue', queuing: { queues: 64, handSize: 1, queueLengthLimit: 3 } };
/** Total seats such that the level `busy` with one share of 246 has two. */
const TWO_SEATS = { maxRequestsInFlight: 300, maxMutatingRequestsInFlight: 150 };

test('every answer says by which flow schema and priority level it was sorted', async () => {
  await using api = await startApi();
  const uid = async (plural: string, name: string) => (await api.request('GET', `${GROUP}/${plural}/${name}`)).body.metadata.uid;

  const answers = await Promise.all([
    api.request('GET', '/api', undefined, cert('jane')),
    api.request('GET', '/healthz', undefined, cert('jane')),
    api.request('GET', '/api/v1/nodes/x', undefined, cert('system:node:x', 'system:nodes')),
    api.request('GET', '/api/v1/secrets', undefined, cert('root', 'system:masters')),
    api.request('GET', '/api/v1/secrets', undefined, cert('system:kube-scheduler')),
  ]);

  const sorted = answers.map(({ headers }) => [headers['x-kubernetes-pf-flowschema-uid'], headers['x-kubernetes-pf-prioritylevel-uid']]);
  expect(sorted).toEqual(await Promise.all([['global-default', 'global-default'], ['probes', 'exempt'], ['system-node-high', 'node-high'], ['exempt', 'exempt'], ['kube-scheduler', 'workload-high']]
    .map(async ([schema, level]) => [await uid('flowschemas', schema!), await uid('prioritylevelconfigurations', level!)])));
});

test('the system\'s own requests are not sorted at all', async () => {
  await using api = await startApi();

  expect((await api.request('GET', '/api')).headers['x-kubernetes-pf-flowschema-uid']).toBeUndefined();
});

test('beyond seats and queue a request is refused with 429; those that wait are served when others are done', async () => {
  const { driver, release, waiting } = heldDriver();
  await using api = await startApi({ driver, config: TWO_SEATS });
  await sort(api, { limitResponse: QUEUE });
  const asked = Array.from({ length: 6 }, () => make(api, 'elephant'));
  await api.clock.advance(1);
  const running = waiting.length;

  const refused = await asked[5]!;
  for (let n = 0; n < 4; n++) {
    release();
    await api.clock.advance(1);
  }

  expect(running).toBe(2);
  expect([refused.status, refused.text, refused.headers['retry-after']]).toEqual([429, TOO_MANY, '1']);
  expect(refused.headers['x-kubernetes-pf-prioritylevel-uid']).toBeTruthy();
  expect((await Promise.all(asked.slice(0, 5))).map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
});

test('an elephant fills its own queue; a mouse beside it still gets in', async () => {
  const { driver, release } = heldDriver();
  await using api = await startApi({ driver, config: TWO_SEATS });
  await sort(api, { limitResponse: QUEUE });
  const order: string[] = [];
  const ask = (user: string) => make(api, user).then(({ status }) => void order.push(`${user} ${status}`));
  const all = Array.from({ length: 8 }, () => ask('elephant'));
  await api.clock.advance(1);
  all.push(ask('mouse'));
  for (let n = 0; n < 6; n++) {
    await api.clock.advance(1);
    release(1);
  }
  await api.clock.advance(1);
  await Promise.all(all);

  expect(order.filter((one) => one === 'elephant 429')).toHaveLength(3);
  expect(order.indexOf('mouse 201')).toBeLessThan(order.lastIndexOf('elephant 201'));
});

test('a request waits a quarter of the time it has, no longer', async () => {
  const { driver, release } = heldDriver();
  await using api = await startApi({ driver, config: TWO_SEATS });
  await sort(api, { limitResponse: QUEUE });
  const asked = [make(api, 'a'), make(api, 'a')];
  await api.clock.advance(1);
  let late: TestResponse | undefined;
  void make(api, 'a').then((answer) => (late = answer));
  await api.clock.advance(14_999);
  const before = late;
  await api.clock.advance(1);

  expect(before).toBeUndefined();
  expect([late?.status, late?.text]).toEqual([429, TOO_MANY]);
  expect((await api.request('GET', '/metrics')).text).toContain('apiserver_flowcontrol_rejected_requests_total{flow_schema="busy",priority_level="busy",reason="time-out"} 1');
  expect((await api.request('GET', '/metrics')).text).toContain('apiserver_request_terminations_total{code="429",verb="POST",group="",version="v1",resource="configmaps",subresource="",scope="resource",component="apiserver"} 1');
  release();
  await Promise.all(asked);
});

test('a caller that goes away leaves the queue', async () => {
  const { driver, release } = heldDriver();
  await using api = await startApi({ driver, config: TWO_SEATS });
  await sort(api, { limitResponse: QUEUE });
  const asked = [make(api, 'a'), make(api, 'a')];
  await api.clock.advance(1);
  const gone = new AbortController();
  const left = api.request('POST', CONFIG_MAPS, { metadata: { name: 'gone' } }, { ...cert('a', 'busy'), signal: gone.signal });
  await api.clock.advance(1);
  gone.abort();

  expect((await left).status).toBe(429);
  release();
  await Promise.all(asked);
});

test('what the objects say holds from the next request on', async () => {
  const { driver, release, waiting } = heldDriver();
  await using api = await startApi({ driver, config: TWO_SEATS });
  await sort(api, { limitResponse: { type: 'Reject' } });
  const running = [make(api, 'a'), make(api, 'a')];
  await api.clock.advance(1);
  const refused = await make(api, 'a');
  const level = (await api.request('GET', `${GROUP}/prioritylevelconfigurations/busy`)).body;
  await api.request('PUT', `${GROUP}/prioritylevelconfigurations/busy`, { ...level, spec: { ...level.spec, limited: { ...level.spec.limited, nominalConcurrencyShares: 5 } } });

  const more = make(api, 'a');
  await api.clock.advance(1);
  const count = waiting.length;
  release();

  expect([refused.status, count]).toEqual([429, 3]);
  expect((await Promise.all([...running, more])).map(({ status }) => status)).toEqual([201, 201, 201]);
});

test('the dumps show who waits where', async () => {
  const { driver, release } = heldDriver();
  await using api = await startApi({ driver, config: TWO_SEATS });
  await sort(api, { limitResponse: QUEUE });
  const asked = Array.from({ length: 3 }, () => make(api, 'jane'));
  await api.clock.advance(1);

  const dump = async (name: string) => (await api.request('GET', `/debug/api_priority_and_fairness/${name}`)).text.split('\n').map((line) => line.split(/,\s*/));
  const level = (await dump('dump_priority_levels')).find(([name]) => name === 'busy');
  const queue = (await dump('dump_queues')).find(([name]) => name === 'busy');
  const [head, request] = await dump('dump_requests?includeRequestDetails=1');
  for (let n = 0; n < 2; n++) {
    release();
    await api.clock.advance(1);
  }
  await Promise.all(asked);

  expect(level).toEqual(['busy', '1', 'false', 'false', '1', '2', '2', '0', '0', '0']);
  expect(queue?.slice(2, 5)).toEqual(['1', '2', '2']);
  expect(head?.slice(0, 5)).toEqual(['PriorityLevelName', 'FlowSchemaName', 'QueueIndex', 'RequestIndexInQueue', 'FlowDistingsher']);
  expect([request?.[0], request?.[4], request?.[10], request?.[11]]).toEqual(['busy', 'jane', 'jane', 'create']);
});

test('the mandatory objects come back, the suggested ones while their annotation says so', async () => {
  await using api = await startApi();
  const get = async (path: string): Promise<Json> => (await api.request('GET', `${GROUP}/${path}`)).body;
  const put = (path: string, object: Json) => api.request('PUT', `${GROUP}/${path}`, object);
  await api.request('DELETE', `${GROUP}/flowschemas/catch-all`);
  await api.request('DELETE', `${GROUP}/prioritylevelconfigurations/workload-low`);
  for (const path of ['flowschemas/exempt', 'flowschemas/service-accounts']) {
    const schema = await get(path);
    await put(path, { ...schema, spec: { ...schema.spec, matchingPrecedence: 77 } });
  }
  const own = await get('flowschemas/global-default');
  await put('flowschemas/global-default', { ...own, metadata: { ...own.metadata, annotations: { 'apf.kubernetes.io/autoupdate-spec': 'false' } }, spec: { ...own.spec, matchingPrecedence: 9000 } });
  await api.clock.advance(1000);

  const precedences = await Promise.all(['exempt', 'catch-all', 'service-accounts', 'global-default'].map(async (name) => (await get(`flowschemas/${name}`)).spec.matchingPrecedence));
  expect(precedences).toEqual([1, 10_000, 9000, 9000]);
  expect((await get('prioritylevelconfigurations/workload-low')).spec.limited.nominalConcurrencyShares).toBe(100);
});

test('a flow schema without its level is told so, and is not asked', async () => {
  await using api = await startApi();
  await api.request('POST', `${GROUP}/flowschemas`, { metadata: { name: 'lost' }, spec: { priorityLevelConfiguration: { name: 'nowhere' }, matchingPrecedence: 10, rules: RULES } });
  const answer = await make(api, 'jane');
  await api.clock.advance(1000);
  const conditions = async (name: string) => (await api.request('GET', `${GROUP}/flowschemas/${name}`)).body.status.conditions;

  expect(answer.status).toBe(403);
  expect(await conditions('lost')).toMatchObject([{ type: 'Dangling', status: 'True', reason: 'NotFound', message: 'This FlowSchema references the PriorityLevelConfiguration object named "nowhere" but there is no such object' }]);
  expect(await conditions('probes')).toMatchObject([{ type: 'Dangling', status: 'False', reason: 'Found', message: 'This FlowSchema references the PriorityLevelConfiguration object named "exempt" and it exists' }]);
});

test('a server that starts over what another left changes nothing', async () => {
  const driver = memoryDriver();
  const shared = Object.assign(Object.create(driver) as typeof driver, { [Symbol.asyncDispose]: async () => {} });
  for (const method of ['commit', 'range', 'after', 'compact'] as const) Object.defineProperty(shared, method, { value: (driver[method] as (...args: unknown[]) => unknown).bind(driver) });
  Object.defineProperty(shared, 'revision', { get: () => driver.revision });
  { await using first = await startApi({ driver: shared }); await first.clock.advance(1000); }
  const before = driver.revision;

  await using second = await startApi({ driver: shared });
  await second.clock.advance(1000);

  expect(driver.revision).toBe(before);
});
