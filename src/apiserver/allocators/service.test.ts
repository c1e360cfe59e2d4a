import { expect, test } from 'vitest';
import { type Json, startApi, type TestApi } from '../testing/start-api.ts';

const SERVICES = '/api/v1/namespaces/default/services';
const service = (name: string, spec: Json = {}) => ({ metadata: { name }, spec: { selector: { a: 'b' }, ports: [{ port: 80 }], ...spec } });
const post = async (api: TestApi, name: string, spec: Json = {}) => api.request('POST', SERVICES, service(name, spec));

test('a service gets an address of its own, one family, one stack', async () => {
  await using api = await startApi();

  const [a, b] = [(await post(api, 'a')).body, (await post(api, 'b')).body];

  expect(a.spec).toMatchObject({ clusterIPs: [a.spec.clusterIP], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', type: 'ClusterIP' });
  expect(a.spec.clusterIP).toMatch(/^10\.96\./);
  expect(b.spec.clusterIP).not.toBe(a.spec.clusterIP);
});

test('an address asked for is given once, and again when it is free', async () => {
  await using api = await startApi();
  const first = await post(api, 'a', { clusterIP: '10.96.0.10' });

  const second = await post(api, 'b', { clusterIP: '10.96.0.10' });
  const outside = await post(api, 'b', { clusterIP: '192.0.2.1' });
  await api.request('DELETE', `${SERVICES}/a`);
  const third = await post(api, 'b', { clusterIP: '10.96.0.10' });

  expect([first.status, second.status, third.status]).toEqual([201, 422, 201]);
  expect(second.body.message).toBe('Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated');
  expect(outside.body.message).toBe('Service "b" is invalid: spec.clusterIPs: Invalid value: ["192.0.2.1"]: failed to allocate IP 192.0.2.1: the provided network does not match the current range');
});

test('two who ask for the same address at once: one gets it', async () => {
  await using api = await startApi();

  const answers = await Promise.all(['a', 'b', 'c'].map((name) => post(api, name, { clusterIP: '10.96.0.10' })));

  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 422, 422]);
});

test('node ports are given, kept through updates, and freed with the type', async () => {
  await using api = await startApi();
  const { body: made } = await post(api, 'a', { type: 'NodePort' });
  const { nodePort } = made.spec.ports[0];

  const kept = await api.request('PUT', `${SERVICES}/a`, service('a', { type: 'NodePort' }));
  const taken = await post(api, 'b', { type: 'NodePort', ports: [{ port: 80, nodePort }] });
  const outside = await post(api, 'b', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] });
  const plain = await api.request('PUT', `${SERVICES}/a`, service('a', { type: 'ClusterIP' }));
  const freed = await post(api, 'b', { type: 'NodePort', ports: [{ port: 80, nodePort }] });

  expect(nodePort).toBeGreaterThanOrEqual(30_000);
  expect(kept.body.spec).toMatchObject({ clusterIP: made.spec.clusterIP, ports: [{ nodePort }] });
  expect(taken.body.message).toBe(`Service "b" is invalid: spec.ports[0].nodePort: Invalid value: ${nodePort}: provided port is already allocated`);
  expect(outside.body.message).toBe('Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767');
  expect(plain.body.spec.ports[0].nodePort).toBeUndefined();
  expect(freed.status).toBe(201);
});

test('headless and external services have no address', async () => {
  await using api = await startApi();

  const headless = await post(api, 'a', { clusterIP: 'None' });
  const external = await post(api, 'b', { type: 'ExternalName', externalName: 'example.com' });

  expect(headless.body.spec).toMatchObject({ clusterIP: 'None', clusterIPs: ['None'], ipFamilies: ['IPv4'] });
  expect(external.body.spec.clusterIP).toBeUndefined();
});

test('addresses stay taken when the server starts again', async () => {
  await using first = await startApi();
  await post(first, 'a', { clusterIP: '10.96.0.10' });
  await using again = await startApi({ driver: first.driver });

  expect((await post(again, 'b', { clusterIP: '10.96.0.10' })).status).toBe(422);
});

const addresses = async (api: TestApi) => (await api.request('GET', '/apis/networking.k8s.io/v1/ipaddresses')).body.items as readonly Json[];

test('each address is an IPAddress, which comes and goes with its service', async () => {
  await using api = await startApi();
  const { body: made } = await post(api, 'a');

  const [address] = await addresses(api);
  await post(api, 'b', { clusterIP: 'None' });
  const external = await api.request('PUT', `${SERVICES}/a`, { ...made, spec: { ...made.spec, type: 'ExternalName', externalName: 'example.com' } });

  expect(address).toMatchObject({
    metadata: { name: made.spec.clusterIP, labels: { 'ipaddress.kubernetes.io/ip-family': 'IPv4', 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' } },
    spec: { parentRef: { resource: 'services', namespace: 'default', name: 'a' } },
  });
  expect(external.body.spec).toEqual({ type: 'ExternalName', externalName: 'example.com', ports: made.spec.ports, selector: { a: 'b' }, sessionAffinity: 'None', internalTrafficPolicy: 'Cluster' });
  expect(await addresses(api)).toEqual([]);
});

test('neither a dry run nor a creation that fails takes anything', async () => {
  await using api = await startApi();

  const dry = await api.request('POST', `${SERVICES}?dryRun=All`, service('a', { type: 'NodePort', ports: [{ port: 80, nodePort: 30_100 }] }));
  const wrong = await post(api, 'a', { type: 'NodePort', ports: [{ port: 0, nodePort: 30_100 }] });
  const before = await addresses(api);
  const right = await post(api, 'a', { type: 'NodePort', ports: [{ port: 80, nodePort: 30_100 }] });
  const again = await post(api, 'a');

  expect([dry.status, wrong.status, before.length, right.status, again.status]).toEqual([201, 422, 0, 201, 409]);
  expect((await addresses(api)).length).toBe(1);
});

test('a second ServiceCIDR widens a full range; a full one is an internal error', async () => {
  await using api = await startApi({ config: { serviceCidr: '10.0.0.0/30', nodePortRange: { from: 30_000, to: 30_000 } } });
  await post(api, 'a');
  await post(api, 'b');

  const full = await post(api, 'c');
  await api.request('POST', '/apis/networking.k8s.io/v1/servicecidrs', { metadata: { name: 'more' }, spec: { cidrs: ['10.1.0.0/24'] } });
  const widened = await post(api, 'c', { type: 'NodePort' });
  const noPort = await post(api, 'd', { type: 'NodePort' });

  expect([full.status, full.body.message]).toEqual([500, 'Internal error occurred: failed to allocate a serviceIP: range is full']);
  expect(widened.body.spec.clusterIP).toMatch(/^10\.1\.0\./);
  expect(noPort.body.message).toBe('Internal error occurred: failed to allocate a nodePort: range is full');
});

test('the lower bands are left to those who choose themselves', async () => {
  await using api = await startApi({ config: { serviceCidr: '10.0.0.0/27', nodePortRange: { from: 30_000, to: 30_018 } } });

  const made = await Promise.all(['a', 'b', 'c'].map(async (name) => (await post(api, name, { type: 'NodePort' })).body.spec));
  const low = (await post(api, 'd', { type: 'NodePort' })).body.spec;

  expect(made.every(({ clusterIP }) => Number(clusterIP.split('.')[3]) > 16)).toBe(true);
  expect(made.map(({ ports }) => ports[0].nodePort).toSorted()).toEqual([30_016, 30_017, 30_018]);
  expect(low.ports[0].nodePort).toBeLessThan(30_016);
});

test('node ports follow the names of ports, and protocols of one port share theirs', async () => {
  await using api = await startApi();
  const ports = [{ name: 'a', port: 53, protocol: 'UDP' }, { name: 'b', port: 53, protocol: 'TCP' }];

  const { body: made } = await post(api, 'a', { type: 'NodePort', ports });
  const moved = await api.request('PUT', `${SERVICES}/a`, service('a', { type: 'NodePort', ports: [{ name: 'a', port: 5353, protocol: 'UDP' }] }));
  const [one, two] = made.spec.ports;

  expect(one.nodePort).toBe(two.nodePort);
  expect(moved.body.spec.ports).toEqual([{ name: 'a', port: 5353, targetPort: 5353, protocol: 'UDP', nodePort: one.nodePort }]);
});

test('a load balancer that keeps traffic local has a health check port of its own', async () => {
  await using api = await startApi();
  const local = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', allocateLoadBalancerNodePorts: false };

  const { body: made } = await post(api, 'a', local);
  const port = made.spec.healthCheckNodePort;
  const taken = await post(api, 'b', { ...local, healthCheckNodePort: port });
  const changed = await api.request('PUT', `${SERVICES}/a`, service('a', { ...local, healthCheckNodePort: port === 30_000 ? 30_001 : 30_000 }));
  const kept = await api.request('PUT', `${SERVICES}/a`, service('a', local));
  const plain = await api.request('PUT', `${SERVICES}/a`, { ...kept.body, spec: { ...kept.body.spec, type: 'ClusterIP', externalTrafficPolicy: '' } });
  const freed = await post(api, 'b', { ...local, healthCheckNodePort: port });

  expect(made.spec.ports[0].nodePort).toBeUndefined();
  expect(taken.body.message).toBe(`Internal error occurred: failed to allocate requested HealthCheck NodePort ${port}: provided port is already allocated`);
  expect(changed.body.message).toContain('cannot change healthCheckNodePort on loadBalancer service with externalTraffic=Local during update');
  expect(kept.body.spec.healthCheckNodePort).toBe(port);
  expect(plain.body.spec).not.toHaveProperty('healthCheckNodePort');
  expect(plain.body.spec).not.toHaveProperty('allocateLoadBalancerNodePorts');
  expect(freed.status).toBe(201);
});
