import { expect, test } from 'vitest';
import { ConfigMap, defineController, Deployment, EndpointSlice, Pod, Service, startCluster, startOperator, watchOf } from './index.ts';

const at = { namespace: 'default' };
const web = (replicas: number) => ({
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas, selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'nginx' }] } },
  },
});

test('a cluster inside a test runs a Deployment to the end: pods bound, running, behind their Service', async () => {
  await using cluster = await startCluster({ nodes: 2 });
  const { client, until } = cluster;
  await client.create(Deployment, web(3));
  await client.create(Service, { metadata: { name: 'web', namespace: 'default' }, spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } });
  const { status } = await until(Deployment, { name: 'web', ...at }, (one) => one.status.availableReplicas === 3);
  expect(status.conditions!.map((one) => `${one.type}=${one.status}`)).toEqual(expect.arrayContaining(['Available=True', 'Progressing=True']));
  const pods = (await client.list(Pod, at)).items;
  expect(new Set(pods.map(({ spec }) => spec.nodeName))).toEqual(new Set(['node-1', 'node-2']));
  const [slice] = (await client.list(EndpointSlice, { ...at, labelSelector: 'kubernetes.io/service-name=web' })).items;
  expect(slice!.endpoints!.filter(({ conditions }) => conditions.ready)).toHaveLength(3);
}, 60_000);

test('an operator of one\'s own keeps a ConfigMap that counts each Deployment\'s pods', async () => {
  await using cluster = await startCluster();
  const { client, until, informers } = cluster;
  const counter = defineController({
    name: 'counter', for: Deployment, owns: [ConfigMap],
    watches: [watchOf(Pod, ({ metadata }) => [`${metadata.namespace}/${metadata.labels?.['app'] ?? ''}`])],
    async reconcile({ metadata }, { cache, client: own }) {
      const data = { pods: String(cache.list(Pod, metadata.namespace).filter((pod) => pod.metadata.labels?.['app'] === metadata.name).length) };
      const found = cache.get(ConfigMap, metadata.name, metadata.namespace);
      if (!found) await own.create(ConfigMap, { metadata: { name: metadata.name, namespace: metadata.namespace! }, data });
      else if (found.data?.['pods'] !== data.pods) await own.update(ConfigMap, { ...found, data });
    },
  });
  await using _operator = await startOperator({ client, informers, controllers: [counter] });
  await client.create(Deployment, web(2));
  const map = await until(ConfigMap, { name: 'web', ...at }, ({ data }) => data?.['pods'] === '2');
  expect(map.data).toEqual({ pods: '2' });
}, 60_000);

test('waiting for what never comes ends with what was there last', async () => {
  await using cluster = await startCluster({ nodes: 0 });
  await expect(cluster.until(Pod, { name: 'nobody', ...at, within: 1 })).rejects.toThrow('Pod default/nobody is not as awaited: it does not exist');
});
