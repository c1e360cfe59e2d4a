import { expect, test } from 'vitest';
import { podOf } from '../testing/pods.ts';
import { swapResources } from './swap.ts';
import type { SwapFacts } from './swap.ts';

const GIB = 1024 ** 3;
const facts = (more: Partial<SwapFacts> = {}): SwapFacts => ({ behavior: 'LimitedSwap', swapBytes: 4 * GIB, memoryBytes: 8 * GIB, ...more });
const swapOf = (resources: object, more: Partial<SwapFacts> = {}, spec: object = {}) => {
  const pod = podOf({ containers: [{ name: 'a', resources }], ...spec });
  return swapResources(pod, pod.spec.containers[0]!, facts(more));
};
const burstable = { requests: { memory: '1Gi' }, limits: { memory: '2Gi' } };

test('a burstable container may swap in proportion to its request, others not at all', () => {
  expect(swapOf(burstable)).toEqual({ unified: { 'memory.swap.max': String(GIB / 2) }, memorySwapLimitInBytes: 2.5 * GIB });
  expect(swapOf({ requests: { memory: '1Gi' } })).toEqual({ unified: { 'memory.swap.max': String(GIB / 2) } });
  for (const none of [swapOf(burstable, { behavior: 'NoSwap' }), swapOf(burstable, {}, { priority: 2_000_000_000 })]) expect(none).toEqual({ unified: { 'memory.swap.max': '0' }, memorySwapLimitInBytes: 2 * GIB });
  expect(swapOf({})).toEqual({ unified: { 'memory.swap.max': '0' } });
  expect(swapOf({ requests: { memory: '1Gi' }, limits: { memory: '1Gi', cpu: '1' } }).unified).toEqual({ 'memory.swap.max': '0' });
});

test('on a machine without swap nothing is said', () => {
  expect(swapOf(burstable, { swapBytes: 0 })).toEqual({});
});
