/** `down` leaves the machine as it found it. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { example, must, run, startCluster } from './testing/cluster.ts';

/** Clusters that run beside this one come and go: what bears another slot's number is theirs. */
const ofOthers = (slot: number) => (line: string): boolean =>
  [...line.matchAll(/knarr(?:-nodes)?-?(\d+)|10\.89\.(\d+)\./gi)].some(([, name, network]) => Number(name ?? network) !== slot);

/** What of the machine a cluster may touch, as lines that can be compared. */
async function machine(slot: number): Promise<Readonly<Record<string, readonly string[]>>> {
  const lines = (text: string): readonly string[] => text.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !ofOthers(slot)(line)).toSorted();
  const rules = async (table: string): Promise<readonly string[]> =>
    lines((await run('iptables-save', ['-t', table])).stdout.replace(/^#.*\n/gm, '').replace(/ \[\d+:\d+\]/g, ''));
  const groups = (await readdir('/sys/fs/cgroup', { recursive: true })).filter((path) => /knarr-\d|^[^/]*\/?kubepods/.test(path));
  return {
    links: lines((await must('ip', ['-br', 'link'])).replace(/[ @].*$/gm, '')),
    namespaces: lines(await must('ip', ['netns', 'list'])),
    routes: lines(await must('ip', ['route', 'show', 'table', 'all'])),
    nat: await rules('nat'),
    filter: await rules('filter'),
    mangle: await rules('mangle'),
    cgroups: lines(groups.join('\n')),
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
    const cluster = await startCluster(flags);
    const { slot } = JSON.parse(await readFile(join(cluster.dataDir, 'cluster.json'), 'utf8')) as { slot: number };
    // Once around first: iptables makes its built-in chains when first asked, and the kernel keeps a module's links.
    await cluster.knarr('down');
    const before = await machine(slot);
    // Slot 0's only node is the machine itself; the others bear their number.
    expect(JSON.stringify(before)).not.toMatch(slot === 0 ? /knarr|KUBE-|CNI-/i : new RegExp(`knarr(-nodes)?-?${slot}\\b`, 'i'));
    try {
      expect((await cluster.up()).code).toBe(0);
      await cluster.kubectl('apply', '-f', example('guestbook.yaml'));
      await cluster.kubectl('rollout', 'status', 'deployment/frontend', '--timeout=120s');
      expect(await machine(slot)).not.toEqual(before);
    } finally {
      await cluster[Symbol.asyncDispose]();
    }
    expect(await machine(slot)).toEqual(before);
    expect(await mountsBelow(cluster.dataDir)).toEqual([]);
    expect(await processesOf(cluster.dataDir)).toEqual([]);
    expect(existsSync(cluster.dataDir)).toBe(false);
  });
}
