import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { ConfigMap } from '../../kinds/core/config-map.ts';
import { Job } from '../../kinds/batch/job.ts';
import { Namespace } from '../../kinds/core/namespace.ts';
import { Node } from '../../kinds/core/node.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { connectCluster, readBytes } from '../client/index.ts';
import { startCluster } from './index.ts';

const at = { namespace: 'default' };
const map = (name: string) => ({ metadata: { name, ...at } });
const directories: string[] = [];
afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
});

async function written(name: string, text: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'knarr-kit-'));
  directories.push(directory);
  await writeFile(join(directory, name), text, { mode: 0o700 });
  return join(directory, name);
}

test('time stands still until the test moves it, and then a Job ends by its deadline', async () => {
  await using cluster = await startCluster({ clock: 'manual', random: seededRandom(1) });
  const template = { metadata: { annotations: { 'knarr.local/run-for': '10m' } }, spec: { restartPolicy: 'Never' as const, containers: [{ name: 'c', image: 'i' }] } };
  await cluster.client.create(Job, { metadata: { name: 'long', ...at }, spec: { activeDeadlineSeconds: 60, template } });
  await cluster.clock.advance(5_000);
  expect((await cluster.client.get(Job, 'long', at)).status.active).toBe(1);
  await cluster.clock.advance(60_000);
  expect((await cluster.client.get(Job, 'long', at)).status.conditions).toEqual(expect.arrayContaining([expect.objectContaining({ type: 'Failed', reason: 'DeadlineExceeded' })]));
}, 60_000);

test('a fault meets the requests it names, as often as it says, and ends when disposed', async () => {
  await using cluster = await startCluster({ nodes: 0, controllers: false });
  const { client } = cluster;
  {
    using fault = cluster.inject({ verbs: ['create'], resource: ConfigMap, fail: 'Timeout', times: 2 });
    await client.create(Namespace, { metadata: { name: 'other' } });
    for (const name of ['a', 'b']) await expect(client.create(ConfigMap, map(name))).rejects.toMatchObject({ reason: 'Timeout', message: 'injected fault: Timeout' });
    await client.create(ConfigMap, map('c'));
    expect(fault.hits).toBe(2);
  }
  {
    using _lost = cluster.inject({ resource: ConfigMap, name: 'c', verbs: ['delete'], lost: true });
    await expect(client.delete(ConfigMap, 'c', at)).rejects.toThrow('the answer was lost');
  }
  expect((await client.list(ConfigMap, at)).items).toEqual([]);
});

test('a watch that is slow tells everything, late', async () => {
  await using cluster = await startCluster({ nodes: 0, controllers: false, clock: 'manual' });
  using _slow = cluster.inject({ verbs: ['watch'], resource: ConfigMap, delay: 5_000 });
  const informer = cluster.informers.for(ConfigMap);
  await cluster.clock.advance(10_000);
  await cluster.client.create(ConfigMap, map('late'));
  await cluster.clock.advance(1_000);
  expect(informer.lister.get('late', 'default')).toBeUndefined();
  await cluster.clock.advance(5_000);
  expect(informer.lister.get('late', 'default')).toBeDefined();
});

test('pods live by the stages a test declares', async () => {
  await using cluster = await startCluster({
    stages: [{ name: 'fail', matches: ({ status }) => status.phase === 'Pending', delay: () => 0, jitter: 0, next: ({ status }) => ({ ...status, phase: 'Failed', reason: 'Told' }) }],
  });
  await cluster.client.create(Pod, { ...map('p'), spec: { containers: [{ name: 'c', image: 'i' }] } });
  expect((await cluster.until(Pod, { name: 'p', ...at }, ({ status }) => status.phase === 'Failed')).status.reason).toBe('Told');
}, 60_000);

test('another program finds the cluster by its kubeconfig', async () => {
  await using cluster = await startCluster({ nodes: ['n'], controllers: false });
  const kubeconfig = await written('config', await cluster.kubeconfig());
  expect(await cluster.kubeconfig()).toBe(await cluster.kubeconfig());
  await using outside = await connectCluster({ kubeconfig });
  expect((await outside.client.list(Node)).items.map(({ metadata }) => metadata.name)).toEqual(['n']);
  expect(outside.namespace).toBe('default');
});

test('a credential plugin says who one is, and one acts as another', async () => {
  await using cluster = await startCluster({ nodes: 0, controllers: false });
  const { parse, stringify } = await import('yaml');
  const config = parse(await cluster.kubeconfig()) as { users: { user: Record<string, unknown> }[] };
  const [{ user }] = config.users as [{ user: Record<string, string> }];
  const pem = (name: string) => Buffer.from(user[name]!, 'base64').toString();
  const answer = { kind: 'ExecCredential', apiVersion: 'client.authentication.k8s.io/v1', status: { clientCertificateData: pem('client-certificate-data'), clientKeyData: pem('client-key-data') } };
  await written('answer.json', JSON.stringify(answer));
  const plugin = await written('login', `#!/bin/sh\ncat ${directories.at(-1)}/answer.json\n`);
  config.users[0]!.user = { as: 'jane', 'as-groups': ['dev', 'ops'], exec: { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, interactiveMode: 'Never' } };
  await using outside = await connectCluster({ kubeconfig: await written('config', stringify(config)) });
  const review = await outside.client.request({
    method: 'POST', url: '/apis/authentication.k8s.io/v1/selfsubjectreviews', headers: { 'content-type': 'application/json' },
    body: { type: 'bytes', bytes: Buffer.from(JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' })) },
  });
  const chunks: Uint8Array[] = [];
  if (review.body?.type === 'bytes') chunks.push(...review.body.chunks);
  if (review.body?.type === 'stream') for await (const batch of review.body.chunks) chunks.push(...batch);
  expect(JSON.parse(Buffer.concat(chunks).toString())).toMatchObject({ status: { userInfo: { username: 'jane', groups: ['dev', 'ops', 'system:authenticated'] } } });
});

test('all that is announced answers from the first moment on', async () => {
  await using cluster = await startCluster({ nodes: 0, controllers: false, clock: 'manual' });
  const ask = async (url: string, accept = 'application/json') => readBytes((await cluster.client.request({ url, headers: { accept } })).body);
  const { groups } = JSON.parse(await ask('/apis')) as { groups: { versions: { groupVersion: string }[] }[] };
  const announced = groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => groupVersion));
  expect(announced).toContain('metrics.k8s.io/v1beta1');
  for (const groupVersion of announced) expect(JSON.parse(await ask(`/apis/${groupVersion}`))).toMatchObject({ kind: 'APIResourceList', groupVersion });
  expect(await ask('/apis', 'application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList')).not.toContain('"Stale"');
});
