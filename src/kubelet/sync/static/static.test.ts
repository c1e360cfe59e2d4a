import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Node } from '../../../kinds/core/node.ts';
import { Pod } from '../../../kinds/core/pod.ts';
import { IMAGE, startTestNode } from '../../testing/node.ts';
import type { TestNode } from '../../testing/node.ts';

const inDefault = { namespace: 'default' };
const manifest = (name: string, container: object = {}) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: name } }, spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'a', image: IMAGE, ...container }] } });

async function setUp() {
  const node = await startTestNode();
  await mkdir(node.manifests, { recursive: true });
  return node;
}
const write = (node: TestNode, file: string, text: string) => writeFile(join(node.manifests, file), text);
const isReady = ({ status: { conditions = [] } }: Pod) => conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True');

test('a manifest runs, and shows in the API as a mirror that the node owns', async () => {
  await using node = await setUp();
  await write(node, 'web.json', manifest('web'));
  const mirror = await node.untilPod('web-node-1', isReady);
  const { annotations = {}, ownerReferences, labels } = mirror.metadata;
  const owner = await node.client.get(Node, 'node-1');
  expect(ownerReferences).toEqual([{ apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: owner.metadata.uid, controller: true }]);
  expect(labels).toEqual({ app: 'web' });
  expect(annotations).toMatchObject({ 'kubernetes.io/config.source': 'file', 'kubernetes.io/config.mirror': annotations['kubernetes.io/config.hash'] });
  expect(mirror.metadata.uid).not.toBe(annotations['kubernetes.io/config.hash']);
  expect(mirror.status).toMatchObject({ phase: 'Running', podIP: '10.244.0.2', containerStatuses: [{ name: 'a', ready: true }] });
  // Its containers carry the static pod's own uid.
  expect(node.cri.find('a')!.labels['io.kubernetes.pod.uid']).toBe(annotations['kubernetes.io/config.hash']);
});

test('a mirror that is deleted comes back, and its pod has not noticed', async () => {
  await using node = await setUp();
  await write(node, 'web.json', manifest('web'));
  const first = await node.untilPod('web-node-1', isReady);
  const calls = node.cri.calls.length;
  await node.client.delete(Pod, 'web-node-1', inDefault);
  const second = await node.untilPod('web-node-1', (pod) => pod.metadata.uid !== first.metadata.uid && isReady(pod));
  expect(second.status.startTime).toBe(first.status.startTime);
  expect(node.cri.calls.slice(calls)).toEqual([]);
});

test('without its manifest the pod ends and its mirror goes', async () => {
  await using node = await setUp();
  await write(node, 'web.json', manifest('web'));
  await node.untilPod('web-node-1', isReady);
  await rm(join(node.manifests, 'web.json'));
  await node.until('gone', async () => !(await node.pod('web-node-1')));
  expect(node.cri.calls).toContain('stopContainer a');
  await node.until('nothing left', async () => (await node.cri.listPodSandboxes()).length === 0);
});

test('a manifest changed in place is another pod, which starts when nothing is left of the first', async () => {
  await using node = await setUp();
  await write(node, 'web.json', manifest('web'));
  const first = await node.untilPod('web-node-1', isReady);
  await write(node, 'web.json', manifest('web', { command: ['other'] }));
  const second = await node.untilPod('web-node-1', (pod) => pod.metadata.uid !== first.metadata.uid && isReady(pod));
  expect(second.spec.containers[0]!.command).toEqual(['other']);
  expect(node.cri.calls.indexOf('removePodSandbox web-node-1')).toBeGreaterThan(0);
  expect(node.cri.calls.lastIndexOf('createContainer a')).toBeGreaterThan(node.cri.calls.indexOf('removePodSandbox web-node-1'));
});

test('a bad manifest harms no other, hidden files and directories are none', async () => {
  await using node = await setUp();
  await write(node, 'bad.yaml', '{{ not yaml');
  await write(node, '.hidden.json', manifest('hidden'));
  await mkdir(join(node.manifests, 'deeper'));
  await write(node, 'web.json', manifest('web'));
  await node.untilPod('web-node-1', isReady);
  expect(await node.pod('hidden-node-1')).toBeUndefined();
  await write(node, 'bad.yaml', manifest('mended'));
  await node.untilPod('mended-node-1', isReady);
});

test('static pods run without an API server, and show when it is back', async () => {
  await using node = await setUp();
  node.reachable(false);
  await write(node, 'web.json', manifest('web'));
  await node.restart();
  await node.until('running', () => node.cri.find('a')?.state === 'CONTAINER_RUNNING');
  expect(await node.pod('web-node-1')).toBeUndefined();
  node.reachable(true);
  const mirror = await node.untilPod('web-node-1', isReady);
  expect(mirror.status.containerStatuses![0]!.restartCount).toBe(0);
});

test('a restarted kubelet takes static pods over, and what it said of them stands', async () => {
  await using node = await setUp();
  await write(node, 'web.json', manifest('web'));
  const before = await node.untilPod('web-node-1', isReady);
  await node.clock.advance(60_000);
  const calls = node.cri.calls.length;
  await node.restart();
  await node.clock.advance(30_000);
  expect(node.cri.calls.slice(calls)).toEqual([]);
  const after = (await node.pod('web-node-1'))!;
  expect([after.metadata.uid, after.status]).toEqual([before.metadata.uid, before.status]);
});

test('a manifest that went while the kubelet was away leaves nothing', async () => {
  await using node = await setUp();
  await write(node, 'web.json', manifest('web'));
  await node.untilPod('web-node-1', isReady);
  await rm(join(node.manifests, 'web.json'));
  await node.restart();
  await node.until('gone', async () => !(await node.pod('web-node-1')) && (await node.cri.listPodSandboxes()).length === 0);
});

test('a pod of the API does not become a static one by saying so', async () => {
  await using node = await setUp();
  await node.client.create(Pod, { metadata: { name: 'liar', ...inDefault, annotations: { 'kubernetes.io/config.source': 'file' } }, spec: { nodeName: 'node-1', automountServiceAccountToken: false, containers: [{ name: 'a', image: IMAGE }] } });
  const pod = await node.untilPod('liar', isReady);
  await node.client.delete(Pod, 'liar', inDefault);
  await node.until('gone', async () => !(await node.pod('liar')));
  expect(pod.metadata.ownerReferences).toBeUndefined();
});

test('manifests of a URL run as well, and stay while it cannot be read', async () => {
  let answer: { readonly status: number; readonly text: string } = { status: 200, text: '' };
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(String(request.headers['x-node']));
    response.writeHead(answer.status).end(answer.text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const items = ['one', 'two'].map((name) => JSON.parse(manifest(name)) as unknown);
  answer = { status: 200, text: JSON.stringify({ apiVersion: 'v1', kind: 'PodList', items }) };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/pods`;
  {
    await using node = await startTestNode({}, { staticPods: { url, urlHeaders: { 'X-Node': ['1'] }, fileCheckPeriod: 20_000, httpCheckPeriod: 20_000 } });
    const one = await node.untilPod('one-node-1', isReady);
    await node.untilPod('two-node-1', isReady);
    expect(one.metadata.annotations!['kubernetes.io/config.source']).toBe('http');
    expect(asked[0]).toBe('1');
    answer = { status: 503, text: 'no' };
    await node.clock.advance(60_000);
    expect(isReady((await node.pod('one-node-1'))!)).toBe(true);
    answer = { status: 200, text: JSON.stringify(items[1]) };
    await node.until('gone', async () => !(await node.pod('one-node-1')));
    expect(isReady((await node.pod('two-node-1'))!)).toBe(true);
  }
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
