import { expect, test } from 'vitest';
import { errorsOf } from '../testing/errors-of.ts';
import { Event } from '../core/event.ts';
import { EventsV1Event } from './event.ts';

const NOW = '2026-01-01T00:00:00.000000Z';
const event = (more: object = {}) => ({
  metadata: { name: 'e', namespace: 'shop' }, eventTime: NOW, reportingController: 'example.com/c', reportingInstance: 'c-0', action: 'Look', reason: 'Seen',
  type: 'Normal', regarding: { namespace: 'shop', kind: 'Pod', name: 'p' }, ...more,
});
const old = (more: object = {}) => ({ metadata: { name: 'e', namespace: 'shop' }, involvedObject: { namespace: 'shop' }, ...more });

test('new events say when, what and who, and nothing of the former fields', () => {
  expect(errorsOf(EventsV1Event, event())).toEqual([]);
  expect(errorsOf(EventsV1Event, event({ type: 'Odd', deprecatedCount: 1, deprecatedFirstTimestamp: '2026-01-01T00:00:00Z', deprecatedSource: { host: 'n' } }))).toEqual([
    'type: Invalid value: "": has invalid value: Odd', 'firstTimestamp: Invalid value: "": needs to be unset',
    'count: Invalid value: "": needs to be unset', 'source: Invalid value: "": needs to be unset',
  ]);
  expect(errorsOf(EventsV1Event, event({ series: { count: 1, lastObservedTime: NOW } }))).toEqual(['series.count: Invalid value: "": should be at least 2']);
  expect(errorsOf(EventsV1Event, event({ reportingController: '', action: '', note: 'x'.repeat(1025) }))).toEqual([
    'reportingController: Required value',
    'reportingController: Invalid value: "": name part must be non-empty',
    expect.stringContaining('reportingController: Invalid value: "": name part must consist of'),
    'action: Required value', 'message: Invalid value: "": can have at most 1024 characters',
  ]);
});

test('a new event goes on in its series alone', () => {
  expect(errorsOf(EventsV1Event, event({ series: { count: 2, lastObservedTime: NOW } }), event())).toEqual([]);
  expect(errorsOf(EventsV1Event, event({ reason: 'Heard', type: 'Warning' }), event())).toEqual([
    'reason: Invalid value: "Heard": field is immutable', 'type: Invalid value: "Warning": field is immutable',
  ]);
  // "patched with a new note": a MUST of the conformance suite.
  expect(errorsOf(EventsV1Event, event({ note: 'more' }), event())).toEqual([]);
});

test('old events may be about their own namespace alone, and change as they like', () => {
  expect(errorsOf(Event, old({ count: 3 }), old())).toEqual([]);
  expect(errorsOf(Event, old({ involvedObject: { namespace: 'other' } }))).toEqual(['involvedObject.namespace: Invalid value: "other": does not match event.namespace']);
  expect(errorsOf(Event, old({ involvedObject: {} }), old())).toEqual(['involvedObject.namespace: Invalid value: "": does not match event.namespace']);
});
