import { deepEqual } from '../../base/deep-equal.ts';
import type { Service } from '../../kinds/core/service.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '../../kinds/discovery/endpoint-slice.ts';
import { isHeadless } from '../endpoints/service-pods.ts';
import { families, groupKey, type Group } from './desired.ts';

export const SERVICE_NAME = 'kubernetes.io/service-name';
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
export const MANAGER = 'endpointslice-controller.k8s.io';
const HEADLESS = 'service.kubernetes.io/headless';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Endpoints a slice holds at most: a change then moves 100 addresses, not all (KEP-752). */
const CAPACITY = 100;

/** A slice to be made. */
export interface NewSlice {
  readonly addressType: Group['addressType'];
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/** What one pass does, as data. */
export interface Plan {
  readonly create: readonly NewSlice[];
  readonly update: readonly EndpointSlice[];
  readonly remove: readonly EndpointSlice[];
}

/** What all slices of one Service have in common. */
export interface Frame {
  readonly labels: Readonly<Record<string, string>>;
  /** Where there is no endpoint at all, an empty slice for each of these says so. */
  readonly placeholders: readonly Group['addressType'][];
}

export const frameOf = (service: Service): Frame => ({ labels: labelsOf(service), placeholders: families(service) });

/** @param slices those of the Service that the asking controller manages */
export function plan(frame: Frame, slices: readonly EndpointSlice[], desired: ReadonlyMap<string, Group>): Plan {
  const standing = slices.filter((slice) => slice.metadata.deletionTimestamp === undefined);
  const byGroup = new Map<string, EndpointSlice[]>();
  for (const slice of standing) {
    const key = groupKey(slice.addressType, slice.ports ?? []);
    byGroup.set(key, [...(byGroup.get(key) ?? []), slice]);
  }
  const groups = desired.size > 0 ? desired : placeholders(frame);
  const parts = [...groups].map(([key, group]) => fill(frame, byGroup.get(key) ?? [], group));
  const strangers = [...byGroup].filter(([key]) => !groups.has(key)).flatMap(([, found]) => found);
  return {
    create: parts.flatMap((part) => part.create),
    update: parts.flatMap((part) => part.update),
    remove: [...strangers, ...parts.flatMap((part) => part.remove)],
  };
}

const placeholders = (frame: Frame): ReadonlyMap<string, Group> =>
  new Map(frame.placeholders.map((addressType) => [groupKey(addressType, []), { addressType, ports: [], endpoints: [] }]));

const idOf = ({ targetRef, addresses }: Endpoint): string => targetRef?.uid ?? addresses.join();

/**
 * Endpoints stay in the slice they are in; new ones fill the gaps of slices that change anyway, then of the others,
 * then new slices: the fewest writes, for every node watches them all.
 */
function fill(frame: Frame, slices: readonly EndpointSlice[], group: Group): Plan {
  const left = new Map(group.endpoints.map((endpoint) => [idOf(endpoint), endpoint]));
  const kept = slices.map((slice) => {
    const endpoints = (slice.endpoints ?? []).flatMap((old) => {
      const now = left.get(idOf(old));
      left.delete(idOf(old));
      return now ? [now] : [];
    });
    return { slice, endpoints, changes: !deepEqual(endpoints, slice.endpoints ?? []) };
  });
  const fresh = [...left.values()];
  for (const one of kept.toSorted((a, b) => Number(b.changes) - Number(a.changes) || b.endpoints.length - a.endpoints.length)) {
    one.endpoints.push(...fresh.splice(0, Math.max(0, CAPACITY - one.endpoints.length)));
  }
  const create: NewSlice[] = [];
  while (fresh.length > 0) create.push({ addressType: group.addressType, ports: group.ports, endpoints: fresh.splice(0, CAPACITY) });
  const [empty, full] = [kept.filter(({ endpoints }) => endpoints.length === 0), kept.filter(({ endpoints }) => endpoints.length > 0)];
  // Where the group is empty by intent one slice remains, to say so.
  const stays = group.endpoints.length === 0 ? empty.slice(0, 1) : [];
  if (group.endpoints.length === 0 && stays.length === 0) create.push({ addressType: group.addressType, ports: [], endpoints: [] });
  const after = [...full, ...stays].map(({ slice, endpoints }) => ({ slice, after: next(frame, slice, endpoints) }));
  return {
    create,
    update: after.filter((one) => !deepEqual(one.slice, one.after)).map((one) => one.after),
    remove: empty.filter((one) => !stays.includes(one)).map(({ slice }) => slice),
  };
}

const next = (frame: Frame, slice: EndpointSlice, endpoints: readonly Endpoint[]): EndpointSlice =>
  ({ ...slice, metadata: { ...slice.metadata, labels: frame.labels }, endpoints });

export const labelsOf = ({ metadata, ...service }: Service): Readonly<Record<string, string>> => ({
  ...metadata.labels,
  [SERVICE_NAME]: metadata.name,
  [MANAGED_BY]: MANAGER,
  ...(isHeadless({ metadata, ...service }) ? { [HEADLESS]: '' } : {}),
});

/** Annotations a new slice takes over from its Service. */
export function annotationsOf({ metadata }: Service): Readonly<Record<string, string>> {
  const { [LAST_APPLIED]: _, ...rest } = metadata.annotations ?? {};
  return rest;
}
