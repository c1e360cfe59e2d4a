import { Event } from '../../../src/kinds/core/event.ts';
import { EventsV1Event } from '../../../src/kinds/events/event.ts';
import { formatMicroTime } from '../../../src/meta/time.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';

const SETS = ['all are listed', 'after deletion none is'];
const at = (t: Context) => ({ namespace: t.namespace });

const coreCollection = test('[sig-api-machinery] Events should delete a collection of events [Conformance]', { musts: SETS }, async (t) => {
  const labels = { 'testevent-set': 'true' };
  const selector = { ...at(t), labelSelector: 'testevent-set=true' };
  await Promise.all([1, 2, 3].map((i) => t.client.create(Event, {
    metadata: { name: `test-event-${i}`, labels }, message: 'This is a test event', reason: 'Test', type: 'Normal', count: 1, involvedObject: { namespace: t.namespace },
  }, at(t))));
  t.must(SETS[0]!, (await t.client.list(Event, selector)).items.length === 3);
  await t.client.deleteCollection(Event, selector);
  t.must(SETS[1]!, (await t.client.list(Event, selector)).items.length === 0);
});

const LIFE = ['it exists', 'the patched message is read back', 'after deletion no list has it'];
const coreLife = test('[sig-api-machinery] Events should ensure that an event can be fetched, patched, deleted, and listed [Conformance]', { musts: LIFE }, async (t) => {
  const name = t.name('event');
  const labelSelector = `testevent-constant=${name}`;
  await t.client.create(Event, {
    metadata: { name, labels: { 'testevent-constant': name } }, message: 'This is a test event', reason: 'Test', type: 'Normal', count: 1, involvedObject: { namespace: t.namespace },
  }, at(t));
  t.must(LIFE[0]!, (await t.client.list(Event, { labelSelector })).items.length === 1);
  await t.client.patch(Event, name, { type: 'strategic', body: { message: 'This is a test event - patched' } }, at(t));
  t.must(LIFE[1]!, (await t.client.get(Event, name, at(t))).message === 'This is a test event - patched');
  await t.client.delete(Event, name, at(t));
  t.must(LIFE[2]!, (await t.client.list(Event, { labelSelector })).items.length === 0);
});

const newEvent = (t: Context, name: string, label: string) => ({
  metadata: { name, labels: { 'testevent-constant': label } },
  regarding: { namespace: t.namespace }, eventTime: formatMicroTime(t.shared.clock.now()), note: 'This is ' + name, action: 'Do', reason: 'Test', type: 'Normal',
  reportingController: 'test-controller', reportingInstance: 'test-node',
});

const newCollection = test('[sig-instrumentation] Events API should delete a collection of events [Conformance]', { musts: SETS }, async (t) => {
  const label = t.name('set');
  const selector = { ...at(t), labelSelector: `testevent-constant=${label}` };
  await Promise.all([1, 2, 3].map((i) => t.client.create(EventsV1Event, newEvent(t, `test-event-${i}`, label), at(t))));
  t.must(SETS[0]!, (await t.client.list(EventsV1Event, selector)).items.length === 3);
  await t.client.deleteCollection(EventsV1Event, selector);
  t.must(SETS[1]!, (await t.client.list(EventsV1Event, selector)).items.length === 0);
});

const NEW_LIFE = ['it exists', 'the patched note is read back', 'the updated series is read back', 'after deletion no list has it'];
const newLife = test('[sig-instrumentation] Events API should ensure that an event can be fetched, patched, deleted, and listed [Conformance]', { musts: NEW_LIFE }, async (t) => {
  const name = t.name('event');
  const labelSelector = `testevent-constant=${name}`;
  await t.client.create(EventsV1Event, newEvent(t, name, name), at(t));
  t.must(NEW_LIFE[0]!, (await t.client.list(EventsV1Event, { labelSelector })).items.length === 1);
  await t.client.patch(EventsV1Event, name, { type: 'strategic', body: { series: { count: 2, lastObservedTime: formatMicroTime(t.shared.clock.now()) }, note: 'patched' } }, at(t));
  const patched = await t.client.get(EventsV1Event, name, at(t));
  t.must(NEW_LIFE[1]!, patched.series?.count === 2, JSON.stringify(patched));
  const series = { count: 100, lastObservedTime: '2026-01-02T03:04:05.000000Z' };
  await t.client.update(EventsV1Event, { ...patched, series }, at(t));
  const updated = await t.client.get(EventsV1Event, name, at(t));
  t.must(NEW_LIFE[2]!, updated.series?.count === 100 && updated.series.lastObservedTime === series.lastObservedTime, JSON.stringify(updated.series));
  await t.client.delete(EventsV1Event, name, at(t));
  t.must(NEW_LIFE[3]!, (await t.client.list(EventsV1Event, { labelSelector })).items.length === 0);
});

export const events: readonly TestCase[] = [coreCollection, coreLife];
export const newEvents: readonly TestCase[] = [newCollection, newLife];
