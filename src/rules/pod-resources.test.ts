import { expect, test } from 'vitest';
import { amountOf, podRequests } from './pod-resources.ts';

const container = (name: string, requests: Record<string, string>, more = {}) => ({ name, resources: { requests }, ...more });

test('quantities become thousandths of a core and whole bytes, rounded up', () => {
  expect(amountOf('cpu', '100m')).toBe(100);
  expect(amountOf('cpu', '1.5')).toBe(1500);
  expect(amountOf('cpu', '100u')).toBe(1);
  expect(amountOf('memory', '1Gi')).toBe(2 ** 30);
  expect(amountOf('memory', '128974848')).toBe(128974848);
  expect(amountOf('memory', '129e6')).toBe(129_000_000);
  expect(amountOf('memory', '129M')).toBe(129_000_000);
  expect(amountOf('cpu', '2.3')).toBe(2300);
  expect(amountOf('memory', '500m')).toBe(1);
  expect(amountOf('example.com/gpu', '3')).toBe(3);
});

test('a pod needs the sum of its containers, or more while an init container runs', () => {
  const spec = {
    containers: [container('a', { cpu: '100m', memory: '64Mi' }), container('b', { cpu: '200m' })],
    initContainers: [container('init', { cpu: '1', memory: '32Mi' })],
  };
  expect(Object.fromEntries(podRequests({ spec }))).toEqual({ cpu: 1000, memory: 64 * 2 ** 20 });
});

test('sidecars count beside the containers and beside the init containers after them', () => {
  const spec = {
    containers: [container('a', { cpu: '100m' })],
    initContainers: [
      container('before', { cpu: '300m' }),
      container('sidecar', { cpu: '100m' }, { restartPolicy: 'Always' }),
      container('after', { cpu: '250m' }),
    ],
  };
  expect(podRequests({ spec }).get('cpu')).toBe(350);
});

test('pod-level requests replace the sum and overhead is added', () => {
  const spec = {
    containers: [container('a', { cpu: '100m', memory: '1Gi', 'example.com/gpu': '1' })],
    resources: { requests: { cpu: '2' } },
    overhead: { cpu: '10m' },
  };
  expect(Object.fromEntries(podRequests({ spec }))).toEqual({ cpu: 2010, memory: 2 ** 30, 'example.com/gpu': 1 });
});

test('a container being resized counts with the larger of what it has and what it wants', () => {
  const pod = {
    spec: { containers: [container('a', { cpu: '100m' })] },
    status: { containerStatuses: [{ name: 'a', resources: { requests: { cpu: '300m' } } }] },
  };
  expect(podRequests(pod).get('cpu')).toBe(300);
});

test('what a container wants and its node can never give does not count', () => {
  const pod = {
    spec: { containers: [container('a', { cpu: '100' })] },
    status: { containerStatuses: [{ name: 'a', resources: { requests: { cpu: '300m' } } }], conditions: [{ type: 'PodResizePending', reason: 'Infeasible' }] },
  };
  expect(podRequests(pod).get('cpu')).toBe(300);
});

test('a floor stands in for what containers leave out', () => {
  const spec = { containers: [container('a', { cpu: '1' }), container('b', {})] };
  expect(podRequests({ spec }, new Map([['cpu', 100]])).get('cpu')).toBe(1100);
});
