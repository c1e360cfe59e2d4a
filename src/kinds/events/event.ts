import type { InstanceOf } from '../../meta/resource.ts';
import { int32, microTime, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { wide } from '../cells.ts';
import { countCell, firstSeenCell, lastSeenCell, objectCell, sourceCell } from '../core/event-columns.ts';
import { eventErrors } from '../core/event-validation.ts';
import { eventSource } from '../core/event.ts';
import { objectReference } from '../core/references.ts';
import { eventUpdateErrors, newEventErrors } from './event-validation.ts';

export const eventSeries = part(() =>
  object('api.events.v1.EventSeries', {
    count: int32().required().tag(1).describe('How often it happened so far.'),
    lastObservedTime: microTime().required().tag(2).describe('When it last happened.'),
  }));
export type EventSeries = TypeOf<ReturnType<typeof eventSeries>>;

export const EventsV1Event = defineKind({
  group: 'events.k8s.io', version: 'v1', kind: 'Event', plural: 'events',
  short: ['ev'], scope: 'Namespaced', package: 'api.events.v1',
  description: 'Something that happened to an object, kept for a while.',
  fields: {
    eventTime: microTime().required().tag(2).describe('When it first happened.'),
    series: eventSeries().tag(3).describe('How it goes on, if it keeps happening.'),
    reportingController: string().tag(4).describe('The controller that reports it.'),
    reportingInstance: string().tag(5).describe('Which of its instances.'),
    action: string().tag(6).describe('What was done or tried.'),
    reason: string().tag(7).describe('Why, as one CamelCase word.'),
    regarding: objectReference().default({}).tag(8).describe('What the event is about.'),
    related: objectReference().tag(9).describe('A second object that has to do with it.'),
    note: string().tag(10).describe('What happened, for people.'),
    type: string().tag(11).describe('Normal or Warning.'),
    deprecatedSource: eventSource().default({}).tag(12).describe('Who saw it, in the former version.'),
    deprecatedFirstTimestamp: time().tag(13).describe('When it first happened, in the former version.'),
    deprecatedLastTimestamp: time().tag(14).describe('When it last happened, in the former version.'),
    deprecatedCount: int32().tag(15).describe('How often it happened, in the former version.'),
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
    Count: wide(countCell),
    Name: { ...wide(({ metadata }) => metadata.name), format: 'name' },
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
  validate: (event, at) =>
    eventErrors({ ...event, message: event.note ?? '' }, { about: event.regarding.namespace, reporter: ['reportingController', event.reportingController] }, at),
  validateCreate: newEventErrors,
  validateUpdate: eventUpdateErrors,
});
export type EventsV1Event = InstanceOf<typeof EventsV1Event>;
