import { expect, test } from 'vitest';
import { Endpoints } from '../../kinds/core/endpoints.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { Service } from '../../kinds/core/service.ts';
import { EndpointSlice } from '../../kinds/discovery/endpoint-slice.ts';
import { endpointsController } from '../endpoints/endpoints.ts';
import { garbageCollector } from '../garbage-collector/garbage-collector.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { endpointSliceController } from './endpoint-slice.ts';
import { endpointSliceMirroringController } from './mirroring.ts';

const at = { namespace: 'shop' };
const start = () => startControlled([endpointsController, endpointSliceController(), garbageCollector]);
const pod = (name: string, app: string) => ({ metadata: { name, namespace: 'shop', labels: { app } }, spec: { containers: [{ name: 'main', image: 'x' }] } });
const web = { metadata: { name: 'web', namespace: 'shop' }, spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] } };
const sliced = async ({ client }: TestCluster) =>
  (await client.list(EndpointSlice, at)).items.map(({ ports, endpoints }) => [(ports ?? []).map(({ port }) => port), (endpoints ?? []).map(({ targetRef }) => targetRef?.name)]);
const listed = async ({ client }: TestCluster) =>
  ((await client.get(Endpoints, 'web', at)).subsets ?? []).map(({ ports = [], addresses = [] }) => [ports.map(({ port }) => port), addresses.map(({ targetRef }) => targetRef?.name)]);

test('a Service follows its pods: none, ready ones, those that lose the label, none again', async () => {
  await using cluster = await start();
  const { client, quiet, runPods } = cluster;
  await client.create(Service, web);
  await quiet();
  expect([await sliced(cluster), await listed(cluster)]).toEqual([[[[], []]], []]);

  await client.create(Pod, pod('a', 'web'));
  await client.create(Pod, pod('b', 'web'));
  await client.create(Pod, pod('c', 'other'));
  await runPods();
  expect([await sliced(cluster), await listed(cluster)]).toEqual([[[[8080], ['a', 'b']]], [[[8080], ['a', 'b']]]]);

  await client.patch(Pod, 'a', { type: 'merge', body: { metadata: { labels: { app: 'gone' } } } }, at);
  await quiet();
  expect([await sliced(cluster), await listed(cluster)]).toEqual([[[[8080], ['b']]], [[[8080], ['b']]]]);

  await client.delete(Pod, 'b', { ...at, gracePeriodSeconds: 0 });
  await quiet();
  expect([await sliced(cluster), await listed(cluster)]).toEqual([[[[], []]], []]);
});

test('a change of the port moves every endpoint, and a deleted Service leaves nothing', async () => {
  await using cluster = await start();
  const { client, quiet, runPods, pass } = cluster;
  await client.create(Service, web);
  await client.create(Pod, pod('a', 'web'));
  await runPods();
  await client.patch(Service, 'web', { type: 'json', body: [{ op: 'replace', path: '/spec/ports/0/targetPort', value: 9090 }] }, at);
  await quiet();
  expect([await sliced(cluster), await listed(cluster)]).toEqual([[[[9090], ['a']]], [[[9090], ['a']]]]);
  await client.delete(Service, 'web', at);
  await pass(2);
  expect((await client.list(EndpointSlice, at)).items).toEqual([]);
  expect((await client.list(Endpoints, at)).items).toEqual([]);
});

test('slices left behind by an earlier Service of the name make way', async () => {
  await using cluster = await start();
  const { client, quiet, runPods, pass } = cluster;
  await client.create(Service, web);
  await client.create(Pod, pod('a', 'web'));
  await runPods();
  await client.delete(Service, 'web', { ...at, propagationPolicy: 'Orphan' });
  await pass(2);
  expect(await sliced(cluster)).toEqual([[[8080], ['a']]]);

  await client.delete(Pod, 'a', { ...at, gracePeriodSeconds: 0 });
  await client.create(Service, web);
  await client.create(Pod, pod('b', 'web'));
  await quiet();
  await runPods();
  expect(await sliced(cluster)).toEqual([[[8080], ['b']]]);
});

test('Endpoints written by hand are mirrored into slices, and follow them', async () => {
  await using cluster = await startControlled([endpointsController, endpointSliceController(), endpointSliceMirroringController, garbageCollector]);
  const { client, quiet, pass } = cluster;
  await client.create(Service, { ...web, spec: { ports: web.spec.ports } });
  const made = await client.create(Endpoints, {
    metadata: { name: 'web', namespace: 'shop', labels: { team: 'a' } },
    subsets: [{ addresses: [{ ip: '192.0.2.1' }], notReadyAddresses: [{ ip: '192.0.2.2' }], ports: [{ name: 'http', port: 80 }] }],
  });
  await quiet();
  const [slice, ...others] = (await client.list(EndpointSlice, at)).items;
  expect(others).toEqual([]);
  expect(slice).toMatchObject({
    metadata: { labels: { team: 'a', 'kubernetes.io/service-name': 'web', 'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io' } },
    addressType: 'IPv4', ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    endpoints: [{ addresses: ['192.0.2.1'], conditions: { ready: true } }, { addresses: ['192.0.2.2'], conditions: { ready: false } }],
  });
  await client.update(Endpoints, { ...made, subsets: [{ addresses: [{ ip: '192.0.2.3' }], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }] });
  await quiet();
  expect((await client.list(EndpointSlice, at)).items[0]!.endpoints!.map(({ addresses }) => addresses)).toEqual([['192.0.2.3']]);
  await client.delete(Endpoints, 'web', at);
  await pass(2);
  expect((await client.list(EndpointSlice, at)).items).toEqual([]);
});

test('a Service without selector is left to whoever writes its endpoints', async () => {
  await using cluster = await start();
  const { client, quiet } = cluster;
  await client.create(Endpoints, { metadata: { name: 'web', namespace: 'shop' }, subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80 }] }] });
  await client.create(Service, { ...web, spec: { ports: web.spec.ports } });
  await quiet();
  await client.delete(Service, 'web', at);
  await quiet();
  expect(await sliced(cluster)).toEqual([]);
  expect((await client.get(Endpoints, 'web', at)).subsets).toHaveLength(1);
});
