import type { Node } from '../../kinds/core/node.ts';
import { isReadyNode } from './health.ts';

/** How much of a zone has failed, and so how fast pods are moved off its nodes. */
export type ZoneState = 'Normal' | 'PartialDisruption' | 'FullDisruption';

const UNHEALTHY_SHARE = 0.55;
const LARGE_ZONE = 50;

/** Nodes tainted for eviction in a second, by zone state: in a small zone that is partly down, none. */
export function evictionRate(state: ZoneState, size: number): number {
  if (state !== 'PartialDisruption') return 0.1;
  return size > LARGE_ZONE ? 0.01 : 0;
}

export const zoneOf = ({ metadata }: Node): string =>
  `${metadata.labels?.['topology.kubernetes.io/region'] ?? ''}:${metadata.labels?.['topology.kubernetes.io/zone'] ?? ''}`;

export function zoneState(nodes: readonly Node[]): ZoneState {
  const unhealthy = nodes.filter((node) => !isReadyNode(node)).length;
  if (unhealthy > 0 && unhealthy === nodes.length) return 'FullDisruption';
  return unhealthy > 2 && unhealthy / nodes.length >= UNHEALTHY_SHARE ? 'PartialDisruption' : 'Normal';
}

/** How all zones fare at one moment. */
export interface Census {
  readonly everythingDown: boolean;
  readonly zones: ReadonlyMap<string, { readonly state: ZoneState; readonly size: number }>;
}

export function takeCensus(nodes: readonly Node[]): Census {
  const members = new Map<string, Node[]>();
  for (const node of nodes) {
    const zone = members.get(zoneOf(node));
    if (zone) zone.push(node);
    else members.set(zoneOf(node), [node]);
  }
  return { everythingDown: isEverythingDown(nodes), zones: new Map([...members].map(([zone, all]) => [zone, { state: zoneState(all), size: all.length }])) };
}

/**
 * Whether every node of every zone is down: then it is more likely that the control plane has lost its network, and
 * nobody is moved.
 */
export const isEverythingDown = (nodes: readonly Node[]): boolean => nodes.length > 0 && !nodes.some(isReadyNode);
