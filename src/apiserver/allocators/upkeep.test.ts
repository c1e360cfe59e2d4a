import { expect, test } from 'vitest';
import { type Json, startApi, type TestApi } from '../testing/start-api.ts';

const SERVICES = '/api/v1/namespaces/default/services';
const ADDRESSES = '/apis/networking.k8s.io/v1/ipaddresses';
const CIDRS = '/apis/networking.k8s.io/v1/servicecidrs';
const MINUTES = 60_000;
const post = async (api: TestApi, name: string, spec: Json = {}) =>
  (await api.request('POST', SERVICES, { metadata: { name }, spec: { selector: { a: 'b' }, ports: [{ port: 80 }], ...spec } })).body;
const items = async (api: TestApi, url: string): Promise<readonly Json[]> => (await api.request('GET', url)).body.items;

/** The repair's reports, once there are `count`. */
async function reports(api: TestApi, count: number): Promise<readonly string[]> {
  const watch = await api.watch('/apis/events.k8s.io/v1/events?watch=1');
  const events = await watch.take(count);
  watch.stop();
  return events.map(({ object: { reason, note } }) => `${reason} ${note}`);
}

test('the range a cluster starts with is a ServiceCIDR that is ready, and comes back', async () => {
  await using api = await startApi({ config: { serviceCidr: '10.96.0.0/16,fd00:96::/112' } });
  const watch = await api.watch(`${CIDRS}?watch=1`);

  const [{ object }] = await watch.take(1) as [Json];
  await api.request('DELETE', `${CIDRS}/kubernetes`);
  api.clock.advance(10_000);
  const types = (await watch.take(3)).map(({ type }) => type);

  expect(object).toMatchObject({ metadata: { name: 'kubernetes' }, spec: { cidrs: ['10.96.0.0/16', 'fd00:96::/112'] } });
  expect(object.status.conditions).toMatchObject([{ type: 'Ready', status: 'True', message: 'Kubernetes default Service CIDR is ready' }]);
  expect(types).toEqual(['DELETED', 'ADDED', 'MODIFIED']);
  watch.stop();
});

test('a cluster that gets its second family adds it to its ServiceCIDR', async () => {
  await using first = await startApi();
  await using again = await startApi({ driver: first.driver, config: { serviceCidr: '10.96.0.0/16,fd00:96::/112' } });

  expect((await again.request('GET', `${CIDRS}/kubernetes`)).body.spec.cidrs).toEqual(['10.96.0.0/16', 'fd00:96::/112']);
});

test('an address that lost its IPAddress gets it back', async () => {
  await using api = await startApi();
  const { spec: { clusterIP } } = await post(api, 'a');
  await api.request('DELETE', `${ADDRESSES}/${clusterIP}`);

  api.clock.advance(3 * MINUTES);

  expect(await reports(api, 1)).toEqual([`ClusterIPNotAllocated Cluster IP [IPv4]: ${clusterIP} is not allocated; repairing`]);
  expect(await items(api, ADDRESSES)).toMatchObject([{ metadata: { name: clusterIP }, spec: { parentRef: { name: 'a' } } }]);
});

test('an IPAddress that no service stands behind goes; one that others made stays', async () => {
  await using api = await startApi();
  const address = (name: string, more: Json = {}) => ({
    metadata: { name, labels: { 'ipaddress.kubernetes.io/ip-family': 'IPv4', 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' } },
    spec: { parentRef: { resource: 'services', namespace: 'default', name: 'gone' } }, ...more,
  });
  await api.request('POST', ADDRESSES, address('10.96.0.7'));
  await api.request('POST', ADDRESSES, { ...address('10.96.0.8'), metadata: { name: '10.96.0.8' } });
  await api.request('POST', ADDRESSES, address('10.96.0.9', { spec: { parentRef: { group: 'gateway.networking.k8s.io', resource: 'gateways', name: 'g' } } }));

  api.clock.advance(3 * MINUTES);

  expect((await reports(api, 2)).toSorted()).toEqual([
    'IPAddressNotAllocated IPAddress 10.96.0.9 appears to have been modified, not referencing a Service &ParentReference{Group:gateway.networking.k8s.io,Resource:gateways,Namespace:,Name:g,}: cleaning up',
    'IPAddressNotAllocated IPAddress: 10.96.0.7 for Service default/gone appears to have leaked: cleaning up',
  ]);
  expect((await items(api, ADDRESSES)).map(({ metadata }) => metadata.name)).toEqual(['10.96.0.8']);
});

test('a service whose address is in no range any more is told of', async () => {
  await using first = await startApi({ config: { nodePortRange: { from: 30_000, to: 30_010 } } });
  const { spec: { clusterIP, ports: [{ nodePort }] } } = await post(first, 'a', { type: 'NodePort' });
  await first.request('DELETE', `${CIDRS}/kubernetes`);

  await using again = await startApi({ driver: first.driver, config: { serviceCidr: '10.97.0.0/16', nodePortRange: { from: 31_000, to: 31_010 } } });

  expect((await reports(again, 2)).toSorted()).toEqual([
    `ClusterIPOutOfRange Cluster IP [IPv4]: ${clusterIP} is not within any configured Service CIDR; please recreate service`,
    `PortOutOfRange Port ${nodePort} is not within the port range 31000-31010; please recreate service`,
  ]);
});

test('keys of node ports are brought back, and go where no service stands behind them', async () => {
  await using api = await startApi();
  const { spec: { ports: [{ nodePort }] } } = await post(api, 'a', { type: 'NodePort' });
  const key = (port: number) => `/registry/allocations/nodeport/${port}`;
  await api.driver.commit({ expect: {}, ops: [{ type: 'del', key: key(nodePort) }, { type: 'put', key: key(1), value: new TextEncoder().encode('default/gone') }] });

  await using again = await startApi({ driver: api.driver });

  const { entries } = await api.driver.range({ from: key(0), to: key(9), at: 0n, limit: 0 });
  expect(entries.map((entry) => entry.key)).toEqual([key(nodePort)]);
  expect(await reports(again, 1)).toEqual([`PortNotAllocated Port ${nodePort} is not allocated; repairing`]);
});
