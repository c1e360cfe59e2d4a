import type { InstanceOf } from '../../meta/resource.ts';
import { int32, microTime, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { integer, wide } from '../cells.ts';
import { countCell, firstSeenCell, lastSeenCell, objectCell, sourceCell } from '../core/event-columns.ts';
import { eventSource } from '../core/event.ts';
import { objectReference } from '../core/references.ts';

export const eventSeries = part(() =>
  object('api.events.v1.EventSeries', {
    count: int32().required().tag(1),
    lastObservedTime: microTime().required().tag(2),
  }));
export type EventSeries = TypeOf<ReturnType<typeof eventSeries>>;

export const EventsV1Event = defineKind({
  group: 'events.k8s.io', version: 'v1', kind: 'Event', plural: 'events',
  short: ['ev'], scope: 'Namespaced', package: 'api.events.v1',
  fields: {
    eventTime: microTime().required().tag(2),
    series: eventSeries().tag(3),
    reportingController: string().tag(4),
    reportingInstance: string().tag(5),
    action: string().tag(6),
    reason: string().tag(7),
    regarding: objectReference().default({}).tag(8),
    related: objectReference().tag(9),
    note: string().tag(10),
    type: string().tag(11),
    deprecatedSource: eventSource().default({}).tag(12),
    deprecatedFirstTimestamp: time().tag(13),
    deprecatedLastTimestamp: time().tag(14),
    deprecatedCount: int32().tag(15),
  },
  columns: {
    'Last Seen': lastSeenCell,
    Type: ({ type }) => type ?? '',
    Reason: ({ reason }) => reason ?? '',
    Object: ({ regarding }) => objectCell(regarding),
    Subobject: wide(({ regarding }) => regarding.fieldPath ?? ''),
    Source: wide(sourceCell),
    Message: ({ note }) => (note ?? '').trim(),
    'First Seen': wide(firstSeenCell),
    Count: { ...integer(countCell), wide: true },
    Name: wide(({ metadata }) => metadata.name),
  },
  fieldSelectors: {
    'regarding.kind': ({ regarding }) => regarding.kind ?? '',
    'regarding.namespace': ({ regarding }) => regarding.namespace ?? '',
    'regarding.name': ({ regarding }) => regarding.name ?? '',
    'regarding.uid': ({ regarding }) => regarding.uid ?? '',
    'regarding.apiVersion': ({ regarding }) => regarding.apiVersion ?? '',
    'regarding.resourceVersion': ({ regarding }) => regarding.resourceVersion ?? '',
    'regarding.fieldPath': ({ regarding }) => regarding.fieldPath ?? '',
    reason: ({ reason }) => reason ?? '',
    reportingController: ({ reportingController }) => reportingController ?? '',
    type: ({ type }) => type ?? '',
  },
});
export type EventsV1Event = InstanceOf<typeof EventsV1Event>;
