/**
 * Who reaches what, over every backend: printed as a table, `yes` where an answer came from the right node.
 *
 * One data directory goes through all backends, so that each change of backend is seen to work, too.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BACKENDS } from '../../src/network/index.ts';
import { gatewayDefinitions } from '../../src/rules/gateway/testing/definitions.ts';
import { ip, isRoot, run as runHere } from './support/namespaces.ts';
import { eventually, run, startCluster, type Cluster } from './testing/cluster.ts';

/** A pod on a node, in its own network and in the node's, and Services of every type for the first. */
const onNode = (n: number): string => `
apiVersion: v1
kind: Pod
metadata: { name: web-${n}, labels: { app: web-${n} } }
spec:
  nodeName: node-${n}
  terminationGracePeriodSeconds: 1
  containers: [{ name: web, image: 'knarr.local/busybox:1', command: [sh, -c, 'mkdir -p /w/on-${n}; echo node-${n} | tee /w/index.html > /w/on-${n}/index.html; exec httpd -f -p 8080 -h /w'] }]
---
apiVersion: v1
kind: Pod
metadata: { name: host-${n} }
spec:
  nodeName: node-${n}
  hostNetwork: true
  dnsPolicy: ClusterFirstWithHostNet
  terminationGracePeriodSeconds: 1
  containers: [{ name: host, image: 'knarr.local/busybox:1', command: [sleep, '100000'] }]
---
apiVersion: v1
kind: Service
metadata: { name: web-${n} }
spec: { type: LoadBalancer, selector: { app: web-${n} }, ports: [{ port: ${8000 + n}, targetPort: 8080, nodePort: ${31000 + n} }] }
---
apiVersion: v1
kind: Service
metadata: { name: external-${n} }
spec: { type: ExternalName, externalName: web-${n}.default.svc.cluster.local }
---`;

/** Paths of every node's door lead to the pods. */
const DOORS = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec:
  ingressClassName: knarr
  rules: [{ http: { paths: [${[1, 2].map((n) => `{ path: /on-${n}, pathType: Prefix, backend: { service: { name: web-${n}, port: { number: ${8000 + n} } } } }`).join(', ')}] } }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: web }
spec: { gatewayClassName: knarr, listeners: [{ name: web, port: 8800, protocol: HTTP }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web }
spec:
  parentRefs: [{ name: web }]
  rules: [${[1, 2].map((n) => `{ matches: [{ path: { type: PathPrefix, value: /on-${n} } }], backendRefs: [{ name: web-${n}, port: ${8000 + n} }] }`).join(', ')}]`;

const FROM = ['pod', 'host network pod', 'node', 'outside'] as const;
const TO = ['pod', 'ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName', 'Ingress', 'Gateway'] as const;
const WHERE = ['same node', 'other node'] as const;
type From = (typeof FROM)[number];
type To = (typeof TO)[number];

/** Cluster names mean nothing to a node's own resolver, and cluster addresses nothing to whoever is outside. */
const NO: Readonly<Record<From, readonly To[]>> = { pod: [], 'host network pod': [], node: ['ExternalName'], outside: ['pod', 'ClusterIP', 'ExternalName'] };
const EXPECTED = FROM.flatMap((from) => WHERE.map((where) => [from, where, ...TO.map((to) => (NO[from].includes(to) ? 'no' : 'yes'))]));

const OUTSIDE = `knx${process.pid}`;
let cluster: Cluster;
let slot = 0;

beforeAll(async () => {
  cluster = await startCluster(['--nodes', '2', '--network', BACKENDS[0]!]);
  slot = (JSON.parse(await readFile(join(cluster.dataDir, 'cluster.json'), 'utf8')) as { slot: number }).slot;
  await cluster.kubectlWith(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: gatewayDefinitions }), 'apply', '-f', '-');
  await cluster.kubectlWith([1, 2].map(onNode).join('\n'), 'apply', '-f', '-');
  await eventually('the doors are made', async () => (await cluster.kubectlWith(DOORS, 'apply', '-f', '-')) !== '');
});
afterAll(async () => {
  await runHere('ip', ['netns', 'delete', OUTSIDE]);
  await cluster?.[Symbol.asyncDispose]();
});

/** A host on the nodes' link that knows nothing of the cluster: no route to pods or Services, another resolver. */
async function placeOutside(): Promise<void> {
  await runHere('ip', ['netns', 'delete', OUTSIDE]);
  await ip(`netns add ${OUTSIDE}`);
  await ip(`link add ${OUTSIDE} type veth peer name eth0 netns ${OUTSIDE}`);
  await ip(`link set ${OUTSIDE} master knarr${slot} up`);
  await ip(`-n ${OUTSIDE} address add 10.89.${slot}.200/24 dev eth0`);
  await ip(`-n ${OUTSIDE} link set eth0 up`);
}

const field = (path: string, ...what: readonly string[]): Promise<string> => cluster.kubectl('get', ...what, '-o', `jsonpath={${path}}`);

/** Where each thing is reached, by node. */
async function targets(n: number): Promise<Readonly<Record<To, string>>> {
  const [pod, clusterIp, node] = await Promise.all([
    field('.status.podIP', 'pod', `web-${n}`), field('.spec.clusterIP', 'service', `web-${n}`), field('.status.addresses[?(@.type=="InternalIP")].address', 'node', `node-${n}`),
  ]);
  const balanced = await field('.status.loadBalancer.ingress[*].ip', 'service', `web-${n}`);
  expect(balanced.split(' ')).toContain(node);
  return {
    pod: `${pod}:8080`, ClusterIP: `${clusterIp}:${8000 + n}`, NodePort: `${node}:${31000 + n}`, LoadBalancer: `${node}:${8000 + n}`,
    ExternalName: `external-${n}.default.svc.cluster.local:${8000 + n}`,
    Ingress: `${node}/on-${n}`, Gateway: `${node}:8800/on-${n}`,
  };
}

/** Asks each address in one go: one line each, the answer or nothing. */
const script = (addresses: readonly string[]): string => addresses.map((address) => `(timeout 4 wget -q -O - http://${address}/ 2>/dev/null || echo -) | head -n 1`).join('; ');

async function askFrom(from: From, addresses: readonly string[]): Promise<readonly string[]> {
  const text = script(addresses);
  const inNamespace = (name: string) => run('ip', ['netns', 'exec', name, '/bin/busybox', 'sh', '-c', text]);
  const asked = {
    pod: () => cluster.tryKubectl('exec', 'web-1', '--', 'sh', '-c', text),
    'host network pod': () => cluster.tryKubectl('exec', 'host-1', '--', 'sh', '-c', text),
    node: () => inNamespace(`knarr-${slot}-node-1`),
    outside: () => inNamespace(OUTSIDE),
  };
  return (await asked[from]()).stdout.trim().split('\n');
}

async function connectivity(): Promise<readonly (readonly string[])[]> {
  const [same, other] = [await targets(1), await targets(2)];
  return Promise.all(FROM.flatMap((from) => [[WHERE[0], same, 'node-1'] as const, [WHERE[1], other, 'node-2'] as const].map(async ([where, where2, answer]) => {
    const answers = await askFrom(from, TO.map((to) => where2[to]));
    return [from, where, ...answers.map((one) => (one === answer ? 'yes' : 'no'))];
  })));
}

function print(title: string, rows: readonly (readonly string[])[]): void {
  const lines = [['from', 'to, on the', ...TO], ...rows].map((row) => row.map((cell) => cell.padEnd(16)).join(' ').trimEnd());
  console.log(`\n${title}\n${lines.join('\n')}\n`);
}

for (const [at, backend] of BACKENDS.entries()) {
  test.skipIf(!isRoot)(`${backend}: everybody reaches what they should, and nothing else`, { timeout: 400_000 }, async () => {
    if (at > 0) {
      expect(await cluster.knarr('down')).toMatchObject({ code: 0 });
      expect(await cluster.up('--network', backend)).toMatchObject({ code: 0 });
    }
    await placeOutside();
    await cluster.kubectl('wait', '--for=condition=Ready', '--timeout=120s', 'pod/web-1', 'pod/web-2', 'pod/host-1', 'pod/host-2');
    let rows: readonly (readonly string[])[] = [];
    try {
      await eventually('the table is as it should be', async () => {
        rows = await connectivity();
        return JSON.stringify(rows) === JSON.stringify(EXPECTED);
      }, 180);
    } finally {
      print(backend, rows);
    }
    expect(rows).toEqual(EXPECTED);
  });
}
