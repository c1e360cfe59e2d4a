import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { peersOf, REFLECTOR } from '../peers.ts';
import { node } from '../testing/nodes.ts';
import { birdConfig } from './bird.ts';
import type { Here } from './backend.ts';

const here: Here = {
  name: 'one', address: '192.0.2.1', link: 'eth0', networks: ['192.0.2.1/24', 'fd00:10:89::1/64'], mtu: 1500,
  cidrs: ['10.244.1.0/24', 'fd00:10:244:1::/64'], clusterCidrs: ['10.244.0.0/16', 'fd00:10:244::/48'], reflects: undefined,
};
const six = { type: 'InternalIP', address: 'fd00:10:89::2' };
const two = node('two', '192.0.2.2', '10.244.2.0/24');
const dual = { ...two, status: { ...two.status, addresses: [...two.status.addresses!, six] } };
const reflecting = { ...node('three', '192.0.2.3', '10.244.3.0/24'), metadata: { ...two.metadata, name: 'three', annotations: { [REFLECTOR]: '244.0.0.1' } } };
const options = { log: '/tmp/bird.log', clusterCidrs: here.clusterCidrs, reflects: undefined };
const sessions = (text: string): readonly (string | undefined)[] => [...text.matchAll(/^protocol bgp .* # (\S+)$/gm)].map(([, name]) => name);

test('a node announces its pod networks to every other, one session for each family', () => {
  const text = birdConfig(here, peersOf([dual, node('three', '192.0.2.3', '10.244.3.0/24')], 'one'), options);
  expect(sessions(text)).toEqual(['three', 'two', 'two']);
  expect(text).toContain('route 10.244.1.0/24 blackhole;');
  expect(text).toContain('local fd00:10:89::1 as 64512; neighbor fd00:10:89::2 as 64512;');
  expect(text).toContain('net ~ [ 10.244.0.0/16+ ]');
});

test('where nodes reflect routes, others speak to them alone, and they to all as to clients', () => {
  const peers = peersOf([two, reflecting], 'one');
  expect(sessions(birdConfig(here, peers, options))).toEqual(['three']);
  const reflector = birdConfig(here, peers, { ...options, reflects: '244.0.0.2' });
  expect(sessions(reflector)).toEqual(['three', 'two']);
  expect(reflector.match(/rr client; rr cluster id 244\.0\.0\.2;/g)).toHaveLength(1);
});

const isThere = spawnSync('bird', ['--version'], { env: { PATH: '/usr/sbin:/usr/bin' } }).error === undefined;
test.skipIf(!isThere)('BIRD takes it (where it is installed)', () => {
  const dir = mkdtempSync(join(tmpdir(), 'knarr-bird-'));
  writeFileSync(join(dir, 'bird.conf'), birdConfig(here, peersOf([dual, reflecting], 'one'), { ...options, log: join(dir, 'log'), reflects: '244.0.0.2' }));
  const { status, stderr } = spawnSync('bird', ['-p', '-c', join(dir, 'bird.conf')], { env: { PATH: '/usr/sbin:/usr/bin' }, encoding: 'utf8' });
  rmSync(dir, { recursive: true });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
