/** `down` leaves the machine as it found it. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { example, must, run, startCluster } from './testing/cluster.ts';

/** What of the machine a cluster may touch, as text that can be compared. */
async function machine(): Promise<Readonly<Record<string, string>>> {
  const rules = async (table: string): Promise<string> => (await run('iptables-save', ['-t', table])).stdout
    .replace(/^#.*\n/gm, '').replace(/ \[\d+:\d+\]/g, '');
  const groups = (await readdir('/sys/fs/cgroup', { recursive: true })).filter((path) => path.includes('knarr') || path.includes('kubepods'));
  return {
    links: (await must('ip', ['-br', 'link'])).replace(/ {2,}/g, ' ').split('\n').map((line) => line.split(' ')[0]).toSorted().join('\n'),
    namespaces: (await must('ip', ['netns', 'list'])).trim(),
    routes: await must('ip', ['route', 'show', 'table', 'all']),
    nat: await rules('nat'),
    filter: await rules('filter'),
    mangle: await rules('mangle'),
    cgroups: groups.join('\n'),
  };
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
    // iptables makes its built-in chains when first asked: look twice, so that looking is no difference.
    await machine();
    const before = await machine();
    const cluster = await startCluster(flags);
    try {
      await cluster.kubectl('apply', '-f', example('guestbook.yaml'));
      await cluster.kubectl('rollout', 'status', 'deployment/frontend', '--timeout=120s');
    } finally {
      await cluster[Symbol.asyncDispose]();
    }
    expect(await machine()).toEqual(before);
    expect(await mountsBelow(cluster.dataDir)).toEqual([]);
    expect(await processesOf(cluster.dataDir)).toEqual([]);
    expect(existsSync(cluster.dataDir)).toBe(false);
  });
}
