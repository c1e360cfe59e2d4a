import { expect, test } from 'vitest';
import { planCluster } from '../settings.ts';
import { holdersOf } from './supervisor.ts';

const settings = planCluster({ port: 6443, nodes: 2, simulated: 0, legacyServiceAccountTokens: false }, { hostname: 'vm', addresses: ['192.0.2.2'] }, { slot: 0 });

test('a renewed certificate restarts those who read it, and nobody else', () => {
  expect(holdersOf([], settings)).toEqual([]);
  expect(holdersOf(['admin'], settings)).toEqual([]);
  expect(holdersOf(['apiserver', 'node-node-2-serving'], settings)).toEqual(['control-plane', 'agent-node-2']);
  expect(holdersOf(['node-node-1-agent'], settings)).toEqual(['agent-node-1']);
  expect(holdersOf(['scheduler'], settings)).toEqual([]);
  expect(holdersOf(['scheduler', 'controller-manager'], { ...settings, components: 2, without: ['controllers'] })).toEqual(['scheduler-1', 'scheduler-2']);
});
