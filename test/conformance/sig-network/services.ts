import { Endpoints } from '../../../src/kinds/core/endpoints.ts';
import { Service } from '../../../src/kinds/core/service.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';
import { watchEvents } from '../framework/watching.ts';
import { at, client, nodeAddresses, PORT, reaches, servers, service } from './servers.ts';

const SERVICES = '[sig-network] Services should';

const master = test(`${SERVICES} provide secure master service  [Conformance]`, { musts: ['the kubernetes service is there'] }, async (t) => {
  const { spec } = await t.client.get(Service, 'kubernetes', { namespace: 'default' });
  t.must('the kubernetes service is there', spec.ports?.some(({ name, port }) => name === 'https' && port === 443) ?? false, JSON.stringify(spec));
});

const everywhere = test(`${SERVICES} find a service from listing all namespaces [Conformance]`, { musts: ['the list has default/kubernetes'] }, async (t) => {
  const { items } = await t.client.list(Service);
  t.must('the list has default/kubernetes', items.some(({ metadata }) => metadata.name === 'kubernetes' && metadata.namespace === 'default'));
});

/** Pod name to its ports, as the Endpoints of a Service say. */
async function endpointsOf(t: Context, name: string): Promise<string> {
  const { subsets = [] } = await t.client.get(Endpoints, name, at(t));
  return subsets.flatMap(({ addresses = [], ports = [] }) =>
    addresses.map(({ targetRef }) => `${targetRef?.name}:${ports.map(({ port }) => port).toSorted().join('+')}`)).toSorted().join(' ');
}
const shows = (t: Context, name: string, wanted: string): Promise<boolean> =>
  t.eventually(`the endpoints are "${wanted}"`, async () => (await endpointsOf(t, name)) === wanted);

const BASIC = ['without pods there are no endpoints', 'a pod adds its own', 'a further pod adds its own', 'one that goes takes its away', 'without pods there are none again'];
const basic = test(`${SERVICES} serve a basic endpoint from pods  [Conformance]`, { musts: BASIC }, async (t) => {
  const name = 'endpoint-test2';
  await service(t, name, { selector: { name }, ports: [{ port: 80, targetPort: 80 }] });
  t.must(BASIC[0]!, await shows(t, name, ''));
  const pod = (podName: string) => t.pods.running({ name: podName, labels: { name }, container: { ports: [{ containerPort: 80 }] } });
  await pod('pod1');
  t.must(BASIC[1]!, await shows(t, name, 'pod1:80'));
  await pod('pod2');
  t.must(BASIC[2]!, await shows(t, name, 'pod1:80 pod2:80'));
  await t.pods.delete('pod1');
  t.must(BASIC[3]!, await shows(t, name, 'pod2:80'));
  await t.pods.delete('pod2');
  t.must(BASIC[4]!, await shows(t, name, ''));
});

const MULTI = ['without pods there are no endpoints', 'a pod with the first port adds one', 'one with the second adds the other', 'they go with their pods'];
const multiport = test(`${SERVICES} serve multiport endpoints from pods  [Conformance]`, { musts: MULTI }, async (t) => {
  const name = 'multi-endpoint-test';
  await service(t, name, { selector: { name }, ports: [{ name: 'portname1', port: 80, targetPort: 'p1' }, { name: 'portname2', port: 81, targetPort: 'p2' }] });
  t.must(MULTI[0]!, await shows(t, name, ''));
  const pod = (podName: string, port: { name: string; containerPort: number }) => t.pods.running({ name: podName, labels: { name }, container: { ports: [port] } });
  await pod('pod1', { name: 'p1', containerPort: 100 });
  t.must(MULTI[1]!, await shows(t, name, 'pod1:100'));
  await pod('pod2', { name: 'p2', containerPort: 101 });
  t.must(MULTI[2]!, await shows(t, name, 'pod1:100 pod2:101'));
  await t.pods.delete('pod1');
  await shows(t, name, 'pod2:101');
  await t.pods.delete('pod2');
  t.must(MULTI[3]!, await shows(t, name, ''));
});

const nodePort = test(`${SERVICES} be able to create a functioning NodePort service [Conformance]`,
  { musts: ['name, cluster IP and node ports all answer'], timeoutSeconds: 300 }, async (t) => {
    const name = 'nodeport-test';
    const pods = await servers(t, 2, { name });
    const { spec } = await service(t, name, { type: 'NodePort', selector: { name }, ports: [{ port: 80, targetPort: PORT }] });
    const from = await client(t);
    const urls = [`http://${spec.clusterIP}:80/`, `http://${name}:80/`, ...(await nodeAddresses(t)).map((ip) => `http://${ip}:${spec.ports![0]!.nodePort}/`)];
    for (const url of urls) await reaches(t, from, { url, pods });
    t.must('name, cluster IP and node ports all answer', true);
  });

const ENDPOINT = ['it exists', 'the update is found', 'the patch is found'];
const endpointLifecycle = test(`${SERVICES} test the lifecycle of an Endpoint [Conformance]`, { musts: ENDPOINT }, async (t) => {
  const name = 'testservice';
  const labels = { 'test-endpoint-static': 'true' };
  const subsets = (ip: string, port: number) => [{ addresses: [{ ip }], ports: [{ name: 'http', port, protocol: 'TCP' }] }];
  await using events = watchEvents(t, Endpoints, 'test-endpoint-static=true');
  await t.client.create(Endpoints, { metadata: { name, labels }, subsets: subsets('10.0.0.24', 80) }, at(t));
  await events.until('ADDED', () => true);
  t.must(ENDPOINT[0]!, (await t.client.list(Endpoints, { labelSelector: 'test-endpoint-static=true', namespace: t.namespace })).items.length === 1);
  const made = await t.client.get(Endpoints, name, at(t));
  await t.client.update(Endpoints, { ...made, metadata: { ...made.metadata, labels: { ...labels, 'test-service': 'updated' } } }, at(t));
  t.must(ENDPOINT[1]!, (await events.until('MODIFIED', ({ metadata }) => metadata.labels?.['test-service'] === 'updated')) !== undefined);
  await t.client.patch(Endpoints, name, { type: 'strategic', body: { metadata: { labels: { 'test-service': 'patched' } }, subsets: subsets('10.0.0.25', 8080) } }, at(t));
  const patched = await t.client.get(Endpoints, name, at(t));
  t.must(ENDPOINT[2]!, patched.subsets?.[0]?.addresses?.[0]?.ip === '10.0.0.25' && patched.subsets[0].ports?.[0]?.port === 8080, JSON.stringify(patched.subsets));
  await t.client.deleteCollection(Endpoints, { ...at(t), labelSelector: 'test-endpoint-static=true' });
  await events.until('DELETED', () => true);
});

const ROUNDS = 100;
const latency = test('[sig-network] Service endpoints latency should not be very high  [Conformance]',
  { musts: ['half are there within 20 s and nine tenths within 50 s'], timeoutSeconds: 600 }, async (t) => {
    const labels = { name: 'svc-latency' };
    await t.pods.ready({ labels });
    await using events = watchEvents(t, Endpoints);
    const took: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const started = t.shared.clock.monotonic();
      const { metadata } = await service(t, `latency-svc-${round}`, { selector: labels, ports: [{ port: 80 }] });
      await t.eventually('its endpoints are there', async () =>
        events.seen.some(({ object }) => object.metadata.name === metadata.name && (object.subsets?.length ?? 0) > 0), { everySeconds: 0.01 });
      took.push((t.shared.clock.monotonic() - started) / 1000);
    }
    const sorted = took.toSorted((a, b) => a - b);
    const at50 = sorted[Math.floor(ROUNDS * 0.5)]!;
    const at90 = sorted[Math.floor(ROUNDS * 0.9)]!;
    t.must('half are there within 20 s and nine tenths within 50 s', at50 <= 20 && at90 <= 50, `${at50} s, ${at90} s`);
  });

export const services: readonly TestCase[] = [master, everywhere, basic, multiport, nodePort, endpointLifecycle, latency];
