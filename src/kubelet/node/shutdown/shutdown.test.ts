import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Node } from '../../../kinds/core/node.ts';
import type { Pod } from '../../../kinds/core/pod.ts';
import { IMAGE, startTestNode } from '../../testing/node.ts';
import { podOf } from '../../testing/pods.ts';
import { shutdownPhases, shutdownSeconds } from './plan.ts';

const named = (name: string, priority?: number, annotations?: Record<string, string>) =>
  podOf({ containers: [{ name: 'a' }], ...(priority === undefined ? {} : { priority }) }, { name, ...(annotations ? { annotations } : {}) });
const phases = (options: Parameters<typeof shutdownPhases>[0], ...pods: readonly Pod[]) =>
  shutdownPhases(options, pods).map(({ pods: each, seconds }) => [seconds, ...each.map(({ metadata }) => metadata.name)]);

test('critical pods end last, in the time that is theirs', () => {
  const options = { period: 30_000, criticalPeriod: 10_000 };
  const pods = [named('dns', 2_000_000_000), named('web'), named('batch', -5), named('static', undefined, { 'kubernetes.io/config.source': 'file' })];
  expect(phases(options, ...pods)).toEqual([[20, 'web', 'batch'], [10, 'dns', 'static']]);
  expect(phases(options, named('web'))).toEqual([[20, 'web']]);
  expect(shutdownSeconds(options)).toBe(30);
});

test('periods by priority: that of the next lower one counts, the lowest for all below', () => {
  const byPriority = [{ priority: 1000, shutdownGracePeriodSeconds: 60 }, { priority: 10, shutdownGracePeriodSeconds: 20 }, { priority: 100, shutdownGracePeriodSeconds: 5 }];
  const options = { period: 0, criticalPeriod: 0, byPriority };
  expect(phases(options, named('none'), named('at', 100), named('over', 999), named('top', 5000))).toEqual([[20, 'none'], [5, 'at', 'over'], [60, 'top']]);
  expect(shutdownSeconds(options)).toBe(85);
});

const main = { name: 'a', image: IMAGE };
const isReady = ({ status: { conditions = [] } }: { status: { conditions?: readonly { type: string; status: string }[] } }) => conditions.some(({ type, status }) => type === 'Ready' && status === 'True');

test('a node that shuts down is not ready, takes no pods, and ends those it has', async () => {
  await using node = await startTestNode({}, { shutdown: { period: 30_000, criticalPeriod: 10_000 } });
  await mkdir(node.manifests, { recursive: true });
  await writeFile(join(node.manifests, 'static.json'), JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'static' }, spec: { containers: [{ ...main, name: 'critical' }] } }));
  await node.run('web', { containers: [main] });
  await node.untilPod('web', isReady);
  await node.untilPod('static-node-1', isReady);
  let seen: Pod | undefined;
  node.onCall = async (call, when) => {
    if (call === 'stopContainer' && when === 'after') seen ??= await node.pod('web');
  };
  await node.shutdown();

  // Nothing is told of its end while it ends.
  expect(seen!.status).toMatchObject({ phase: 'Running' });
  expect(seen!.status.reason).toBeUndefined();
  expect(seen!.status.conditions!.map(({ type }) => type)).not.toContain('DisruptionTarget');
  const failed = { phase: 'Failed', reason: 'Terminated', message: 'Pod was terminated in response to imminent node shutdown.' };
  const web = (await node.pod('web'))!;
  expect(web.status).toMatchObject(failed);
  expect(web.status.conditions!.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({ status: 'True', reason: 'TerminationByKubelet', message: failed.message });
  expect(isReady(web)).toBe(false);
  expect((await node.pod('static-node-1'))!.status).toMatchObject(failed);
  expect(node.cri.calls.filter((call) => call.startsWith('stopContainer'))).toEqual(['stopContainer a', 'stopContainer critical']);
  const condition = await node.until('NotReady', async () => (await node.client.get(Node, 'node-1')).status.conditions?.find(({ type, status }) => type === 'Ready' && status === 'False'));
  expect(condition).toMatchObject({ reason: 'KubeletNotReady', message: 'node is shutting down' });

  await node.run('late', { containers: [main] });
  const late = await node.untilPod('late', ({ status: { phase } }) => phase === 'Failed');
  expect(late.status).toMatchObject({ reason: 'NodeShutdown', message: 'Pod was rejected: Pod was rejected as the node is shutting down.' });
});

test('without configuration nothing ends', async () => {
  await using node = await startTestNode();
  await node.run('web', { containers: [main] });
  await node.untilPod('web', isReady);
  await node.shutdown();
  expect(isReady((await node.pod('web'))!)).toBe(true);
  expect(node.cri.calls.filter((call) => call.startsWith('stop'))).toEqual([]);
});
