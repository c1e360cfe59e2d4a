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
  expect(outside.body.message).toContain('the provided IP (192.0.2.1) is not in the valid range. The range of valid IPs is 10.96.0.0/16');
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

test('a dual-stack service is refused where there is one stack, preferred it is single', async () => {
  await using api = await startApi();

  const required = await post(api, 'a', { ipFamilyPolicy: 'RequireDualStack' });
  const preferred = await post(api, 'b', { ipFamilyPolicy: 'PreferDualStack' });

  expect(required.body.message).toBe('Service "a" is invalid: spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services');
  expect(preferred.body.spec.ipFamilies).toEqual(['IPv4']);
});
