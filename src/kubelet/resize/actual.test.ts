import { expect, test } from 'vitest';
import { podOf, runtimeOf } from '../testing/pods.ts';
import { actualResources } from './actual.ts';
import { resizeOrder } from './decide.ts';
import { planResize } from './plan-resize.ts';

const MIB = 1024 ** 2;

test('what the kernel holds is told as it was promised where that comes to the same, and in its own numbers where not', () => {
  const promised = { requests: { cpu: '100m', memory: '32Mi' }, limits: { cpu: '500m', memory: '100M' } };
  expect(actualResources(promised, { cpuShares: 102, cpuQuota: 50_000, cpuPeriod: 100_000, memoryBytes: 99_999_744 })).toEqual(promised);
  expect(actualResources(promised, { cpuShares: 512, cpuQuota: 25_000, cpuPeriod: 100_000, memoryBytes: 32 * MIB }))
    .toEqual({ requests: { cpu: '500m', memory: '32Mi' }, limits: { cpu: '250m', memory: '32Mi' } });
  expect(actualResources({ requests: { cpu: '1m' }, limits: { cpu: '5m' } }, { cpuShares: 2, cpuQuota: 1000, cpuPeriod: 100_000 })).toEqual({ requests: { cpu: '1m' }, limits: { cpu: '5m' } });
  expect(actualResources({ limits: { memory: '1Mi' } }, { cpuShares: 2 })).toEqual({});
  expect(actualResources({}, { cpuShares: 2 })).toEqual({});
});

test('those that shrink come before those that grow, no limit being the largest', () => {
  const limited = (cpu?: string) => ({ resources: cpu ? { limits: { cpu } } : { requests: { cpu: '1m' } } });
  const pod = podOf({ containers: [{ name: 'a', ...limited('2') }, { name: 'b', ...limited('1') }, { name: 'c', ...limited('3') }] });
  const runtime = runtimeOf(pod, { sandbox: {}, containers: ['a', 'b', 'c'].map((name) => ({ name, state: 'running' as const })) });
  const plan = planResize(pod, runtime, { containers: { a: { limits: { cpu: '1' } }, b: { limits: { cpu: '2' } }, c: limited().resources } });
  expect(plan.update.cpu.map(({ container }) => container.name)).toEqual(['c', 'b', 'a']);
  expect(plan).toMatchObject({ restart: [], pending: true, update: { memory: [] } });
  expect(planResize(pod, runtimeOf(pod), { containers: { a: {} } }).pending).toBe(false);
});

test('resizes that were put off are granted in order: those that shrink, priority, class, time', () => {
  const of = (name: string, more: object = {}) => ({ pod: podOf({ containers: [{ name: 'a' }], ...more }, { name }), grows: true, since: 1 });
  const guaranteed = { containers: [{ name: 'a', resources: { limits: { cpu: '1', memory: '1Mi' } } }] };
  const order = [of('old'), { ...of('new'), since: 2 }, of('class', guaranteed), of('prior', { priority: 9 }), { ...of('less'), grows: false }].toSorted(resizeOrder);
  expect(order.map(({ pod }) => pod.metadata.name)).toEqual(['less', 'prior', 'class', 'old', 'new']);
});
