import { expect, test } from 'vitest';
import { ManualClock } from '../base/clock.ts';
import { seededRandom } from '../base/random.ts';
import { Event } from '../kinds/core/event.ts';
import { createClient } from './api-client.ts';
import { createEventRecorder } from './event-recorder.ts';
import { FakeApi } from './testing/fake-api.ts';

const POD = {
  apiVersion: 'v1', kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop', uid: 'u1', resourceVersion: '7', creationTimestamp: '' },
};

function arrange() {
  const api = new FakeApi();
  const clock = new ManualClock(Date.UTC(2026, 0, 2, 3, 4, 5));
  const client = createClient(api.transport);
  const recorder = createEventRecorder(client, { component: 'kubelet', host: 'node-1', clock, random: seededRandom(1) });
  const events = async () => {
    await recorder.flushed();
    return (await client.list(Event)).items;
  };
  return { api, clock, recorder, events };
}

test('an event names its object, its source and its time', async () => {
  const { recorder, events } = arrange();
  recorder.event(POD, 'Normal', 'Pulled', 'Container image "x" already present on machine');
  const [event] = await events();
  expect(event).toMatchObject({
    involvedObject: { kind: 'Pod', namespace: 'shop', name: 'web', uid: 'u1', apiVersion: 'v1', resourceVersion: '7' },
    type: 'Normal', reason: 'Pulled', message: 'Container image "x" already present on machine', count: 1,
    source: { component: 'kubelet', host: 'node-1' },
    firstTimestamp: '2026-01-02T03:04:05Z', lastTimestamp: '2026-01-02T03:04:05Z',
    reportingComponent: 'kubelet', reportingInstance: 'node-1',
  });
  expect(event!.metadata.namespace).toBe('shop');
  expect(event!.metadata.name).toMatch(/^web\.[0-9a-f]{16}$/);
});

test('the same event again raises the count of the first', async () => {
  const { clock, recorder, events } = arrange();
  recorder.event(POD, 'Warning', 'BackOff', 'Back-off restarting failed container');
  await clock.advance(10_000);
  recorder.event(POD, 'Warning', 'BackOff', 'Back-off restarting failed container');
  const all = await events();
  expect(all).toHaveLength(1);
  expect(all[0]).toMatchObject({ count: 2, firstTimestamp: '2026-01-02T03:04:05Z', lastTimestamp: '2026-01-02T03:04:15Z' });
});

test('an event whose first telling has expired is created anew with its count', async () => {
  const { api, recorder, events } = arrange();
  recorder.event(POD, 'Normal', 'A', 'a');
  await events();
  api.remove([...api.objects.keys()][0]!);
  recorder.event(POD, 'Normal', 'A', 'a');
  expect(await events()).toMatchObject([{ count: 2 }]);
});

test('ten different messages about one thing fold into one event', async () => {
  const { recorder, events } = arrange();
  for (let n = 1; n <= 12; n++) recorder.event(POD, 'Warning', 'Failed', `failure ${n}`);
  const all = await events();
  expect(all).toHaveLength(10);
  expect(all.at(-1)).toMatchObject({ count: 3, message: '(combined from similar events): failure 12' });
});

test('a source may send 25 about an object at once, then one every five minutes', async () => {
  const { clock, recorder, events } = arrange();
  for (let n = 0; n < 40; n++) recorder.event(POD, 'Normal', `Reason${n}`, 'x');
  expect(await events()).toHaveLength(25);
  await clock.advance(300_000);
  recorder.event(POD, 'Normal', 'Another', 'x');
  expect(await events()).toHaveLength(26);
});

test('an object without a namespace has its events in default, and a refusal is not repeated', async () => {
  const { api, recorder, events } = arrange();
  recorder.event({ ...POD, kind: 'Node', metadata: { ...POD.metadata, namespace: '' } }, 'Normal', 'Starting', '');
  expect((await events())[0]!.metadata.namespace).toBe('default');
  const before = api.requests.length;
  api.intercept = () => ({ status: 403, headers: {} });
  recorder.event(POD, 'Normal', 'A', 'a');
  await recorder.flushed();
  expect(api.requests.length).toBe(before + 1);
});
