/** The measured work, the same for every target. Each returns what it did; the caller looks at the clock and the CPU. */
import { isApiError } from '../../src/meta/api-error.ts';
import type { Transport } from '../../src/wire/api.ts';
import { ask, drain, repeat } from './load.ts';
import { USER, type Target } from './target.ts';

const NAMESPACE = 'bench';
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const CONFIG_MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const LISTED = 1000;

/** A pod as a Deployment makes it, about 2 kB as stored. */
function pod(name: string): object {
  const probe = { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 10 };
  return {
    apiVersion: 'v1', kind: 'Pod',
    metadata: { name, labels: { app: 'web', 'pod-template-hash': '5d4f8c7b9' }, annotations: { 'example.com/build': 'a'.repeat(64) } },
    spec: {
      automountServiceAccountToken: false,
      containers: [{
        name: 'web', image: 'registry.example.com/web:1.2.3', args: ['--port=8080'], ports: [{ containerPort: 8080 }],
        env: [{ name: 'MODE', value: 'production' }, { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } }, readinessProbe: probe, livenessProbe: probe,
        volumeMounts: [{ name: 'cache', mountPath: '/cache' }],
      }],
      volumes: [{ name: 'cache', emptyDir: {} }],
    },
  };
}

/** The namespace, the user's rights, and the pods that GET and LIST read. */
export async function prepare({ admin }: Target): Promise<void> {
  const role = { name: USER };
  const rules = [{ apiGroups: [''], resources: ['pods', 'configmaps'], verbs: ['*'] }];
  await make(admin, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  await make(admin, `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } });
  await make(admin, '/apis/rbac.authorization.k8s.io/v1/clusterroles', { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: role, rules });
  await make(admin, '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: role,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: USER }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: USER }],
  });
  await repeat(LISTED, 16, (n) => make(admin, PODS, pod(`pod-${n}`)));
}

async function make(transport: Transport, url: string, object: object): Promise<void> {
  try {
    await drain(await ask(transport, 'POST', url, object));
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
  }
}

export interface Case {
  readonly name: string;
  /** What one unit of `run`'s work is. */
  readonly unit: string;
  /** Done before the clock runs: connections, caches, compiled code. */
  readonly warmUp: (user: Transport) => Promise<unknown>;
  /** How many units were done. */
  readonly run: (user: Transport, scale: number) => Promise<number>;
}

const get = (user: Transport, count: number) => repeat(count, 32, async (n) => drain(await ask(user, 'GET', `${PODS}/pod-${n % LISTED}`)));
const list = (user: Transport, count: number) => repeat(count, 4, async () => drain(await ask(user, 'GET', PODS)));
let made = 0;
const post = (user: Transport, count: number) => repeat(count, 32, async () => drain(await ask(user, 'POST', PODS, pod(`post-${made++}`))));
const patch = (user: Transport, count: number) => repeat(count, 32, async (n) => drain(await ask(user, 'PATCH', `${PODS}/pod-${n % LISTED}`, { metadata: { annotations: { n: String(made++) } } })));

export const cases: readonly Case[] = [
  { name: 'GET a pod', unit: 'request', warmUp: (user) => get(user, 3000), run: async (user, scale) => (await get(user, 20_000 * scale), 20_000 * scale) },
  { name: `LIST ${LISTED} pods`, unit: 'request', warmUp: (user) => list(user, 20), run: async (user, scale) => (await list(user, 200 * scale), 200 * scale) },
  { name: 'PATCH a pod', unit: 'request', warmUp: (user) => patch(user, 500), run: async (user, scale) => (await patch(user, 4000 * scale), 4000 * scale) },
  { name: 'POST a pod', unit: 'request', warmUp: (user) => post(user, 500), run: async (user, scale) => (await post(user, 4000 * scale), 4000 * scale) },
  { name: 'WATCH fan-out', unit: 'event', warmUp: (user) => fanOut(user, 20, 5), run: (user, scale) => fanOut(user, 200, 100 * scale) },
];

/** `watchers` of one resource, told of `events` new objects; how many events were delivered. */
async function fanOut(user: Transport, watchers: number, events: number): Promise<number> {
  const stop = new AbortController();
  const from = await latest(user);
  const delivered = Array.from({ length: watchers }, () => 0);
  const done = Promise.all(delivered.map(async (_, watcher) => {
    const { body } = await ask(user, 'GET', `${CONFIG_MAPS}?watch=true&resourceVersion=${from}`, undefined, stop.signal);
    if (body?.type !== 'stream') throw new Error('a watch without a stream');
    for await (const batch of body.chunks) {
      for (const chunk of batch) for (const byte of chunk) if (byte === 10) delivered[watcher]!++;
      if (delivered[watcher]! >= events) return;
    }
  }));
  const data = { text: 'x'.repeat(1000) };
  await repeat(events, 4, async () => drain(await ask(user, 'POST', CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `watched-${made++}` }, data })));
  await done;
  stop.abort();
  return watchers * events;
}

/** The revision to watch from. */
async function latest(user: Transport): Promise<string> {
  const { body } = await ask(user, 'GET', `${CONFIG_MAPS}?limit=1`);
  const text = body?.type === 'bytes' ? Buffer.concat(body.chunks).toString() : '';
  return (JSON.parse(text) as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
}
