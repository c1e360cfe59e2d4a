/** What `kubectl get events` shows, of either group's events: the two are views of one object. */
import { since } from '../../meta/human-duration.ts';
import type { ObjectReference } from './references.ts';

interface EventLike {
  readonly eventTime?: string | null;
  readonly firstTimestamp?: string;
  readonly lastTimestamp?: string;
  readonly deprecatedFirstTimestamp?: string;
  readonly deprecatedLastTimestamp?: string;
  readonly count?: number;
  readonly deprecatedCount?: number;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string };
  readonly source?: { readonly component?: string; readonly host?: string };
  readonly deprecatedSource?: { readonly component?: string; readonly host?: string };
  readonly reportingComponent?: string;
  readonly reportingController?: string;
  readonly reportingInstance?: string;
}

const firstTime = (event: EventLike): string | undefined =>
  event.firstTimestamp ?? event.deprecatedFirstTimestamp ?? event.eventTime ?? undefined;

export const firstSeenCell = (event: EventLike, now: number): string => since(firstTime(event), now);

export const lastSeenCell = (event: EventLike, now: number): string =>
  since(event.series?.lastObservedTime ?? event.lastTimestamp ?? event.deprecatedLastTimestamp ?? firstTime(event), now);

export const countCell = (event: EventLike): number => event.series?.count ?? (event.count || event.deprecatedCount || 1);

export const objectCell = ({ kind = '', name = '' }: ObjectReference): string => (kind === '' ? name : `${kind.toLowerCase()}/${name}`);

export function sourceCell(event: EventLike): string {
  const source = event.source ?? event.deprecatedSource ?? {};
  const component = source.component || event.reportingComponent || event.reportingController || '';
  const host = source.host || event.reportingInstance || '';
  return host === '' ? component : `${component}, ${host}`;
}
