import { expect, test } from 'vitest';
import { ConfigMap } from '../../kinds/core/config-map.ts';
import { applyDefaults } from '../../schema/decode.ts';
import { Codec } from '../registry/codec.ts';
import { Version } from './version.ts';
import { MAX_LAG, Watcher } from './watcher.ts';

const codec = new Codec(ConfigMap, (kind, object) => applyDefaults(kind, object as never));
const value = codec.encode({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', uid: 'u', creationTimestamp: '' } });
const event = (revision: number) => ({ type: 'ADDED' as const, revision, previous: undefined, version: new Version(codec, { key: '/registry/core/configmaps/default/a', value, revision }) });

test('a watcher that nobody reads is cut off, and forgets what it held', () => {
  const watcher = new Watcher(() => true, 0);
  for (let revision = 1; revision <= MAX_LAG + 1; revision++) watcher.offer(event(revision));

  expect(watcher.lagged).toBe(true);
  expect([watcher.take(), watcher.isOver]).toEqual([[], true]);
});

test('a tick\'s events come as one batch, those already known do not come', () => {
  const watcher = new Watcher(() => true, 2);
  let woken = 0;
  watcher.wake(() => woken++);
  for (const revision of [1, 2, 3, 4]) watcher.offer(event(revision));
  watcher.flush();

  expect(woken).toBe(1);
  expect(watcher.take().map(({ version }) => version.revision)).toEqual([3, 4]);
});
