import { expect, test } from 'vitest';
import { startScheduled } from './testing/start.ts';

const cpu = (amount: string) => ({ cpu: amount });

async function withClasses() {
  const cluster = await startScheduled();
  await cluster.priorityClass('low', 1);
  await cluster.priorityClass('middle', 100);
  await cluster.priorityClass('high', 1000);
  await cluster.priorityClass('polite', 1000, { preemptionPolicy: 'Never' });
  return cluster;
}

test('a pod of higher priority takes the place of a lower one, once that has had its grace period', async () => {
  await using cluster = await withClasses();
  await cluster.node('a');
  await cluster.pod('victim', { priorityClassName: 'low' }, cpu('3'));
  const urgent = await cluster.pod('urgent', { priorityClassName: 'high' }, cpu('3'));

  expect(urgent.status.nominatedNodeName).toBe('a');
  expect(urgent.spec.nodeName).toBeUndefined();
  expect(await cluster.events('urgent')).toEqual(['FailedScheduling: 0/1 nodes are available: 1 Insufficient cpu.']);
  const victim = await cluster.get('victim');
  expect(victim.metadata.deletionTimestamp).toBeDefined();
  expect(victim.metadata.deletionGracePeriodSeconds).toBe(30);
  expect(victim.status.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({
    status: 'True', reason: 'PreemptionByScheduler', message: 'default-scheduler: preempting to accommodate a higher priority pod',
  });
  expect(await cluster.events('victim')).toContain(`Preempted: Preempted by pod ${urgent.metadata.uid} on node a`);

  // Neither time nor lesser pods take the promise away.
  await cluster.pass(10);
  const lesser = await cluster.pod('lesser', { priorityClassName: 'middle' }, cpu('2'));
  expect(lesser.status.conditions?.[0]?.message).toContain('preemption: 0/1 nodes are available: 1 Insufficient cpu.');
  await cluster.gone('victim');
  await cluster.pass(2);
  expect((await cluster.get('urgent')).spec.nodeName).toBe('a');
  expect((await cluster.get('lesser')).spec.nodeName).toBeUndefined();
});

test('while its victims leave, other news neither takes its promise nor makes it choose more', async () => {
  await using cluster = await withClasses();
  await cluster.node('a');
  await cluster.node('b');
  for (const name of ['one', 'two']) await cluster.pod(name, { priorityClassName: 'low' }, cpu('3'));
  await cluster.pod('small', { priorityClassName: 'low' }, cpu('500m'));
  await cluster.pod('urgent', { priorityClassName: 'high' }, cpu('3'));
  await cluster.gone('small');
  await cluster.pass(12);

  const { status } = await cluster.get('urgent');
  expect(status.nominatedNodeName).toMatch(/^[ab]$/);
  expect(status.conditions?.[0]?.message).toContain('preemption: not eligible due to a terminating pod on the nominated node.');
  const leaving = await Promise.all(['one', 'two'].map(async (name) => (await cluster.get(name)).metadata.deletionTimestamp !== undefined));
  expect(leaving.filter(Boolean)).toHaveLength(1);
});

test('a nomination of lower priority on the same node is taken back', async () => {
  await using cluster = await withClasses();
  await cluster.node('a');
  await cluster.pod('victim', { priorityClassName: 'low' }, cpu('3'));
  expect((await cluster.pod('middling', { priorityClassName: 'middle' }, cpu('3'))).status.nominatedNodeName).toBe('a');
  // The victim is leaving already: the room is taken without another.
  expect((await cluster.pod('urgent', { priorityClassName: 'high' }, cpu('3'))).status.nominatedNodeName).toBe('a');
  expect((await cluster.get('middling')).status.nominatedNodeName).toBeUndefined();

  await cluster.gone('victim');
  await cluster.pass(10);
  expect((await cluster.get('urgent')).spec.nodeName).toBe('a');
  expect((await cluster.get('middling')).spec.nodeName).toBeUndefined();
});

test('preemptionPolicy Never waits its turn, ahead of lower ones', async () => {
  await using cluster = await withClasses();
  await cluster.node('a');
  await cluster.pod('victim', { priorityClassName: 'low' }, cpu('3'));
  const polite = await cluster.pod('polite', { priorityClassName: 'polite' }, cpu('3'));
  expect(polite.spec).toMatchObject({ priority: 1000, preemptionPolicy: 'Never' });
  expect(polite.status.nominatedNodeName).toBeUndefined();
  expect((await cluster.get('victim')).metadata.deletionTimestamp).toBeUndefined();
  expect(await cluster.events('polite')).toEqual([
    'FailedScheduling: 0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.',
  ]);

  await cluster.pod('later', { priorityClassName: 'low' }, cpu('3'));
  await cluster.gone('victim');
  await cluster.pass(10);
  expect((await cluster.get('polite')).spec.nodeName).toBe('a');
});
