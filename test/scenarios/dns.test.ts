/** The cluster's names as pods see them: the Kubernetes DNS specification, search paths, and what an administrator may set. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, startCluster, type Cluster } from './testing/cluster.ts';

const OBJECTS = `
apiVersion: v1
kind: Pod
metadata: { name: client }
spec:
  containers: [{ name: c, image: knarr.local/busybox:1, command: [sleep, '100000'] }]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  serviceName: db
  replicas: 2
  podManagementPolicy: Parallel
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{ name: c, image: knarr.local/busybox:1, command: [sleep, '100000'], ports: [{ name: sql, containerPort: 3306 }] }]
---
apiVersion: v1
kind: Service
metadata: { name: db }
spec: { clusterIP: None, selector: { app: db }, ports: [{ name: sql, port: 3306 }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: db }, ports: [{ name: http, port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: alias }
spec: { type: ExternalName, externalName: web.default.svc.cluster.local }
`;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster([]);
  await cluster.kubectlWith(OBJECTS, 'apply', '-f', '-');
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod/client', '--timeout=90s');
  await cluster.kubectl('rollout', 'status', 'statefulset/db', '--timeout=90s');
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

/** What nslookup finds from the pod; its complaint where there is nothing. */
const look = (...args: readonly string[]): Promise<string> => cluster.kubectl('exec', 'client', '--', 'sh', '-c', `nslookup ${args.join(' ')} 2>&1 || true`);
const field = async (path: string, ...what: readonly string[]): Promise<string> => (await cluster.kubectl('get', ...what, '-o', `jsonpath={${path}}`)).trim();

test('a Service has a name, short within its namespace, and a way back', async () => {
  const address = await field('.spec.clusterIP', 'service', 'web');
  expect(await look('web.default.svc.cluster.local')).toContain(address);
  expect(await look('web')).toContain(address);
  expect(await look(address)).toContain('web.default.svc.cluster.local');
});

test('each pod of a StatefulSet has a name below its headless Service', async () => {
  const addresses = (await field('.items[*].status.podIP', 'pods', '-l', 'app=db')).split(' ');
  await eventually('both are known', async () => {
    const text = await look('db.default.svc.cluster.local');
    return addresses.every((address) => text.includes(address));
  });
  expect(await look('db-1.db.default.svc.cluster.local')).toContain(await field('.status.podIP', 'pod', 'db-1'));
  expect(await look('-type=srv', '_sql._tcp.db.default.svc.cluster.local')).toMatch(/db-[01]\.db\.default\.svc\.cluster\.local/);
  expect(await look('db-7.db.default.svc.cluster.local')).toMatch(/NXDOMAIN|can't find|can't resolve/);
});

test('an alias leads on, and a pod is found by its address', async () => {
  expect(await look('alias.default.svc.cluster.local')).toContain(await field('.spec.clusterIP', 'service', 'web'));
  const address = await field('.status.podIP', 'pod', 'client');
  expect(await look(`${address.replaceAll('.', '-')}.default.pod.cluster.local`)).toContain(address);
});

test('an administrator\'s Corefile gives names addresses', async () => {
  const corefile = ['.:53 {', '  hosts {', '    192.0.2.77 git.example.test', '    fallthrough', '  }', '  forward . /etc/resolv.conf', '}'].join('\n');
  await cluster.kubectl('-n', 'kube-system', 'create', 'configmap', 'coredns', `--from-literal=Corefile=${corefile}`);
  await eventually('the name is known', async () => (await look('git.example.test')).includes('192.0.2.77'));
});

test('a server of one\'s own takes over the Service, and gives it back', async () => {
  const slices = () => field('.items[*].metadata.name', '-n', 'kube-system', 'endpointslices', '-l', 'endpointslice.kubernetes.io/managed-by=knarr-agent');
  expect(await slices()).not.toBe('');
  await cluster.kubectl('-n', 'kube-system', 'patch', 'service', 'kube-dns', '--type=merge', '-p', '{"spec":{"selector":{"k8s-app":"kube-dns"}}}');
  await eventually('the agents withdraw', async () => (await slices()) === '');
  await cluster.kubectl('-n', 'kube-system', 'patch', 'service', 'kube-dns', '--type=merge', '-p', '{"spec":{"selector":null}}');
  await eventually('the agents are back', async () => (await look('web.default.svc.cluster.local')).includes(await field('.spec.clusterIP', 'service', 'web')));
});
