import type { InstanceOf } from '../../meta/resource.ts';
import { int32, microTime, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { objectMeta } from '../../schema/object-meta.ts';
import { integer, wide } from '../cells.ts';
import { countCell, firstSeenCell, lastSeenCell, objectCell, sourceCell } from './event-columns.ts';
import { objectReference } from './references.ts';

export const eventSeries = part(() =>
  object('api.core.v1.EventSeries', {
    count: int32().tag(1),
    lastObservedTime: microTime().tag(2),
  }));
export type EventSeries = TypeOf<ReturnType<typeof eventSeries>>;

export const eventSource = part(() =>
  object('api.core.v1.EventSource', {
    component: string().tag(1),
    host: string().tag(2),
  }));
export type EventSource = TypeOf<ReturnType<typeof eventSource>>;

export const Event = defineKind({
  group: '', version: 'v1', kind: 'Event', plural: 'events',
  short: ['ev'], scope: 'Namespaced', package: 'api.core.v1',
  fields: {
    metadata: objectMeta().required().default({}).tag(1),
    involvedObject: objectReference().required().default({}).tag(2),
    reason: string().tag(3),
    message: string().tag(4),
    source: eventSource().default({}).tag(5),
    firstTimestamp: time().tag(6),
    lastTimestamp: time().tag(7),
    count: int32().tag(8),
    type: string().tag(9),
    eventTime: microTime().tag(10),
    series: eventSeries().tag(11),
    action: string().tag(12),
    related: objectReference().tag(13),
    reportingComponent: string().tag(14),
    reportingInstance: string().tag(15),
  },
  columns: {
    'Last Seen': lastSeenCell,
    Type: ({ type }) => type ?? '',
    Reason: ({ reason }) => reason ?? '',
    Object: ({ involvedObject }) => objectCell(involvedObject),
    Subobject: wide(({ involvedObject }) => involvedObject.fieldPath ?? ''),
    Source: wide(sourceCell),
    Message: ({ message }) => (message ?? '').trim(),
    'First Seen': wide(firstSeenCell),
    Count: { ...integer(countCell), wide: true },
    Name: wide(({ metadata }) => metadata.name),
  },
  fieldSelectors: {
    'involvedObject.kind': ({ involvedObject }) => involvedObject.kind ?? '',
    'involvedObject.namespace': ({ involvedObject }) => involvedObject.namespace ?? '',
    'involvedObject.name': ({ involvedObject }) => involvedObject.name ?? '',
    'involvedObject.uid': ({ involvedObject }) => involvedObject.uid ?? '',
    'involvedObject.apiVersion': ({ involvedObject }) => involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': ({ involvedObject }) => involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': ({ involvedObject }) => involvedObject.fieldPath ?? '',
    reason: ({ reason }) => reason ?? '',
    reportingComponent: ({ reportingComponent }) => reportingComponent ?? '',
    source: ({ source, reportingComponent }) => source.component || (reportingComponent ?? ''),
    type: ({ type }) => type ?? '',
  },
});
export type Event = InstanceOf<typeof Event>;
