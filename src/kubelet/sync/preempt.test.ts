import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Node } from '../../kinds/core/node.ts';
import { IMAGE, startTestNode } from '../testing/node.ts';
import { podOf } from '../testing/pods.ts';
import { planPreemption } from './preempt.ts';

const node = { metadata: { name: 'node-1' }, spec: {}, status: { allocatable: { cpu: '4', memory: '4Gi', pods: '5' } } } as unknown as Node;
const pod = (name: string, cpu: string, { limits = false, priority }: { limits?: boolean; priority?: number } = {}) => {
  const amounts = { cpu, memory: '1Mi' };
  return podOf({ containers: [{ name: 'a', resources: { requests: amounts, ...(limits ? { limits: amounts } : {}) } }], ...(priority === undefined ? {} : { priority }) }, { name, uid: name });
};
const critical = (cpu: string) => pod('critical', cpu, { priority: 2_000_000_000 });
const names = (wanted: ReturnType<typeof pod>, ...others: readonly ReturnType<typeof pod>[]) => planPreemption(wanted, node, others)?.map(({ metadata }) => metadata.name);

test('those go that are needed least, and no more than are needed', () => {
  expect(names(critical('2'), pod('small', '1'), pod('guaranteed', '1', { limits: true }), pod('large', '2'))).toEqual(['large']);
  expect(names(critical('3'), pod('a', '1'), pod('b', '1'), pod('guaranteed', '2', { limits: true }))).toEqual(['a', 'guaranteed']);
  expect(names(critical('1'), pod('low', '2', { priority: 1 }), pod('high', '2', { priority: 10 }))).toEqual(['low']);
});

test('nobody goes in vain: not for a pod that fits, nor where it would not help, nor for one that is not critical', () => {
  expect(names(critical('1'), pod('a', '1'))).toEqual([]);
  expect(names(critical('5'), pod('a', '4'))).toBeUndefined();
  expect(names(pod('plain', '4'), pod('a', '4'))).toBeUndefined();
  expect(names(critical('4'), { ...critical('4'), metadata: { ...critical('4').metadata, name: 'other' } })).toBeUndefined();
});

test('a static pod that does not fit is made room for', async () => {
  await using at = await startTestNode();
  const { status: { allocatable } } = await at.client.get(Node, 'node-1');
  const whole = { name: 'a', image: IMAGE, resources: { requests: { cpu: allocatable!.cpu! } } };
  await at.run('web', { containers: [whole] });
  await at.untilPod('web', ({ status }) => status.phase === 'Running');
  await mkdir(at.manifests, { recursive: true });
  await writeFile(join(at.manifests, 'm.json'), JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'dns' }, spec: { containers: [{ ...whole, name: 's' }] } }));
  await at.untilPod('dns-node-1', ({ status }) => status.phase === 'Running');
  const web = (await at.pod('web'))!;
  expect(web.status).toMatchObject({ phase: 'Failed', reason: 'Preempting', message: 'Preempted in order to admit critical pod' });
  expect(web.status.conditions!.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({ status: 'True', reason: 'TerminationByKubelet' });
  expect(await at.events('web')).toContain('Preempting: Preempted in order to admit critical pod');
});
