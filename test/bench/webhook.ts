/** What a webhook costs a write beside its own round trip. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { backendDialer } from '../../src/cluster/control-plane/backends.ts';
import { issueCa, issueLeaf } from '../../src/wire/node/issue.ts';
import { systemRandom } from '../../src/base/random.ts';
import { systemClock } from '../../src/base/clock.ts';
import { prepareUser } from './cases.ts';
import { ask, drain, quantile, timed } from './load.ts';
import { cpuMicros, freePort } from './machine.ts';
import { start, startKnarrApi } from './target.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
const ROUNDS = 5;
const WRITES = 400;

export async function measureWebhook(directory: string): Promise<void> {
  await using target = await startKnarrApi(directory);
  await prepareUser(target);
  await using webhook = await startWebhook(join(directory, 'webhook'));
  const { admin } = target;
  let serial = 0;
  const write = async () => drain(await ask(admin, { method: 'POST', url: MAPS, body: { metadata: { name: `map-${serial++}` }, data: { 'mutation-start': 'yes' } } }));
  const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'x', namespace: 'default' }, data: { 'mutation-start': 'yes' } };
  const review = { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', request: { uid: 'x', operation: 'CREATE', object } };
  const call = async () => drain(await ask(webhook.transport, { method: 'POST', url: '/mutating-data', body: review }));
  const configuration = {
    metadata: { name: 'bench' },
    webhooks: [{
      name: 'bench.example.com', clientConfig: { url: `https://localhost:${webhook.port}/mutating-data`, caBundle: btoa(webhook.ca) }, sideEffects: 'None', admissionReviewVersions: ['v1'],
      rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }],
    }],
  };
  const p50 = async (work: () => Promise<unknown>) => quantile(await timed(WRITES, 1, work), 0.5);
  const cpu = async (work: () => Promise<number>): Promise<readonly [number, number]> => {
    const before = await cpuMicros(target.pids);
    const millis = await work();
    return [millis, (await cpuMicros(target.pids) - before) / WRITES];
  };
  const figures: { readonly plain: number; readonly hooked: number; readonly trip: number; readonly cpu: number; readonly tripCpu: number }[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const [plain, plainCpu] = await cpu(() => p50(write));
    await drain(await ask(admin, { method: 'POST', url: CONFIGURATIONS, body: configuration }));
    const [hooked, hookedCpu] = await cpu(() => p50(write));
    await drain(await ask(admin, { method: 'DELETE', url: `${CONFIGURATIONS}/bench` }));
    const before = process.cpuUsage();
    const trip = await p50(call);
    const { user, system } = process.cpuUsage(before);
    if (round > 0) figures.push({ plain, hooked, trip, cpu: hookedCpu - plainCpu, tripCpu: (user + system) / WRITES }); // the first warms up
  }
  const middle = (of: (one: (typeof figures)[number]) => number) => quantile(figures.map(of).toSorted((a, b) => a - b), 0.5);
  console.log('\nwebhook: one write after the other, medians (goal: less than 1 ms over its own round trip)');
  console.log(`a write ${middle(({ plain }) => plain).toFixed(2)} ms, with a mutating webhook ${middle(({ hooked }) => hooked).toFixed(2)} ms, the webhook's own round trip ${middle(({ trip }) => trip).toFixed(2)} ms: ` +
    `${middle(({ plain, hooked, trip }) => hooked - plain - trip).toFixed(2)} ms over it; ${middle((one) => one.cpu).toFixed(0)} µs of the server's CPU, where the call alone costs its caller ${middle((one) => one.tripCpu).toFixed(0)} µs`);
}

async function startWebhook(directory: string) {
  await mkdir(directory, { recursive: true });
  const now = systemClock.now();
  const authority = issueCa('bench-webhook', now, systemRandom);
  const { cert, key } = issueLeaf({ commonName: 'webhook', organizations: [], use: 'server', dnsNames: ['localhost'], addresses: [] }, authority, { now, random: systemRandom });
  await Promise.all([writeFile(join(directory, 'tls.crt'), cert), writeFile(join(directory, 'tls.key'), key)]);
  const port = await freePort();
  const program = fileURLToPath(new URL('test-server.js', import.meta.url));
  const child = start(process.execPath, [program, 'webhook', String(port), directory], join(directory, 'log'));
  const dial = backendDialer({ cert, key });
  const transport: Parameters<typeof ask>[0] = (request) => dial({ host: 'localhost', port, serverName: 'localhost', caBundle: authority.cert }, request);
  for (let tries = 0; ; tries++) {
    try {
      await drain(await ask(transport, { method: 'GET', url: '/readyz' }));
      break;
    } catch (error) {
      if (tries === 100) throw error;
      await systemClock.sleep(50);
    }
  }
  return {
    port, ca: authority.cert, transport,
    async [Symbol.asyncDispose]() {
      await dial[Symbol.asyncDispose]();
      child.kill('SIGKILL');
    },
  };
}
