import type { Random } from '../../base/random.ts';
import type { NodeInfo } from '../snapshot/node-info.ts';
import type { Snapshot } from './plugin.ts';
import type { PodInfo } from './pod-info.ts';
import type { Profile } from './profile.ts';

/** One node's score by plugin, weights applied. */
export interface NodeScore {
  readonly node: string;
  readonly total: number;
  readonly plugins: Readonly<Record<string, number>>;
}

export interface Scored {
  readonly best: NodeInfo;
  /** The few best nodes, the chosen one first. */
  readonly top: () => readonly NodeScore[];
}

interface Column {
  readonly name: string;
  readonly weight: number;
  readonly scores: Float64Array;
}

const TOP = 3;

/** Scores nodes that all fit and picks the best, one of the equals at random. */
export function scoreNodes(
  pod: PodInfo, nodes: readonly NodeInfo[], { profile, snapshot, random }: { profile: Profile; snapshot: Snapshot; random: Random },
): Scored {
  const columns: Column[] = [];
  for (const { plugin, weight } of profile.scorers) {
    const before = plugin.preScore?.(pod, nodes, snapshot);
    if (before?.type === 'skip') continue;
    const scores = new Float64Array(nodes.length);
    for (let i = 0; i < nodes.length; i++) scores[i] = plugin.score(pod, nodes[i]!, before?.state);
    plugin.normalize?.(scores, before?.state, nodes);
    columns.push({ name: plugin.name, weight, scores });
  }
  const totals = new Float64Array(nodes.length);
  for (const { weight, scores } of columns) for (let i = 0; i < totals.length; i++) totals[i]! += weight * scores[i]!;
  const chosen = pick(totals, random);
  return { best: nodes[chosen]!, top: () => topNodes({ nodes, columns, totals, chosen }) };
}

/** The index of a largest total; each of the equals is as likely. */
function pick(totals: Float64Array, random: Random): number {
  let best = 0;
  let equals = 1;
  for (let i = 1; i < totals.length; i++) {
    const ahead = totals[i]! - totals[best]!;
    if (ahead < 0 || (ahead === 0 && random.next() * ++equals >= 1)) continue;
    best = i;
    if (ahead > 0) equals = 1;
  }
  return best;
}

function topNodes({ nodes, columns, totals, chosen }: {
  nodes: readonly NodeInfo[]; columns: readonly Column[]; totals: Float64Array; chosen: number;
}): readonly NodeScore[] {
  const order = [...totals.keys()].filter((i) => i !== chosen).toSorted((a, b) => totals[b]! - totals[a]!);
  return [chosen, ...order.slice(0, TOP - 1)].map((i) => ({
    node: nodes[i]!.name,
    total: totals[i]!,
    plugins: Object.fromEntries(columns.map(({ name, weight, scores }) => [name, weight * scores[i]!])),
  }));
}
