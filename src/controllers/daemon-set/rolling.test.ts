import { expect, test } from 'vitest';
import { DaemonSet } from '../../kinds/apps/daemon-set.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { make, pod } from '../testing/objects.ts';
import type { Observed, Post } from './plan.ts';
import { rollingStep } from './rolling.ts';

const of = (name: string, revision: string, more: object = {}): Pod => pod(name, 'log', { metadata: { labels: { 'controller-revision-hash': revision }, ...more } });
const post = (node: string, pods: readonly Pod[]): Post => ({ node, pods, shouldRun: true, mayStay: true });

function step(rollingUpdate: object, posts: readonly Post[]) {
  const set = make(DaemonSet, 'log', { spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate } } });
  const { create, remove } = rollingStep({ set, hash: 'v3' } as Observed, posts, ({ metadata }) => metadata.annotations?.['bad'] === undefined);
  return { create, remove: remove.map(({ metadata }) => metadata.name) };
}

test('a node where two old pods still leave gets no third beside them', () => {
  const bad = { annotations: { bad: '' } };
  const leaving = { deletionTimestamp: '2026-01-01T00:00:00Z' };
  const crowd = post('a', [of('a-1', 'v1', bad), of('a-2', 'v2', leaving)]);
  expect(step({ maxSurge: 1, maxUnavailable: 0 }, [crowd])).toEqual({ create: [], remove: [] });
  // It takes the place of the one that may be too many, or missing.
  const other = post('b', [of('b-1', 'v1')]);
  expect(step({ maxSurge: 1, maxUnavailable: 0 }, [crowd, other])).toEqual({ create: [], remove: [] });
  expect(step({ maxSurge: 0, maxUnavailable: 1 }, [crowd, other])).toEqual({ create: [], remove: [] });
  expect(step({ maxSurge: 0, maxUnavailable: 2 }, [crowd, other])).toEqual({ create: [], remove: ['b-1'] });
});
