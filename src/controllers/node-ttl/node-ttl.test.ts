import { expect, test } from 'vitest';
import { Node } from '../../kinds/core/node.ts';
import { startControlled } from '../testing/start.ts';
import { nextStep, nodeTtlController } from './node-ttl.ts';

const TTL = 'node.alpha.kubernetes.io/ttl';

test('the time grows with the cluster, and not back at the next node that leaves', () => {
  expect(nextStep(0, 100)).toBe(0);
  expect(nextStep(0, 101)).toBe(1);
  expect(nextStep(1, 95)).toBe(1);
  expect(nextStep(1, 89)).toBe(0);
  expect(nextStep(0, 20_000)).toBe(5);
  expect(nextStep(5, 3)).toBe(0);
});

test('every node is told, each time the cluster outgrows a step', async () => {
  await using cluster = await startControlled([nodeTtlController()]);
  const ttls = async () => new Set((await cluster.client.list(Node)).items.map(({ metadata }) => metadata.annotations?.[TTL]));
  const add = async (from: number, to: number) => {
    for (let n = from; n <= to; n++) await cluster.client.create(Node, { metadata: { name: `node-${n}` } });
    await cluster.quiet();
  };
  await add(1, 100);
  expect(await ttls()).toEqual(new Set(['0']));
  await add(101, 101);
  expect(await ttls()).toEqual(new Set(['15']));
  await cluster.client.patch(Node, 'node-7', { type: 'merge', body: { metadata: { annotations: { [TTL]: '3' } } } });
  await cluster.quiet();
  expect(await ttls()).toEqual(new Set(['15']));
});
