/** Two nodes on one machine are two hosts: pods, Services, names and the control plane reach across. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, fetchText, startCluster, type Cluster } from './testing/cluster.ts';

const WEB = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            - { labelSelector: { matchLabels: { app: web } }, topologyKey: kubernetes.io/hostname }
      containers:
        - name: web
          image: knarr.local/busybox:1
          command: [sh, -c, 'mkdir -p /tmp/w; echo $NODE > /tmp/w/index.html; exec httpd -f -p 8080 -h /tmp/w']
          env: [{ name: NODE, valueFrom: { fieldRef: { fieldPath: spec.nodeName } } }]
          readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
`;
/** One on each node, by name alone: for a scheduler that does not know anti-affinity yet. */
const pinned = (node: string): string => WEB.split('---')[0]!
  .replace(/ {6}affinity:[\s\S]*?(?= {6}containers:)/, `      nodeName: ${node}\n`)
  .replace('name: web }', `name: web-${node} }`).replace('replicas: 2', 'replicas: 1');

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster(['--nodes', '2']);
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

const fetchFrom = (pod: string, url: string): Promise<string> => cluster.kubectl('exec', pod, '--', 'timeout', '5', 'wget', '-q', '-O', '-', url);
const pods = async (): Promise<readonly { name: string; node: string; ip: string }[]> => {
  const text = await cluster.kubectl('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={range .items[*]}{.metadata.name} {.spec.nodeName} {.status.podIP}{"\\n"}{end}');
  return text.trim().split('\n').map((line) => line.split(' ')).map(([name = '', node = '', ip = '']) => ({ name, node, ip }));
};

test('both nodes are Ready with addresses of their own', async () => {
  const text = await cluster.kubectl('get', 'nodes', '-o', 'jsonpath={range .items[*]}{.metadata.name} {.status.addresses[?(@.type=="InternalIP")].address} {.spec.podCIDR}{"\\n"}{end}');
  const rows = text.trim().split('\n').map((line) => line.split(' '));
  expect(rows.map(([name]) => name)).toEqual(['node-1', 'node-2']);
  expect(new Set(rows.map(([, address]) => address)).size).toBe(2);
  expect(new Set(rows.map(([, , cidr]) => cidr)).size).toBe(2);
});

test('pods of both nodes reach each other by address', async () => {
  await cluster.kubectlWith(`${pinned('node-1')}\n---\n${pinned('node-2')}\n---\n${WEB.split('---')[1]}`, 'apply', '-f', '-');
  await cluster.kubectl('rollout', 'status', 'deployment/web-node-1', '--timeout=90s');
  await cluster.kubectl('rollout', 'status', 'deployment/web-node-2', '--timeout=90s');
  const [a, b] = await pods();
  expect(a!.node).not.toBe(b!.node);
  expect((await fetchFrom(a!.name, `http://${b!.ip}:8080/`)).trim()).toBe(b!.node);
  expect((await fetchFrom(b!.name, `http://${a!.ip}:8080/`)).trim()).toBe(a!.node);
});

test('the Service spreads over both nodes, from pods and from this machine, by name and by address', async () => {
  const [a, b] = await pods();
  for (const from of [a!, b!]) {
    const seen = new Set<string>();
    await eventually(`${from.name} sees both`, async () => seen.add((await fetchFrom(from.name, 'http://web.default.svc.cluster.local/')).trim()).size === 2);
  }
  const ip = await cluster.kubectl('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}');
  const seen = new Set<string>();
  await eventually('this machine sees both', async () => seen.add((await fetchText(`http://${ip}/`)).trim()).size === 2);
});

test('logs and exec reach the kubelet of either node', async () => {
  for (const { name, node } of await pods()) {
    expect((await cluster.kubectl('exec', name, '--', 'sh', '-c', 'echo $NODE')).trim()).toBe(node);
    await cluster.kubectl('logs', name);
  }
});

test('a pod on either node reaches the API server at its Service address', async () => {
  for (const { name } of await pods()) {
    expect((await cluster.tryKubectl('exec', name, '--', 'sh', '-c', ': | timeout 5 nc kubernetes.default 443')).code).toBe(0);
  }
});
