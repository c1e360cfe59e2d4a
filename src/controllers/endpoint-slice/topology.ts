/**
 * Which zone should prefer which endpoint, where a Service asks for it with `service.kubernetes.io/topology-mode: Auto` (KEP-2433):
 * each zone gets as large a part of the endpoints as it has of the cluster's CPU, its own first.
 */
import type { Node } from '../../kinds/core/node.ts';
import type { Service } from '../../kinds/core/service.ts';
import type { Endpoint } from '../../kinds/discovery/endpoint-slice.ts';
import { isConditionTrue } from '../../rules/pod-conditions.ts';
import { amountOf } from '../../rules/pod-resources.ts';

export const ZONE = 'topology.kubernetes.io/zone';
const MODE = 'service.kubernetes.io/topology-mode';
const OLD_MODE = 'service.kubernetes.io/topology-aware-hints';
const NOT_FOR_WORK = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];
/** How much more than its part an endpoint may have to bear at most. */
const OVERLOAD = 0.2;

export function wantsTopology({ metadata: { annotations = {} } }: Service): boolean {
  const mode = annotations[OLD_MODE] ?? annotations[MODE];
  return mode === 'Auto' || mode === 'auto';
}

/** Zones' parts of the cluster's CPU, in all 1. Undefined where there are fewer than two, or a node that works does not say where it is or how large. */
export function zoneParts(nodes: readonly Node[]): ReadonlyMap<string, number> | undefined {
  const cpu = new Map<string, number>();
  for (const { metadata: { labels = {} }, status } of nodes) {
    if (NOT_FOR_WORK.some((label) => label in labels) || !isConditionTrue(status.conditions, 'Ready')) continue;
    const [zone, has] = [labels[ZONE], amountOf('cpu', status.allocatable?.cpu ?? '0')];
    if (!zone || has === 0) return undefined;
    cpu.set(zone, (cpu.get(zone) ?? 0) + has);
  }
  const total = [...cpu.values()].reduce((sum, one) => sum + one, 0);
  return cpu.size < 2 ? undefined : new Map([...cpu].map(([zone, has]) => [zone, has / total]));
}

/** What of a node matters here: most updates are heartbeats. */
export const topologyOf = ({ metadata: { labels = {} }, status }: Node): string =>
  JSON.stringify([labels[ZONE], NOT_FOR_WORK.some((label) => label in labels), isConditionTrue(status.conditions, 'Ready'), status.allocatable?.cpu]);

/** The zone each endpoint is for, by its place in the list; or why there is none for any. */
export type Assignment = { readonly zones: ReadonlyMap<Endpoint, string> } | { readonly why: string };

/**
 * @param endpoints those of one address family that are ready
 * @param before for which zone an endpoint was until now: it stays so where nothing speaks against it
 */
export function assignZones(endpoints: readonly Endpoint[], parts: ReadonlyMap<string, number> | undefined, before: (endpoint: Endpoint) => string | undefined): Assignment {
  if (!parts) return { why: 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes' };
  const size = `(${endpoints.length} endpoints, ${parts.size} zones)`;
  if (parts.size > endpoints.length) return { why: `Insufficient number of endpoints ${size}` };
  const bounds = boundsOf(parts, endpoints.length);
  if (!bounds) return { why: `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${size}` };
  if (endpoints.some(({ zone }) => !zone)) return { why: 'One or more endpoints do not have a zone specified' };
  return { zones: unchanged(endpoints, bounds, before) ?? distribute(endpoints, bounds, before) };
}

interface Bounds {
  readonly minimum: number;
  readonly maximum: number;
  /** What the zone should have, not rounded. */
  readonly wanted: number;
}

function boundsOf(parts: ReadonlyMap<string, number>, count: number): ReadonlyMap<string, Bounds> | undefined {
  const least = [...parts].map(([zone, part]) => [zone, part * count, Math.ceil((part * count) / (1 + OVERLOAD))] as const);
  const spare = count - least.reduce((sum, [, , minimum]) => sum + minimum, 0);
  if (spare < 0) return undefined;
  return new Map(least.map(([zone, wanted, minimum]) => [zone, { minimum, maximum: minimum + spare, wanted: Math.max(wanted, minimum) }]));
}

/** Where all have a zone as before and none is overloaded, nothing changes: every node of the cluster watches the slices. */
function unchanged(endpoints: readonly Endpoint[], bounds: ReadonlyMap<string, Bounds>, before: (endpoint: Endpoint) => string | undefined): ReadonlyMap<Endpoint, string> | undefined {
  const zones = new Map<Endpoint, string>();
  const counts = new Map<string, number>();
  for (const endpoint of endpoints) {
    const zone = before(endpoint);
    if (zone === undefined || !bounds.has(zone)) return undefined;
    zones.set(endpoint, zone);
    counts.set(zone, (counts.get(zone) ?? 0) + 1);
  }
  const bears = [...bounds].every(([zone, { minimum, maximum }]) => (counts.get(zone) ?? 0) >= minimum && (counts.get(zone) ?? 0) <= maximum);
  return bears ? zones : undefined;
}

/** Every endpoint for its own zone at first; then zones that have more than their part give to those that have less. */
function distribute(endpoints: readonly Endpoint[], bounds: ReadonlyMap<string, Bounds>, before: (endpoint: Endpoint) => string | undefined): ReadonlyMap<Endpoint, string> {
  const zones = new Map(endpoints.map((endpoint) => [endpoint, endpoint.zone!]));
  const surplus = new Map<string, number>([...bounds].map(([zone, { wanted }]) => [zone, endpoints.filter((one) => one.zone === zone).length - wanted]));
  for (;;) {
    const [giver, spare] = most(surplus, 1);
    const [taker, need] = most(surplus, -1);
    if (giver === '' || taker === '' || (spare < 1 && need < 1) || spare < 0.5 || need < 0.5) return zones;
    const own = endpoints.filter((one) => one.zone === giver && zones.get(one) === giver);
    zones.set(own.find((one) => before(one) === taker) ?? own[0]!, taker);
    surplus.set(giver, surplus.get(giver)! - 1);
    surplus.set(taker, surplus.get(taker)! + 1);
  }
}

function most(surplus: ReadonlyMap<string, number>, sign: 1 | -1): readonly [zone: string, much: number] {
  return [...surplus].map(([zone, much]) => [zone, much * sign] as const).reduce((best, one) => (one[1] > best[1] ? one : best), ['', 0] as readonly [string, number]);
}
