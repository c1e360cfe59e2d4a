import type { NodeInfo } from './node-info.ts';

const zoneOf = ({ labels }: NodeInfo): string =>
  `${labels['topology.kubernetes.io/region'] ?? ''}:${labels['topology.kubernetes.io/zone'] ?? ''}`;

/** One node of each zone in turn, so that a search that stops early has still seen every zone. */
export function interleaveZones(nodes: readonly NodeInfo[]): readonly NodeInfo[] {
  const byZone = new Map<string, NodeInfo[]>();
  for (const node of nodes) {
    const zone = zoneOf(node);
    const others = byZone.get(zone);
    if (others) others.push(node);
    else byZone.set(zone, [node]);
  }
  if (byZone.size <= 1) return nodes;
  const zones = [...byZone.values()];
  const longest = Math.max(0, ...zones.map((zone) => zone.length));
  const order: NodeInfo[] = [];
  for (let turn = 0; turn < longest; turn++) {
    for (const zone of zones) if (turn < zone.length) order.push(zone[turn]!);
  }
  return order;
}
