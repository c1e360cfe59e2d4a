import { ReplicaSet } from '../../../src/kinds/apps/replica-set.ts';
import { ConfigMap } from '../../../src/kinds/core/config-map.ts';
import type { Pod } from '../../../src/kinds/core/pod.ts';
import { ReplicationController } from '../../../src/kinds/core/replication-controller.ts';
import { ResourceQuota } from '../../../src/kinds/core/resource-quota.ts';
import { Secret } from '../../../src/kinds/core/secret.ts';
import { Service } from '../../../src/kinds/core/service.ts';
import { Pod as PodKind } from '../../../src/kinds/core/pod.ts';
import type { Resource } from '../../../src/meta/resource.ts';
import { refused } from '../framework/assert.ts';
import type { Context } from '../framework/context.ts';
import type { PodRequest } from '../framework/pods.ts';
import { test, type TestCase } from '../framework/test-case.ts';

const codename = (what: string) => `[sig-api-machinery] ResourceQuota should ${what} [Conformance]`;
const at = (t: Context) => ({ namespace: t.namespace });
type Amounts = Readonly<Record<string, string>>;

const quota = (t: Context, name: string, hard: Amounts, scopes?: readonly string[]) =>
  t.client.create(ResourceQuota, { metadata: { name }, spec: { hard, ...(scopes && { scopes }) } }, at(t));

/** Until the quota says that it has counted so much; its hard limits are then in its status too. */
const counts = (t: Context, name: string, used: Amounts): Promise<boolean> =>
  t.eventually(`quota ${name} counts ${JSON.stringify(used)}`, async () => {
    const { status, spec } = await t.client.get(ResourceQuota, name, at(t));
    const limits = Object.entries(spec.hard ?? {}).every(([resource, amount]) => status.hard?.[resource] === amount);
    return limits && Object.entries(used).every(([resource, amount]) => status.used?.[resource] === amount);
  }, { seconds: 90 });

const LIFE = [
  'the quota is made', 'its status has what is used and allowed', 'the object is made', 'and counted', 'it is deleted', 'and no longer counted',
];

interface Counted {
  readonly what: string;
  readonly resource: Resource;
  readonly object: (t: Context, name: string) => object;
  /** What one object counts as. */
  readonly one: Amounts;
}

/** The quota before, while and after one object is there. */
function life({ what, resource, object, one }: Counted): TestCase {
  return test(codename(`create a ResourceQuota and capture the life of a ${what}.`), { musts: LIFE }, async (t) => {
    const names = Object.keys(one);
    const before = await baseline(t, names);
    const add = (by: number) => Object.fromEntries(names.map((name) => [name, String((before[name] ?? 0) + by * Number(one[name]))]));
    await quota(t, 'test-quota', Object.fromEntries(names.map((name) => [name, String((before[name] ?? 0) + 5)])));
    t.must(LIFE[0]!, true);
    t.must(LIFE[1]!, await counts(t, 'test-quota', add(0)));
    const name = t.name('counted');
    await t.client.create(resource, object(t, name), at(t));
    t.must(LIFE[2]!, true);
    t.must(LIFE[3]!, await counts(t, 'test-quota', add(1)));
    await t.client.delete(resource, name, at(t));
    t.must(LIFE[4]!, true);
    t.must(LIFE[5]!, await counts(t, 'test-quota', add(0)));
  });
}

/** A new namespace may hold config maps and secrets already. */
async function baseline(t: Context, names: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const kinds: Readonly<Record<string, Resource>> = { configmaps: ConfigMap, secrets: Secret };
  const found = await Promise.all(names.map(async (name) => {
    const kind = kinds[name];
    return [name, kind ? (await t.client.list(kind, at(t))).items.length : 0] as const;
  }));
  return Object.fromEntries(found);
}

const template = (t: Context, labels: Amounts) => ({ metadata: { labels }, spec: { ...t.pods.object({}).spec, restartPolicy: 'Always' } });

const lives = [
  life({ what: 'configMap', resource: ConfigMap, object: (_, name) => ({ metadata: { name }, data: { a: 'b' } }), one: { configmaps: '1' } }),
  life({ what: 'secret', resource: Secret, object: (_, name) => ({ metadata: { name }, stringData: { a: 'b' } }), one: { secrets: '1' } }),
  life({
    what: 'service', resource: Service, one: { services: '1', 'services.nodeports': '1' },
    object: (_, name) => ({ metadata: { name }, spec: { type: 'NodePort', ports: [{ port: 80 }] } }),
  }),
  life({
    what: 'replica set', resource: ReplicaSet, one: { 'count/replicasets.apps': '1' },
    object: (t, name) => ({ metadata: { name }, spec: { replicas: 0, selector: { matchLabels: { name } }, template: template(t, { name }) } }),
  }),
  life({
    what: 'replication controller', resource: ReplicationController, one: { replicationcontrollers: '1' },
    object: (t, name) => ({ metadata: { name }, spec: { replicas: 0, selector: { name }, template: template(t, { name }) } }),
  }),
];

const STATUS = ['the quota is made', 'its status has what is used and allowed'];
const prompt = test(codename('create a ResourceQuota and ensure its status is promptly calculated.'), { musts: STATUS }, async (t) => {
  await quota(t, 'test-quota', { pods: '5', services: '10' });
  t.must(STATUS[0]!, true);
  t.must(STATUS[1]!, await counts(t, 'test-quota', { pods: '0', services: '0' }));
});

const UPDATE = ['the quota is made', 'an update gives it new limits', 'once deleted it is gone'];
const update = test(codename('be able to update and delete ResourceQuota.'), { musts: UPDATE }, async (t) => {
  const made = await quota(t, 'test-quota', { cpu: '1', memory: '500Mi' });
  t.must(UPDATE[0]!, made.spec.hard?.cpu === '1');
  const updated = await t.eventually('the update is taken', async () => {
    const current = await t.client.get(ResourceQuota, 'test-quota', at(t));
    return t.client.update(ResourceQuota, { ...current, spec: { hard: { cpu: '2', memory: '1Gi' } } }, at(t));
  });
  t.must(UPDATE[1]!, updated.spec.hard?.cpu === '2' && updated.spec.hard.memory === '1Gi');
  await t.client.delete(ResourceQuota, 'test-quota', at(t));
  await t.gone('the quota', () => t.client.get(ResourceQuota, 'test-quota', at(t)));
  t.must(UPDATE[2]!, true);
});

const EXTENDED = 'example.com/dongle';
const asking = (cpu: string, memory: string, more: PodRequest = {}): PodRequest =>
  ({ container: { resources: { requests: { cpu, memory }, limits: { cpu, memory } } }, ...more });

const POD = [
  'the quota is made', 'its status has what is used and allowed', 'a pod is made', 'what it requests is counted', 'one beyond the quota is refused',
  'its requests cannot be changed', 'it is deleted', 'and no longer counted',
];
const podLife = test(codename('create a ResourceQuota and capture the life of a pod.'), { musts: POD, timeoutSeconds: 240 }, async (t) => {
  const none = { pods: '0', cpu: '0', memory: '0', 'ephemeral-storage': '0', [`requests.${EXTENDED}`]: '0' };
  await quota(t, 'test-quota', { pods: '5', cpu: '1', memory: '500Mi', 'ephemeral-storage': '50Gi', [`requests.${EXTENDED}`]: '3' });
  t.must(POD[0]!, true);
  t.must(POD[1]!, await counts(t, 'test-quota', none));
  const requests = { cpu: '500m', memory: '252Mi', 'ephemeral-storage': '30Gi', [EXTENDED]: '2' };
  const { metadata } = await t.pods.create({ container: { resources: { requests, limits: { [EXTENDED]: '2' } } } });
  t.must(POD[2]!, true);
  t.must(POD[3]!, await counts(t, 'test-quota', { pods: '1', cpu: '500m', memory: '252Mi', 'ephemeral-storage': '30Gi', [`requests.${EXTENDED}`]: '2' }));
  await refused(t.pods.create({ container: { resources: { requests: { ...requests, cpu: '600m' }, limits: { [EXTENDED]: '2' } } } }), 'a pod beyond the quota', 'Forbidden');
  t.must(POD[4]!, true);
  const pod = await t.pods.get(metadata.name);
  const [container] = pod.spec.containers;
  const changed: Pod = { ...pod, spec: { ...pod.spec, containers: [{ ...container!, resources: { requests: { ...requests, cpu: '100m' }, limits: { [EXTENDED]: '2' } } }] } };
  await refused(t.client.update(PodKind, changed, at(t)), 'a change of its requests', 'Invalid', 'Forbidden');
  t.must(POD[5]!, true);
  await t.pods.delete(metadata.name, 0);
  t.must(POD[6]!, true);
  t.must(POD[7]!, await counts(t, 'test-quota', none));
});

/** Two quotas of opposite scopes, and a pod for each: only its own counts it. */
function scoped(what: string, { one, other, hard, pods }: {
  one: { scope: string; name: string }; other: { scope: string; name: string }; hard: Amounts; pods: readonly { of: 'one' | 'other'; request: PodRequest }[];
}): TestCase {
  const musts = ['both quotas are made', 'and say what is allowed', ...pods.flatMap(({ of }) => [
    `a pod of the ${of} scope is made`, `its ${of} quota counts it`, `and the opposite of ${of} does not`, `it is deleted from the ${of} quota`, `and released by the ${of} quota`,
  ])];
  return test(codename(`verify ResourceQuota with ${what}.`), { musts, timeoutSeconds: 300 }, async (t) => {
    const names = { one: one.name, other: other.name };
    await quota(t, one.name, hard, [one.scope]);
    await quota(t, other.name, hard, [other.scope]);
    t.must(musts[0]!, true);
    t.must(musts[1]!, (await counts(t, one.name, { pods: '0' })) && (await counts(t, other.name, { pods: '0' })));
    for (const { of, request } of pods) {
      const { metadata } = await t.pods.create(request);
      t.must(`a pod of the ${of} scope is made`, true);
      t.must(`its ${of} quota counts it`, await counts(t, names[of], { pods: '1' }));
      t.must(`and the opposite of ${of} does not`, await counts(t, names[of === 'one' ? 'other' : 'one'], { pods: '0' }));
      await t.pods.delete(metadata.name, 0);
      t.must(`it is deleted from the ${of} quota`, true);
      t.must(`and released by the ${of} quota`, await counts(t, names[of], { pods: '0' }));
    }
  });
}

export const resourceQuotas: readonly TestCase[] = [
  ...lives, prompt, update, podLife,
  scoped('best effort scope', {
    one: { scope: 'BestEffort', name: 'quota-besteffort' }, other: { scope: 'NotBestEffort', name: 'quota-not-besteffort' }, hard: { pods: '5' },
    pods: [{ of: 'one', request: {} }, { of: 'other', request: asking('500m', '200Mi') }],
  }),
  scoped('terminating scopes', {
    one: { scope: 'Terminating', name: 'quota-terminating' }, other: { scope: 'NotTerminating', name: 'quota-not-terminating' },
    hard: { pods: '5', 'requests.cpu': '1', 'requests.memory': '500Mi', 'limits.cpu': '2', 'limits.memory': '1Gi' },
    pods: [{ of: 'other', request: asking('500m', '200Mi') }, { of: 'one', request: asking('500m', '200Mi', { spec: { activeDeadlineSeconds: 3600 } }) }],
  }),
];
