/** What a node's own network does for its pods: ports of the host, a way back to oneself, and how much goes through. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, fetchText, must, startCluster, type Cluster } from './testing/cluster.ts';

const POD = `
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: { app: web }
  annotations: { kubernetes.io/ingress-bandwidth: 8M, kubernetes.io/egress-bandwidth: 4M }
spec:
  nodeName: node-1
  terminationGracePeriodSeconds: 1
  containers:
    - name: web
      image: knarr.local/busybox:1
      command: [sh, -c, 'mkdir -p /w; echo here > /w/index.html; exec httpd -f -p 8080 -h /w']
      ports: [{ containerPort: 8080, hostPort: 18080 }]
---
apiVersion: v1
kind: Pod
metadata: { name: other }
spec:
  nodeName: node-2
  terminationGracePeriodSeconds: 1
  containers: [{ name: other, image: 'knarr.local/busybox:1', command: [sleep, '100000'] }]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
`;

let cluster: Cluster;
let slot = 0;
beforeAll(async () => {
  cluster = await startCluster(['--nodes', '2', '--network', 'vxlan']);
  slot = (JSON.parse(await readFile(join(cluster.dataDir, 'cluster.json'), 'utf8')) as { slot: number }).slot;
  await cluster.kubectlWith(POD, 'apply', '-f', '-');
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod/web', 'pod/other', '--timeout=120s');
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

const from = async (pod: string, address: string): Promise<string> =>
  (await cluster.kubectl('exec', pod, '--', 'timeout', '5', 'wget', '-q', '-O', '-', `http://${address}/`)).trim();

test('a host port is open on the pod\'s node, to this machine, to other nodes\' pods and to the pod itself', async () => {
  const address = `10.89.${slot}.11:18080`;
  expect((await eventually('this machine', () => fetchText(`http://${address}/`))).trim()).toBe('here');
  expect(await eventually('another node\'s pod', () => from('other', address))).toBe('here');
  expect(await eventually('the pod itself', () => from('web', address))).toBe('here');
});

test('a pod reaches itself through its Service', async () => {
  expect(await eventually('by name', () => from('web', 'web.default.svc.cluster.local'))).toBe('here');
});

test('bandwidth annotations become token buckets of the kernel', async () => {
  const buckets = await must('ip', ['netns', 'exec', `knarr-${slot}-node-1`, 'tc', 'qdisc', 'show']);
  expect(buckets.match(/qdisc tbf .* rate (\d+)Mbit/g)?.map((line) => / rate (\S+)/.exec(line)![1]).toSorted()).toEqual(['4Mbit', '8Mbit']);
});
