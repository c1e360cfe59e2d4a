import { isTrue, type RequestInfo } from '../request-info.ts';
import type { Resources } from '../resources.ts';

/** How many seats a request takes, and for how long after its answer (KEP-1040, "Width of the request"). */
export interface Work {
  readonly seats: number;
  /** Held for `finalMillis` after the answer, for what the request goes on to cost. */
  readonly finalSeats: number;
  readonly finalMillis: number;
}

export const ONE_SEAT: Work = { seats: 1, finalSeats: 0, finalMillis: 0 };

const OBJECTS_PER_SEAT = 100;
const WATCHES_PER_SEAT = 10;
/** What one event costs all its watchers, per seat. */
const EVENT_MILLIS = 5;
const SEATS_LIMIT = 100;
/** No request takes more than this part of its level's nominal seats. */
const LEVEL_PART = 0.15;
const MUTATING = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
export const isMutating = ({ verb, isResource }: RequestInfo): boolean => (isResource ? MUTATING.has(verb) : verb !== 'get' && verb !== 'head');

/**
 * Lists by the objects they go over, writes by the watchers to be told. Simplified against upstream: objects are counted,
 * not weighed, and all watchers of a resource count, whatever they select.
 */
export function workOf(resources: Resources, info: RequestInfo, nominal: number): Work {
  if (!info.isResource || info.subresource !== '') return ONE_SEAT;
  const isList = info.verb === 'list';
  if (!isList && !MUTATING.has(info.verb)) return ONE_SEAT;
  const cache = resources.find(info.group, info.version, info.resource)?.cache;
  if (!cache) return ONE_SEAT;
  const most = Math.max(1, Math.min(SEATS_LIMIT, Math.ceil(nominal * LEVEL_PART)));
  if (isList) return listWork(info, cache.size, most);
  if (info.resource === 'leases' || cache.watching < WATCHES_PER_SEAT || isTrue(info.query.get('dryRun'))) return ONE_SEAT;
  const wanted = Math.ceil(cache.watching / WATCHES_PER_SEAT);
  const finalSeats = Math.min(wanted, most);
  return { seats: 1, finalSeats, finalMillis: (wanted * EVENT_MILLIS) / finalSeats };
}

function listWork({ query, name }: RequestInfo, stored: number, most: number): Work {
  if (name !== '' || stored <= OBJECTS_PER_SEAT) return ONE_SEAT;
  const asked = Number(query.get('limit') ?? 0);
  const limit = asked > 0 ? Math.min(asked, stored) : stored;
  const selects = query.has('labelSelector') || query.has('fieldSelector');
  // A selector may have to look at all to find as many as are wanted.
  const objects = selects ? stored : limit;
  return { seats: Math.min(most, Math.max(1, Math.ceil(objects / OBJECTS_PER_SEAT))), finalSeats: 0, finalMillis: 0 };
}
