/** What the newer view of events asks beyond the older, in the older's field names as upstream has it. */
import { deepEqual } from '../../base/deep-equal.ts';
import { type FieldPath, invalid, required } from '../../meta/field-error.ts';
import { type Errors, immutable } from '../checks.ts';

interface EventLike {
  readonly eventTime?: string | null;
  readonly series?: { readonly count: number; readonly lastObservedTime?: string | null };
  readonly type?: string;
  readonly deprecatedSource: { readonly component?: string; readonly host?: string };
  readonly deprecatedFirstTimestamp?: string | null;
  readonly deprecatedLastTimestamp?: string | null;
  readonly deprecatedCount?: number;
}

export function* newEventErrors(event: EventLike, at: FieldPath): Errors {
  yield* seriesErrors(event, at);
  if (!event.eventTime) yield required(at.child('eventTime'));
  if (event.type !== 'Normal' && event.type !== 'Warning') yield invalid(at.child('type'), '', `has invalid value: ${event.type ?? ''}`);
  const { component, host } = event.deprecatedSource;
  const former: readonly (readonly [field: string, isSet: boolean])[] = [
    ['firstTimestamp', Boolean(event.deprecatedFirstTimestamp)], ['lastTimestamp', Boolean(event.deprecatedLastTimestamp)],
    ['count', Boolean(event.deprecatedCount)], ['source', Boolean(component) || Boolean(host)],
  ];
  for (const [field, isSet] of former) if (isSet) yield invalid(at.child(field), '', 'needs to be unset');
}

function* seriesErrors({ series }: EventLike, at: FieldPath): Errors {
  if (!series) return;
  if (!(series.count >= 2)) yield invalid(at.child('series.count'), '', 'should be at least 2');
  if (!series.lastObservedTime) yield required(at.child('series.lastObservedTime'));
}

/** Field here → field as upstream names it in its errors, in upstream's order. */
const FIXED = [
  ['regarding', 'involvedObject'], ['reason', 'reason'], ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'], ['deprecatedLastTimestamp', 'lastTimestamp'], ['deprecatedCount', 'count'],
  ['type', 'type'], ['eventTime', 'eventTime'], ['action', 'action'], ['related', 'related'],
  ['reportingController', 'reportingController'], ['reportingInstance', 'reportingInstance'],
] as const;

/**
 * An event goes on in its series alone; and its note may change, as conformance asks ("patched with a new note"), though
 * later servers refuse that too.
 */
export function* eventUpdateErrors(event: EventLike, old: EventLike, at: FieldPath): Errors {
  if (!deepEqual(event.series, old.series)) yield* seriesErrors(event, at);
  for (const [field, name] of FIXED) yield* immutable(at.child(name), deepEqual(Reflect.get(event, field), Reflect.get(old, field)), Reflect.get(event, field));
}
