import type { Node } from '../../kinds/core/node.ts';
import type { Endpoint, EndpointSlice } from '../../kinds/discovery/endpoint-slice.ts';
import type { Announcement } from '../runtime/index.ts';
import type { Group } from './desired.ts';
import { assignZones, zoneParts } from './topology.ts';

export interface Hinted {
  readonly groups: ReadonlyMap<string, Group>;
  readonly announce: readonly Announcement[];
  /** The family's mode as it is now: to be told of once. */
  readonly modes: Modes;
}
/** 'on', or why it is not, by address family. */
export type Modes = ReadonlyMap<Group['addressType'], string>;

export interface Known {
  readonly slices: readonly EndpointSlice[];
  readonly nodes: readonly Node[];
  readonly before: Modes;
}

/** Gives the endpoints of a Service that asks for it their zones, family by family, and says when that begins or cannot be. */
export function withTopology(groups: ReadonlyMap<string, Group>, { slices, nodes, before }: Known): Hinted {
  const parts = zoneParts(nodes);
  const past = new Map(slices.flatMap(({ endpoints }) => endpoints ?? []).map((endpoint) => [idOf(endpoint), endpoint.hints?.forZones?.[0]?.name]));
  const zones = new Map<Endpoint, string>();
  const modes = new Map<Group['addressType'], string>();
  const announce: Announcement[] = [];
  for (const addressType of new Set([...groups.values()].map((group) => group.addressType))) {
    const ready = [...groups.values()].filter((group) => group.addressType === addressType)
      .flatMap(({ endpoints }) => endpoints.filter(({ conditions }) => conditions?.ready)).toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
    const assigned = assignZones(ready, parts, (endpoint) => past.get(idOf(endpoint)));
    const mode = 'why' in assigned ? assigned.why : 'on';
    modes.set(addressType, mode);
    if ('zones' in assigned) for (const [endpoint, zone] of assigned.zones) zones.set(endpoint, zone);
    if (before.get(addressType) === mode) continue;
    announce.push('why' in assigned
      ? ['Warning', 'TopologyAwareHintsDisabled', `${assigned.why}, addressType: ${addressType}`]
      : ['Normal', 'TopologyAwareHintsEnabled', `Topology Aware Hints has been enabled, addressType: ${addressType}`]);
  }
  const hinted = (endpoint: Endpoint): Endpoint => (zones.has(endpoint) ? { ...endpoint, hints: { forZones: [{ name: zones.get(endpoint)! }] } } : endpoint);
  return { groups: new Map([...groups].map(([key, group]) => [key, { ...group, endpoints: group.endpoints.map(hinted) }])), announce, modes };
}

/** What is said where a Service that had it no longer asks. */
export const topologyEnded = (before: Modes): readonly Announcement[] => [...before].filter(([, mode]) => mode === 'on')
  .map(([addressType]) => ['Warning', 'TopologyAwareHintsDisabled', `Topology Aware Hints has been disabled, addressType: ${addressType}`]);

const idOf = ({ targetRef, addresses }: Endpoint): string => `${targetRef?.uid ?? ''} ${addresses.join()}`;
