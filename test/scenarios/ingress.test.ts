/** Ingress and Gateways in a cluster: from outside by host and path, over TLS, while the backend rolls. */
import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemRandom } from '../../src/base/random.ts';
import { issueCa, issueLeaf } from '../../src/wire/node/issue.ts';
import { gatewayDefinitions } from '../../src/rules/gateway/testing/definitions.ts';
import { eventually, startCluster, type Cluster } from './testing/cluster.ts';

const web = (name: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: 2
  selector: { matchLabels: { app: ${name} } }
  strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      terminationGracePeriodSeconds: 5
      containers:
        - name: web
          image: knarr.local/busybox:1
          command: [sh, -c, 'mkdir -p /w/api; echo ${name} | tee /w/index.html > /w/api/index.html; exec httpd -f -p 8080 -h /w']
          ports: [{ name: http, containerPort: 8080 }]
          readinessProbe: { httpGet: { path: /, port: http }, periodSeconds: 1 }
          lifecycle: { preStop: { sleep: { seconds: 2 } } }
---
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { selector: { app: ${name} }, ports: [{ name: http, port: 80, targetPort: http }] }`;
const INGRESS = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop }
spec:
  ingressClassName: knarr
  tls: [{ hosts: [shop.example], secretName: shop-tls }]
  rules:
    - host: shop.example
      http:
        paths:
          - { path: /api, pathType: Prefix, backend: { service: { name: api, port: { name: http } } } }
          - { path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }`;

let cluster: Cluster;
let address = '';
beforeAll(async () => {
  cluster = await startCluster(['--nodes', '2']);
  await cluster.kubectlWith([web('web'), web('api'), INGRESS].join('\n---'), 'apply', '-f', '-');
  for (const name of ['web', 'api']) await cluster.kubectl('rollout', 'status', `deployment/${name}`, '--timeout=120s');
  address = await eventually('an address', () => cluster.kubectl('get', 'ingress', 'shop', '-o', 'jsonpath={.status.loadBalancer.ingress[0].ip}'));
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

function certificateFor(name: string): { readonly cert: string; readonly key: string; readonly ca: string } {
  const ca = issueCa('test', Date.now(), systemRandom);
  return { ...issueLeaf({ commonName: name, organizations: [], use: 'server', dnsNames: [name], addresses: [] }, ca, { now: Date.now(), random: systemRandom }), ca: ca.cert };
}

const tlsSecret = (name: string, { cert, key }: { readonly cert: string; readonly key: string }): object =>
  ({ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata: { name }, stringData: { 'tls.crt': cert, 'tls.key': key } });

/** Status and body of a request to the host, by the Ingress's address. */
function ask(path: string, { host = 'shop.example', to = address, port, ca }: { host?: string; to?: string; port?: number; ca?: string } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = (ca === undefined ? httpGet : httpsGet)({ host: to, port, path, headers: { host }, agent: false, timeout: 10_000, ...(ca === undefined ? {} : { ca, servername: host }) }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => (text += String(chunk)));
      answer.on('end', () => resolve(`${answer.statusCode} ${text.trim()}`));
      answer.on('error', reject);
    });
    asked.on('timeout', () => asked.destroy(new Error('silent')));
    asked.on('error', reject);
  });
}

test('every node lets requests in, by host and path', async () => {
  const addresses = (await eventually('both addresses', async () => {
    const found = (await cluster.kubectl('get', 'ingress', 'shop', '-o', 'jsonpath={.status.loadBalancer.ingress[*].ip}')).split(' ');
    return found.length === 2 ? found : undefined;
  }));
  for (const to of addresses) {
    await eventually(`${to} answers`, async () => (await ask('/', { to })) === '200 web');
    expect(await ask('/api/', { to })).toBe('200 api');
    expect(await ask('/', { to, host: 'other.example' })).toBe('404 default backend - 404');
  }
});

test('the certificate of its Secret answers for the host, which no other Secret of the cluster is read for', async () => {
  const { cert, key, ca } = certificateFor('shop.example');
  await cluster.kubectlWith(JSON.stringify(tlsSecret('shop-tls', { cert, key })), 'apply', '-f', '-');
  await eventually('TLS', async () => (await ask('/', { ca })) === '200 web');
  const may = async (name: string) => (await cluster.tryKubectl('auth', 'can-i', 'get', `secrets/${name}`, '--as', 'system:knarr:agent:node-1', '--as-group', 'system:knarr:agent')).stdout.trim();
  expect([await may('shop-tls'), await may('another')]).toEqual(['yes', 'no']);
});

test('while the backend rolls no request is lost', async () => {
  await eventually('it answers', async () => (await ask('/')) === '200 web');
  let rolled = false;
  const failures: string[] = [];
  let asked = 0;
  const clients = Array.from({ length: 4 }, async () => {
    while (!rolled) {
      const answer = await ask('/').catch((error: unknown) => String(error));
      asked++;
      if (answer !== '200 web') failures.push(answer);
    }
  });
  await cluster.kubectl('rollout', 'restart', 'deployment/web');
  await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=120s');
  await eventually('the old pods are gone', async () => (await cluster.kubectl('get', 'pods', '-l', 'app=web', '-o', 'name')).trim().split('\n').length === 2);
  rolled = true;
  await Promise.all(clients);
  expect(failures).toEqual([]);
  expect(asked).toBeGreaterThan(20);
});

const GATEWAY = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: door }
spec:
  gatewayClassName: knarr
  listeners:
    - { name: http, port: 80, protocol: HTTP, hostname: '*.door.example' }
    - { name: https, port: 443, protocol: HTTPS, hostname: shop.door.example, tls: { certificateRefs: [{ name: door-tls }] } }
    - { name: more, port: 8181, protocol: HTTP }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: door }
spec:
  parentRefs: [{ name: door }]
  rules:
    - { matches: [{ path: { type: PathPrefix, value: /api } }], backendRefs: [{ name: api, port: 80 }] }
    - { matches: [{ path: { type: Exact, value: /gone } }], backendRefs: [{ name: nobody, port: 80 }] }
    - { matches: [{ path: { type: PathPrefix, value: /old } }], filters: [{ type: RequestRedirect, requestRedirect: { path: { type: ReplacePrefixMatch, replacePrefixMatch: /new }, statusCode: 301 } }] }
    - { matches: [{ path: { type: PathPrefix, value: / } }], backendRefs: [{ name: web, port: 80 }] }`;

test('Gateways are answered beside Ingresses from the moment that their definitions are there', async () => {
  const { cert, key, ca } = certificateFor('shop.door.example');
  await cluster.kubectlWith(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...gatewayDefinitions, tlsSecret('door-tls', { cert, key })] }), 'apply', '-f', '-');
  await eventually('Gateways are served', async () => (await cluster.kubectlWith(GATEWAY, 'apply', '-f', '-')) !== '');
  const condition = (what: string, path: string) => cluster.kubectl('get', what, '-o', `jsonpath={${path}}`);
  await eventually('it is programmed', async () => (await condition('gateway/door', '.status.conditions[?(@.type=="Programmed")].status')) === 'True');
  const to = await condition('gateway/door', '.status.addresses[0].value');
  const host = 'shop.door.example';
  for (const door of [{ host }, { host, ca }, { host: 'any.example', port: 8181 }]) await eventually(`it answers at ${JSON.stringify(door)}`, async () => (await ask('/', { ...door, to })) === '200 web');
  expect(await ask('/api/', { host, to })).toBe('200 api');
  expect(await ask('/gone', { host, to })).toMatch(/^500/);
  expect(await ask('/old/x', { host, to })).toMatch(/^301/);
  expect(await ask('/', { host: 'door.example', to })).toMatch(/^404/);
  await eventually('Ingresses are answered as before', async () => (await ask('/', { to })) === '200 web');
  await eventually('each listener has its route', async () => (await condition('gateway/door', '.status.listeners[*].attachedRoutes')) === '1 1 1');
  await eventually('the route says what it lacks', async () => (await condition('httproute/door', '.status.parents[0].conditions[*].reason')) === 'Accepted BackendNotFound');
  await cluster.kubectl('delete', 'gateway/door');
  await eventually('the port is closed', () => ask('/', { port: 8181, to }).then(() => false, () => true));
  expect(await ask('/', { to })).toBe('200 web');
});
