import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { layoutOf } from '../layout.ts';
import type { Exec } from '../machine/exec.ts';
import { planCluster } from '../settings.ts';
import { cgroupOf, enterNode, removePlaces } from './place.ts';

const MACHINE = { hostname: 'vm', addresses: ['192.0.2.2'] };
const settingsOf = (nodes: number) => planCluster({ port: 6443, nodes, simulated: 0, legacyServiceAccountTokens: false }, MACHINE, { slot: 0 });

/** Writes down what would be run. */
function recorder(): { exec: Exec; lines: string[] } {
  const lines: string[] = [];
  const run: Exec['run'] = async (command, args) => {
    lines.push([command, ...args].join(' '));
    return { code: 0, stdout: '', stderr: '' };
  };
  return { lines, exec: { run, must: async (command, args) => (await run(command, args)).stdout } };
}

test('programs of the machine\'s own node are run as they are', () => {
  const settings = settingsOf(1);
  expect(enterNode(layoutOf('/data'), settings, settings.nodes[0]!)).toEqual([]);
});

test('programs of a node apart enter its network, mounts and host name', () => {
  const settings = settingsOf(2);
  expect(enterNode(layoutOf('/data'), settings, settings.nodes[1]!)).toEqual([
    'nsenter', '--net=/run/netns/knarr-0-node-2', '--mount=/data/run/ns/node-2.mnt', '--uts=/data/run/ns/node-2.uts', '--',
  ]);
  expect(cgroupOf(settings, settings.nodes[1]!)).toBe('/knarr-0/node-2');
});

test('taking the places away names every namespace, cable and rule', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'knarr-place-'));
  const { exec, lines } = recorder();
  await removePlaces(layoutOf(dir), settingsOf(2), exec);
  await rm(dir, { recursive: true, force: true });
  for (const line of [
    'ip netns delete knarr-0-node-1', 'ip link delete knarr0n2', 'ip link delete knarr0',
    'iptables -w -t nat -X KNARR-NODES-0', 'iptables -w -t filter -D FORWARD -j KNARR-NODES-0',
  ]) expect(lines).toContain(line);
});
