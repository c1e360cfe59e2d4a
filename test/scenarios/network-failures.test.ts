/** Hosts that come, lose their power or their cable, and go: what becomes of their pods. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, fetchText, startCluster, type Cluster } from './testing/cluster.ts';

const TOLERATIONS = ['not-ready', 'unreachable']
  .map((taint) => `{ key: node.kubernetes.io/${taint}, operator: Exists, effect: NoExecute, tolerationSeconds: 2 }`).join(', ');
const SERVER = `{ name: web, image: 'knarr.local/busybox:1', command: [sh, -c, 'mkdir /w; hostname > /w/index.html; exec httpd -f -p 8080 -h /w'] }`;
const preferring = (node: string): string => `
      affinity:
        nodeAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - { weight: 100, preference: { matchExpressions: [{ key: kubernetes.io/hostname, operator: In, values: [${node}] }] } }`;
const deployment = (node: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      tolerations: [${TOLERATIONS}]${preferring(node)}
      containers: [${SERVER}]
`;
const statefulSet = (node: string): string => `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  serviceName: db
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec:
      terminationGracePeriodSeconds: 1
      tolerations: [${TOLERATIONS}]${preferring(node)}
      containers: [${SERVER}]
`;

/** A host is taken for dead after most of a minute. */
const LONG = { timeout: 500_000 };

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster(['--nodes', '2']);
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

const node = async (...words: readonly string[]): Promise<void> => {
  const { code, stderr } = await cluster.knarr('node', ...words);
  expect({ code, stderr }).toMatchObject({ code: 0 });
};
interface Seen {
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  readonly ip: string;
  readonly phase: string;
  readonly leaving: boolean;
}
const pods = async (app: string): Promise<readonly Seen[]> => {
  const text = await cluster.kubectl('get', 'pods', '-l', `app=${app}`, '-o', 'json');
  const { items } = JSON.parse(text) as { items: readonly { metadata: { name: string; uid: string; deletionTimestamp?: string }; spec: { nodeName?: string }; status: { podIP?: string; phase: string } }[] };
  return items.map(({ metadata, spec, status }) => ({
    name: metadata.name, uid: metadata.uid, node: spec.nodeName ?? '', ip: status.podIP ?? '', phase: status.phase, leaving: metadata.deletionTimestamp !== undefined,
  }));
};
const isReady = async (name: string): Promise<boolean> =>
  (await cluster.kubectl('get', 'node', name, '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')) === 'True';
const running = (app: string, where: (node: string) => boolean): Promise<Seen> => eventually(
  `${app} runs where it should`, async () => (await pods(app)).find((pod) => pod.phase === 'Running' && !pod.leaving && where(pod.node)), 150,
);

test('a host that is added runs pods, which this machine and the others reach', async () => {
  await node('add');
  expect(await isReady('node-3')).toBe(true);
  await cluster.kubectlWith(deployment('node-3'), 'apply', '-f', '-');
  const pod = await running('web', (name) => name === 'node-3');
  expect(pod.ip).toMatch(/^10\.\d+\.2\./);
  expect((await eventually('its server answers', () => fetchText(`http://${pod.ip}:8080/`))).trim()).toBe(pod.name);
});

test('what ran on a host without power runs elsewhere, and the host comes back empty-handed', LONG, async () => {
  const [before] = await pods('web');
  await node('stop', 'node-3');
  await expect(fetchText(`http://${before!.ip}:8080/`)).rejects.toThrow();
  const other = await running('web', (name) => name !== 'node-3');
  expect(other.uid).not.toBe(before!.uid);
  expect(await isReady('node-3')).toBe(false);

  await node('start', 'node-3');
  await eventually('the host is Ready', () => isReady('node-3'), 120);
  await eventually('the pod of before is gone', async () => (await pods('web')).every(({ uid }) => uid !== before!.uid), 120);
});

test('a StatefulSet\'s pod beyond a cut cable is not run twice; a Deployment\'s is replaced; both are whole once it heals', LONG, async () => {
  await cluster.kubectlWith(statefulSet('node-2'), 'apply', '-f', '-');
  await cluster.kubectl('delete', 'deployment', 'web');
  await cluster.kubectlWith(deployment('node-2'), 'apply', '-f', '-');
  const db = await running('db', (name) => name === 'node-2');
  const web = await running('web', (name) => name === 'node-2');

  await node('partition', 'node-2');
  await running('web', (name) => name !== 'node-2');
  const [cut, ...others] = await eventually('it is to go', async () => {
    const seen = await pods('db');
    return seen.every(({ leaving }) => leaving) ? seen : undefined;
  }, 120);
  expect([cut!.uid, others]).toEqual([db.uid, []]);

  await node('heal', 'node-2');
  await eventually('the host is Ready', () => isReady('node-2'), 120);
  const again = await eventually('it runs anew, once', async () => {
    const seen = await pods('db');
    expect(seen.length).toBeLessThan(2);
    return seen.find((pod) => pod.phase === 'Running' && pod.uid !== db.uid);
  }, 120);
  expect((await eventually('its server answers', () => fetchText(`http://${again.ip}:8080/`))).trim()).toBe('db-0');
  await eventually('the cut off pod is gone', async () => (await pods('web')).every(({ uid }) => uid !== web.uid), 120);
});

test('a host that is removed is gone with its pods, and its number is free again', LONG, async () => {
  await node('remove', 'node-2');
  await eventually('its pods run elsewhere', async () => [...(await pods('web')), ...(await pods('db'))].every((pod) => pod.node !== 'node-2'), 150);
  await running('db', (name) => name !== 'node-2');
  expect((await cluster.kubectl('get', 'nodes', '-o', 'name')).trim().split('\n')).toEqual(['node/node-1', 'node/node-3']);
  await node('add');
  expect((await cluster.kubectl('get', 'nodes', '-o', 'name')).trim().split('\n')).toEqual(['node/node-1', 'node/node-2', 'node/node-3']);
  expect((await cluster.knarr('node', 'stop', 'node-7')).stderr).toContain('there is no node node-7');
});
