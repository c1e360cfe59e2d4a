/** `down` leaves the machine as it found it. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { example, must, run, startCluster } from './testing/cluster.ts';

/** What bears the marks of the cluster in this slot: names, and addresses of its networks. Neighbours bear others. */
const marksOf = (slot: number): RegExp => new RegExp([
  `knarr(-nodes)?-?${slot}(?!\\d)`, `10\\.${244 - slot}\\.\\d`, `10\\.${96 + slot}\\.\\d`, `10\\.89\\.${slot}\\.`,
  // The only node of slot 0 is the machine itself, and its rules need no number.
  ...(slot === 0 ? ['knarr-(pods|forward|postrouting)', 'KUBE-', 'CNI-'] : []),
].join('|'), 'i');

/** Every trace of a cluster on this machine: links, addresses, routes, namespaces, rules, cgroups. */
async function traces(slot: number): Promise<readonly string[]> {
  const seen = await Promise.all([
    must('ip', ['-o', 'address']), must('ip', ['-o', 'link']), must('ip', ['route', 'show', 'table', 'all']), must('ip', ['netns', 'list']),
    ...['nat', 'filter', 'mangle'].map(async (table) => (await run('iptables-save', ['-t', table])).stdout),
    readdir('/sys/fs/cgroup', { recursive: true }).then((paths) => paths.join('\n')),
  ]);
  return seen.join('\n').split('\n').filter((line) => marksOf(slot).test(line));
}

const mountsBelow = async (dir: string): Promise<readonly string[]> =>
  (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').filter((line) => line.includes(` ${dir}`));

async function processesOf(dir: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const commands = await Promise.all(pids.map((pid) => readFile(join('/proc', pid, 'cmdline'), 'utf8').catch(() => '')));
  return commands.filter((command) => command.includes(dir)).map((command) => command.replaceAll('\0', ' '));
}

for (const [what, flags] of [['one node', []], ['two nodes', ['--nodes', '2']]] as const) {
  test(`a cluster of ${what} with running pods goes without a trace`, async () => {
    const cluster = await startCluster(flags);
    const { slot } = JSON.parse(await readFile(join(cluster.dataDir, 'cluster.json'), 'utf8')) as { slot: number };
    try {
      await cluster.kubectl('apply', '-f', example('guestbook.yaml'));
      await cluster.kubectl('rollout', 'status', 'deployment/frontend', '--timeout=120s');
      expect(await traces(slot)).not.toEqual([]);
    } finally {
      await cluster[Symbol.asyncDispose]();
    }
    expect(await traces(slot)).toEqual([]);
    expect(await mountsBelow(cluster.dataDir)).toEqual([]);
    expect(await processesOf(cluster.dataDir)).toEqual([]);
    expect(existsSync(cluster.dataDir)).toBe(false);
  });
}

test('what a crashed supervisor leaves is found by the next up, and goes with down', async () => {
  const cluster = await startCluster();
  const { slot } = JSON.parse(await readFile(join(cluster.dataDir, 'cluster.json'), 'utf8')) as { slot: number };
  try {
    await cluster.kubectl('create', 'deployment', 'web', '--image=knarr.local/busybox:1', '--', 'sleep', '100000');
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=120s');
    const [node] = (await cluster.kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).split(' ');
    const container = () => cluster.kubectl('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].status.containerStatuses[0].containerID}');
    const had = await container();
    const pids = await Promise.all(['supervisor', 'control-plane', `agent-${node}`].map((name) => cluster.pidOf(name)));
    for (const pid of pids) process.kill(pid, 'SIGKILL'); // the guard that starts it again is asked by up, too

    expect((await cluster.up()).code).toBe(0);

    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=120s');
    expect(await container()).toBe(had);
  } finally {
    await cluster[Symbol.asyncDispose]();
  }
  expect(await traces(slot)).toEqual([]);
  expect(await mountsBelow(cluster.dataDir)).toEqual([]);
  expect(await processesOf(cluster.dataDir)).toEqual([]);
});
