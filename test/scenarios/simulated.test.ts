/** A control plane with simulated nodes: what needs no privileges. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, example, must, startCluster, type Cluster } from './testing/cluster.ts';
import { kubectls, type Kubectl } from './testing/kubectl.ts';

let cluster: Cluster;
let clients: readonly Kubectl[];
beforeAll(async () => {
  clients = await kubectls();
  cluster = await startCluster(['--simulated', '3']);
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

test('up says how long it took and where the kubeconfig is', () => {
  expect(cluster.said).toMatch(/knarr: ready after \d+\.\d s: export KUBECONFIG=.*admin\.kubeconfig/);
});

test('every node is Ready', async () => {
  const lines = (await cluster.kubectl('get', 'nodes', '--no-headers')).trim().split('\n');
  expect(lines.map((line) => line.split(/\s+/).slice(0, 2))).toEqual([1, 2, 3].map((n) => [`simulated-${n}`, 'Ready']));
});

test('each kubectl takes a deployment from apply to delete', async () => {
  for (const { file, version } of clients) {
    const kubectl = (...args: readonly string[]) => must(file, args, { env: { KUBECONFIG: cluster.kubeconfig } });
    const namespace = `with-${version.replace('.', '-')}`;
    await kubectl('create', 'namespace', namespace);
    await kubectl('apply', '-n', namespace, '-f', example('guestbook.yaml'));
    await kubectl('rollout', 'status', '-n', namespace, 'deployment/frontend', '--timeout=60s');
    expect(await kubectl('get', '-n', namespace, 'deployment', 'frontend', '-o', 'jsonpath={.status.readyReplicas}')).toBe('3');
    await kubectl('scale', '-n', namespace, 'deployment/frontend', '--replicas=5');
    await kubectl('rollout', 'status', '-n', namespace, 'deployment/frontend', '--timeout=60s');
    expect(await kubectl('describe', '-n', namespace, 'deployment', 'frontend')).toContain('5 desired | 5 updated | 5 total | 5 available');
    await kubectl('delete', '-n', namespace, '-f', example('guestbook.yaml'));
    await kubectl('delete', 'namespace', namespace, '--timeout=60s');
  }
});

test('a second up on the same data directory is refused in one line', async () => {
  const { code, stderr } = await cluster.up();
  expect(code).toBe(1);
  expect(stderr.split('\n')[0]).toMatch(/^knarr: a cluster runs on .* already/);
});

test('a killed control plane comes back with every acknowledged write', async () => {
  await cluster.kubectl('create', 'configmap', 'kept', '--from-literal=a=1');
  process.kill(await cluster.pidOf('control-plane'), 'SIGKILL');
  expect(await eventually('the configmap is served again', () => cluster.kubectl('get', 'configmap', 'kept', '-o', 'jsonpath={.data.a}'))).toBe('1');
});

test('a killed supervisor is replaced and nothing else notices', async () => {
  const [supervisor, controlPlane] = [await cluster.pidOf('supervisor'), await cluster.pidOf('control-plane')];
  process.kill(supervisor, 'SIGKILL');
  await eventually('there is another supervisor', async () => (await cluster.pidOf('supervisor')) !== supervisor);
  expect(await cluster.pidOf('control-plane')).toBe(controlPlane);
});

test('down and up again is the same cluster', async () => {
  await cluster.kubectl('create', 'configmap', 'survivor', '--from-literal=b=2');
  expect((await cluster.knarr('down')).code).toBe(0);
  expect((await cluster.tryKubectl('get', 'nodes')).code).not.toBe(0);
  expect((await cluster.up()).code).toBe(0);
  expect(await cluster.kubectl('get', 'configmap', 'survivor', '-o', 'jsonpath={.data.b}')).toBe('2');
});
