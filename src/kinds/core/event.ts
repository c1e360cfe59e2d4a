import type { InstanceOf } from '../../meta/resource.ts';
import { int32, microTime, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { objectMeta } from '../../schema/object-meta.ts';
import { wide } from '../cells.ts';
import { countCell, firstSeenCell, lastSeenCell, objectCell, sourceCell } from './event-columns.ts';
import { eventErrors } from './event-validation.ts';
import { objectReference } from './references.ts';

export const eventSeries = part(() =>
  object('api.core.v1.EventSeries', {
    count: int32().tag(1).describe('How often it happened so far.'),
    lastObservedTime: microTime().tag(2).describe('When it last happened.'),
  }));
export type EventSeries = TypeOf<ReturnType<typeof eventSeries>>;

export const eventSource = part(() =>
  object('api.core.v1.EventSource', {
    component: string().tag(1).describe('Who saw it.'),
    host: string().tag(2).describe('On which node.'),
  }));
export type EventSource = TypeOf<ReturnType<typeof eventSource>>;

export const Event = defineKind({
  group: '', version: 'v1', kind: 'Event', plural: 'events',
  short: ['ev'], scope: 'Namespaced', package: 'api.core.v1',
  description: 'Something that happened to an object, kept for a while.',
  fields: {
    metadata: objectMeta().required().default({}).tag(1).describe('Name, labels and what else all objects have.'),
    involvedObject: objectReference().required().default({}).tag(2).describe('What the event is about.'),
    reason: string().tag(3).describe('What happened, as one CamelCase word.'),
    message: string().tag(4).describe('What happened, for people.'),
    source: eventSource().default({}).tag(5).describe('Who saw it; reportingComponent in newer events.'),
    firstTimestamp: time().tag(6).describe('When it first happened.'),
    lastTimestamp: time().tag(7).describe('When it last happened.'),
    count: int32().tag(8).describe('How often it happened.'),
    type: string().tag(9).describe('Normal or Warning.'),
    eventTime: microTime().tag(10).describe('When it first happened, to the microsecond.'),
    series: eventSeries().tag(11).describe('How it goes on, if it keeps happening.'),
    action: string().tag(12).describe('What was done or tried.'),
    related: objectReference().tag(13).describe('A second object that has to do with it.'),
    reportingComponent: string().always().tag(14).describe('The controller that reports it.'),
    reportingInstance: string().always().tag(15).describe('Which of its instances.'),
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
    Count: wide(countCell),
    Name: { ...wide(({ metadata }) => metadata.name), format: 'name' },
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
  validate: (event, at) => eventErrors(event, { about: event.involvedObject.namespace, reporter: ['reportingComponent', event.reportingComponent] }, at),
});
export type Event = InstanceOf<typeof Event>;
