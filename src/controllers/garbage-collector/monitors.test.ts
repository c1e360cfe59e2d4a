import { expect, test } from 'vitest';
import { discover } from '../../client/index.ts';
import { ReplicaSet } from '../../kinds/apps/replica-set.ts';
import { ApiError } from '../../meta/api-error.ts';
import { startControlled } from '../testing/start.ts';
import { Monitors } from './monitors.ts';

const nobody = { seen() {}, gone() {} };

test('a group that cannot be asked is followed on: its informers are shared by all controllers', async () => {
  await using cluster = await startControlled([]);
  const { client, informers } = cluster;
  using monitors = new Monitors(informers, nobody);
  const { signal } = new AbortController();
  const found = await discover(client);
  await monitors.follow(found, signal);
  const shared = informers.for(ReplicaSet);

  const failed = [{ groupVersion: 'apps/v1', error: new ApiError('ServiceUnavailable', 'away') }];
  await monitors.follow({ resources: found.resources.filter(({ group }) => group !== 'apps'), failed }, signal);
  expect(monitors.resource('replicasets.apps')).toBeDefined();
  expect(informers.for(ReplicaSet)).toBe(shared);

  await monitors.follow({ resources: found.resources.filter(({ group }) => group !== 'apps'), failed: [] }, signal);
  expect(monitors.resource('replicasets.apps')).toBeUndefined();
});
