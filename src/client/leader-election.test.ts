import { expect, test } from 'vitest';
import { ManualClock, settle } from '../base/clock.ts';
import { seededRandom } from '../base/random.ts';
import { Lease } from '../kinds/coordination/lease.ts';
import { createClient } from './api-client.ts';
import { runLeaderElection } from './leader-election.ts';
import { FakeApi } from './testing/fake-api.ts';

function arrange() {
  const api = new FakeApi();
  const clock = new ManualClock();
  const client = createClient(api.transport);
  const leading = new Set<string>();
  const campaign = (identity: string) => {
    const stop = new AbortController();
    const ended = runLeaderElection(client, {
      clock, random: seededRandom(1), namespace: 'kube-system', name: 'controllers', identity,
      async lead(signal) {
        leading.add(identity);
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        leading.delete(identity);
      },
    }, stop.signal);
    return async () => {
      stop.abort();
      await ended;
    };
  };
  const lease = () => client.get(Lease, 'controllers', { namespace: 'kube-system' });
  return { api, clock, leading, campaign, lease };
}

test('the first to come leads, renews, and hands over when it leaves', async () => {
  const { clock, leading, campaign, lease } = arrange();
  const leaveA = campaign('a');
  await settle();
  const leaveB = campaign('b');
  await clock.advance(30_000);
  expect([...leading]).toEqual(['a']);
  expect((await lease()).spec).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 });

  await leaveA();
  expect((await lease()).spec).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
  await clock.advance(5_000);
  expect([...leading]).toEqual(['b']);
  expect((await lease()).spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
  await leaveB();
});

test('a leader that cannot renew steps down, and another takes over once the lease has run out', async () => {
  const { api, clock, leading, campaign } = arrange();
  const leaveA = campaign('a');
  await settle();
  api.intercept = () => ({ status: 500, headers: {} });
  await clock.advance(12_000);
  expect([...leading]).toEqual([]);
  await leaveA();
  api.intercept = undefined;

  const leaveB = campaign('b');
  await clock.advance(10_000);
  expect([...leading]).toEqual([]);
  await clock.advance(10_000);
  expect([...leading]).toEqual(['b']);
  await leaveB();
});
