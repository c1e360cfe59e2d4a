/** A hundred pods on the one node, and nothing of them left when their namespace is gone. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { eventually, startCluster, type Cluster } from './testing/cluster.ts';

const PODS = 100;

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: many, namespace: crowd }
spec:
  replicas: ${PODS}
  selector: { matchLabels: { app: many } }
  template:
    metadata: { labels: { app: many } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - { name: main, image: 'knarr.local/busybox:1', command: [sleep, '100000'] }
---
apiVersion: v1
kind: Service
metadata: { name: many, namespace: crowd }
spec: { selector: { app: many }, ports: [{ port: 80 }] }
`;

/** What running pods leave on a machine, by kind; each an empty list when there are none. */
async function remains({ dataDir, pidOf }: Cluster, node: string, addresses: readonly string[]) {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(pids.map((pid) => readFile(join('/proc', pid, 'cmdline'), 'utf8').catch(() => '')));
  // The node has a mount namespace of its own: its containerd's is the one that counts.
  const mounts = (await readFile(`/proc/${await pidOf(`containerd-${node}`)}/mountinfo`, 'utf8')).split('\n');
  const { stdout: rules } = await promisify(execFile)('iptables-save', { maxBuffer: 64 * 1024 * 1024 });
  const addressed = new Set(addresses);
  return {
    shims: commands.filter((command) => command.includes('containerd-shim') && command.includes(dataDir)),
    mounts: mounts.filter((line) => line.includes(` ${dataDir}`) && /\/(pods|rootfs|shm|sandboxes)(\/| )/.test(line)),
    links: (await readdir('/sys/class/net')).filter((name) => name.startsWith('veth')),
    rules: rules.split('\n').filter((line) => [...line.matchAll(/\d+\.\d+\.\d+\.\d+/g)].some(([address]) => addressed.has(address))),
  };
}

test(`${PODS} pods run, are served, and go without a trace`, async () => {
  await using cluster = await startCluster();
  const node = await cluster.kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}');
  const before = await remains(cluster, node, []);
  await cluster.kubectl('create', 'namespace', 'crowd');
  await cluster.kubectlWith(deployment, 'apply', '-f', '-');
  await cluster.kubectl('-n', 'crowd', 'rollout', 'status', 'deployment/many', '--timeout=170s');
  const addresses = (await cluster.kubectl('-n', 'crowd', 'get', 'pods', '-o', 'jsonpath={.items[*].status.podIP}')).split(' ');
  expect(new Set(addresses).size).toBe(PODS);
  await eventually('the Service has them all', async () => {
    const slices = await cluster.kubectl('-n', 'crowd', 'get', 'endpointslices', '-o', 'jsonpath={.items[*].endpoints[*].addresses[0]}');
    return slices.split(' ').length === PODS;
  });
  const during = await remains(cluster, node, addresses);
  expect(during.shims).toHaveLength(PODS);
  expect(during.mounts.length).toBeGreaterThanOrEqual(PODS);

  await cluster.kubectl('delete', 'namespace', 'crowd', '--timeout=170s');

  await eventually('nothing is left of them', async () => {
    const after = await remains(cluster, node, addresses);
    expect(after).toEqual({ ...before, rules: [] });
    return true;
  });
}, 500_000);
