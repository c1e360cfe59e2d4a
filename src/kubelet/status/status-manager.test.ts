import { expect, test } from 'vitest';
import { ManualClock, settle } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import type { Client } from '../../client/index.ts';
import { conflict } from '../../meta/api-error.ts';
import { podOf } from '../testing/pods.ts';
import { createStatusManager } from './status-manager.ts';

/** A server that takes every status; each taken gives the next version. */
function setUp() {
  const clock = new ManualClock();
  const bodies: { status: Record<string, unknown> }[] = [];
  const deleted: unknown[] = [];
  let failure: Error | undefined;
  let version = 100;
  const client = {
    async patch(_: unknown, __: string, { body }: { body: { status: Record<string, unknown> } }) {
      if (failure) throw failure;
      bodies.push(body);
      return { metadata: { resourceVersion: String(++version) } };
    },
    async delete(_: unknown, name: string, options: { preconditions: unknown; gracePeriodSeconds: number }) {
      deleted.push({ name, preconditions: options.preconditions, gracePeriodSeconds: options.gracePeriodSeconds });
    },
  } as unknown as Client;
  return { clock, bodies, deleted, fail: (error?: Error) => (failure = error), statuses: createStatusManager({ client, clock, log: silent }) };
}

const pod = (more: object = {}, status: object = {}) => podOf({ containers: [{ name: 'a' }] }, more, status);

test('a status is told once; the newest wins over those that wait', async () => {
  const { statuses, bodies } = setUp();
  statuses.set(pod(), { phase: 'Pending' });
  statuses.set(pod(), { phase: 'Running' });
  statuses.set(pod(), { phase: 'Running', podIP: '10.0.0.1' });
  await settle();
  statuses.set(pod(), { phase: 'Running', podIP: '10.0.0.1' });
  await settle();
  expect(bodies.map(({ status }) => [status.phase, status.podIP])).toEqual([['Running', '10.0.0.1']]);
  expect(statuses.latest(pod().metadata.uid)).toEqual({ phase: 'Running', podIP: '10.0.0.1' });
});

test('what the server says already is not told; what another made of it is put right', async () => {
  const { statuses, bodies } = setUp();
  statuses.set(pod({}, { phase: 'Running' }), { phase: 'Running' });
  await settle();
  expect(bodies).toEqual([]);
  statuses.seen(pod({ resourceVersion: '9' }, { phase: 'Failed' }));
  await settle();
  expect(bodies.map(({ status }) => status.phase)).toEqual(['Running']);
});

test('reasons that hold no more are taken away, address lists replaced', async () => {
  const { statuses, bodies } = setUp();
  const before = { phase: 'Pending', reason: 'Old', podIPs: [{ ip: '10.0.0.1' }] };
  statuses.set(pod({}, before), { phase: 'Running', podIPs: [{ ip: '10.0.0.2' }], conditions: [{ type: 'Ready', status: 'True' }] });
  await settle();
  expect(bodies[0]).toMatchObject({
    metadata: { uid: pod().metadata.uid },
    status: { reason: null, podIPs: [{ $patch: 'replace' }, { ip: '10.0.0.2' }], conditions: [{ type: 'Ready', status: 'True', reason: null, message: null }] },
  });
});

test('a finished pod that is to be deleted vanishes after its last status was told', async () => {
  const { statuses, bodies, deleted } = setUp();
  statuses.set(pod(), { phase: 'Succeeded' });
  statuses.finish(pod());
  await settle();
  expect([bodies.length, deleted]).toEqual([1, []]);
  statuses.finish(pod({ deletionTimestamp: '2026-01-01T00:00:00Z' }));
  await settle();
  expect(deleted).toEqual([{ name: 'web', preconditions: { uid: pod().metadata.uid }, gracePeriodSeconds: 0 }]);
});

test('a server that fails is asked again; a pod that was replaced is left alone', async () => {
  const { statuses, bodies, clock, fail } = setUp();
  fail(new Error('down'));
  statuses.set(pod(), { phase: 'Running' });
  await settle();
  fail();
  await clock.advance(1000);
  expect(bodies.length).toBe(1);
  fail(conflict({ group: '', plural: 'pods' }, 'web'));
  statuses.set(pod(), { phase: 'Failed' });
  await clock.advance(10_000);
  expect(statuses.latest(pod().metadata.uid)).toBeUndefined();
});
