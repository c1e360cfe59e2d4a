/** Two clusters on one machine know nothing of each other. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, fetchText, startCluster, type Cluster } from './testing/cluster.ts';

let clusters: readonly Cluster[] = [];
beforeAll(async () => {
  clusters = [await startCluster(), await startCluster()];
});
afterAll(async () => {
  for (const cluster of clusters) await cluster[Symbol.asyncDispose]();
});

test('each has its own node and service network, and serves its own pods', async () => {
  const seen = await Promise.all(clusters.map(async (cluster, at) => {
    const name = `web-${at}`;
    await cluster.kubectl('create', 'deployment', name, '--image=knarr.local/busybox:1', '--', 'sh', '-c', `mkdir /w; echo cluster ${at} > /w/index.html; exec httpd -f -p 8080 -h /w`);
    await cluster.kubectl('expose', 'deployment', name, '--port=80', '--target-port=8080');
    await cluster.kubectl('rollout', 'status', `deployment/${name}`, '--timeout=90s');
    const ip = await cluster.kubectl('get', 'service', name, '-o', 'jsonpath={.spec.clusterIP}');
    const text = await eventually('the Service answers', () => fetchText(`http://${ip}/`));
    return { text, network: ip.split('.').slice(0, 2).join('.'), deployments: await cluster.kubectl('get', 'deployments', '-o', 'name') };
  }));
  expect(seen.map(({ text }) => text)).toEqual(['cluster 0\n', 'cluster 1\n']);
  expect(seen.map(({ deployments }) => deployments)).toEqual(['deployment.apps/web-0\n', 'deployment.apps/web-1\n']);
  expect(seen[0]!.network).not.toBe(seen[1]!.network);
});

test('the end of one is not the end of the other', async () => {
  const [first, second] = clusters;
  expect((await first!.knarr('down')).code).toBe(0);
  const ip = await second!.kubectl('get', 'service', 'web-1', '-o', 'jsonpath={.spec.clusterIP}');
  expect(await fetchText(`http://${ip}/`)).toBe('cluster 1\n');
});

test('what was stopped before takes nothing from who came after it', async () => {
  const [first] = clusters;
  await using third = await startCluster(); // it has the first one's networks now
  await third.kubectl('run', 'stays', '--image=knarr.local/busybox:1', '--', 'sleep', '100000');
  await third.kubectl('wait', '--for=condition=Ready', 'pod/stays', '--timeout=60s');

  expect((await first!.knarr('down', '--purge')).code).toBe(0);

  expect(await third.kubectl('exec', 'stays', '--', 'echo', 'still here')).toBe('still here\n');
  await third.kubectl('run', 'comes', '--image=knarr.local/busybox:1', '--', 'sleep', '100000');
  await third.kubectl('wait', '--for=condition=Ready', 'pod/comes', '--timeout=60s');
});
