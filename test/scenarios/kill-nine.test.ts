/** `kill -9` of each process in turn under a running Deployment: it comes back, and containers run on. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, example, fetchText, startCluster, type Cluster } from './testing/cluster.ts';

let cluster: Cluster;
let node: string;
beforeAll(async () => {
  cluster = await startCluster();
  node = (await cluster.kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
  await cluster.kubectl('apply', '-f', example('guestbook.yaml'));
  await cluster.kubectl('rollout', 'status', 'deployment/backend', '--timeout=90s');
  await cluster.kubectl('rollout', 'status', 'deployment/frontend', '--timeout=90s');
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

/** Containers by id and how often they were restarted: the same before and after, or something was lost. */
const containers = (): Promise<string> => cluster.kubectl(
  'get', 'pods', '-l', 'app=guestbook', '--sort-by=.metadata.name',
  '-o', 'jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}{"\\n"}{end}',
);

/** A pod made now runs: every part between kubectl and the container is at work again. */
async function provesItself(name: string): Promise<void> {
  await eventually('a new pod is accepted', async () =>
    (await cluster.tryKubectl('run', name, '--image=knarr.local/busybox:1', '--restart=Never', '--', 'true')).code === 0);
  await eventually('it ran to its end', async () => (await cluster.kubectl('get', 'pod', name, '-o', 'jsonpath={.status.phase}')) === 'Succeeded');
  await cluster.kubectl('delete', 'pod', name);
}

for (const component of ['control-plane', 'agent', 'containerd', 'supervisor']) {
  test(`${component} killed: it comes back and no container was restarted`, async () => {
    const before = await containers();
    const name = component === 'agent' || component === 'containerd' ? `${component}-${node}` : component;
    const pid = await cluster.pidOf(name);
    process.kill(pid, 'SIGKILL');
    await eventually(`there is another ${component}`, async () => (await cluster.pidOf(name)) !== pid);
    await provesItself(`after-${component}`);
    expect(await containers()).toBe(before);
    const ip = await cluster.kubectl('get', 'service', 'frontend', '-o', 'jsonpath={.spec.clusterIP}');
    await eventually('the Service answers', () => fetchText(`http://${ip}/cgi-bin/guests`));
  });
}

test('down and up again is the same cluster with its pods running', async () => {
  const uid = await cluster.kubectl('get', 'deployment', 'frontend', '-o', 'jsonpath={.metadata.uid}');
  expect((await cluster.knarr('down')).code).toBe(0);
  expect((await cluster.up()).code).toBe(0);
  expect(await cluster.kubectl('get', 'deployment', 'frontend', '-o', 'jsonpath={.metadata.uid}')).toBe(uid);
  await eventually('the Service answers again', async () => {
    const ip = await cluster.kubectl('get', 'service', 'frontend', '-o', 'jsonpath={.spec.clusterIP}');
    return fetchText(`http://${ip}/cgi-bin/guests`);
  }, 120);
});
