import type { Random } from '../base/random.ts';
import type { Diagnosis, NodeVerdict } from './framework/diagnosis.ts';
import { FilterRun } from './framework/filter-run.ts';
import type { PostFiltered, Snapshot } from './framework/plugin.ts';
import type { PodInfo } from './framework/pod-info.ts';
import type { Profile } from './framework/profile.ts';
import { scoreNodes, type Scored } from './framework/score-run.ts';
import { rejectForGood } from './framework/verdict.ts';
import type { NodeInfo } from './snapshot/node-info.ts';

/** What a cycle decides: pure data, carried out by the scheduler. */
export type Decision = Fits | Unfit;

export interface Fits {
  readonly type: 'fits';
  readonly node: NodeInfo;
  readonly evaluated: number;
  readonly feasible: number;
  /** How the chosen node came out ahead; absent when it was the only one. */
  readonly scored?: Scored;
}

export interface Unfit {
  readonly type: 'unfit';
  readonly diagnosis: Diagnosis;
  /** The node now promised to the pod; '' takes back what was promised before, undefined leaves it. */
  readonly nominate: string | undefined;
  readonly victims: readonly PodInfo[];
  /** What plugins have to write for the pod. */
  readonly effects: readonly ((signal: AbortSignal) => Promise<void>)[];
}

export interface CycleInput {
  readonly profile: Profile;
  readonly snapshot: Snapshot;
  readonly random: Random;
  /** Pods to which a node's room was promised by preemption: by node name. */
  readonly nominated?: (node: string) => readonly PodInfo[];
  /** 0 for upstream's own formula. */
  readonly percentageOfNodesToScore?: number;
}

const MIN_FEASIBLE = 100;
const MIN_PERCENTAGE = 5;

/** How many nodes that fit are enough to choose among: all up to 100 nodes, a shrinking share of more. */
export function feasibleNodesToFind(allNodes: number, percentage = 0): number {
  if (allNodes < MIN_FEASIBLE) return allNodes;
  const share = percentage || Math.max(MIN_PERCENTAGE, 50 - Math.trunc(allNodes / 125));
  return Math.max(MIN_FEASIBLE, Math.trunc((allNodes * share) / 100));
}

/** One pod, one decision. Leaves the table as it was, but for where the next search begins. */
export function schedulePod(pod: PodInfo, input: CycleInput): Decision {
  const { profile, snapshot, random } = input;
  const run = FilterRun.start(pod, input);
  if (run.rejected) return unfit(pod, run, { verdicts: [], preFilterMessage: run.rejected.rejection.reasons.join(', ') });

  const nominated = pod.pod.status.nominatedNodeName ? snapshot.table.get(pod.pod.status.nominatedNodeName) : undefined;
  if (nominated && run.allows(nominated) && run.filter(nominated) === undefined) {
    return { type: 'fits', node: nominated, evaluated: 1, feasible: 1 };
  }

  const { feasible, verdicts } = search(run, input);
  if (feasible.length === 0) return unfit(pod, run, { verdicts, ...(run.absent && { absent: run.absent }) });
  const evaluated = feasible.length + verdicts.length;
  if (feasible.length === 1) return { type: 'fits', node: feasible[0]!, evaluated, feasible: 1 };
  const scored = scoreNodes(pod, feasible, { profile, snapshot, random });
  return { type: 'fits', node: scored.best, evaluated, feasible: feasible.length, scored };
}

function search(run: FilterRun, { snapshot: { table }, percentageOfNodesToScore }: CycleInput) {
  const nodes = run.nodes(table.nodes);
  const enough = feasibleNodesToFind(nodes.length, percentageOfNodesToScore);
  const feasible: NodeInfo[] = [];
  const verdicts: NodeVerdict[] = [];
  const start = table.nextStart % Math.max(1, nodes.length);
  for (let i = 0; i < nodes.length && feasible.length < enough; i++) {
    const node = nodes[(start + i) % nodes.length]!;
    const rejection = run.filter(node);
    if (rejection === undefined) feasible.push(node);
    else verdicts.push({ node, plugin: run.lastPlugin, rejection });
  }
  table.nextStart = (table.nextStart + feasible.length + verdicts.length) % Math.max(1, table.nodes.length);
  return { feasible, verdicts };
}

function unfit(pod: PodInfo, run: FilterRun, found: Pick<Diagnosis, 'verdicts' | 'absent' | 'preFilterMessage'>): Unfit {
  const plugins = new Set(run.restrictors);
  if (run.rejected) plugins.add(run.rejected.plugin);
  for (const { plugin } of found.verdicts) plugins.add(plugin);
  const diagnosis: Diagnosis = { allNodes: run.snapshot.table.nodes.length, plugins, postFilterMessage: '', ...found };
  if (diagnosis.allNodes === 0) return { type: 'unfit', diagnosis, nominate: '', victims: [], effects: [] };

  const answers: PostFiltered[] = [];
  for (const plugin of run.profile.postFilter) {
    const answer = plugin.postFilter(pod, run.failed(diagnosis));
    if (!answer) continue;
    answers.push(answer);
    if (answer.nominate) break;
  }
  const helped = answers.find(({ nominate }) => nominate !== undefined);
  const postFilterMessage = (helped ? [helped] : answers).map(({ message }) => message).filter(Boolean).join(', ');
  return {
    type: 'unfit',
    diagnosis: { ...diagnosis, postFilterMessage },
    nominate: helped?.nominate ?? (answers.some(({ keepsNomination }) => keepsNomination) ? undefined : ''),
    victims: helped?.victims ?? [],
    effects: answers.flatMap(({ effect }) => effect ?? []),
  };
}

/** What each plugin says of each node, none cut short by another's word: for `knarr why`. */
export function explainPod(pod: PodInfo, input: CycleInput): readonly NodeVerdict[] {
  const run = FilterRun.start(pod, input);
  if (run.rejected) return input.snapshot.table.nodes.map((node) => ({ node, ...run.rejected! }));
  const absent = run.absent ?? rejectForGood();
  return input.snapshot.table.nodes.flatMap((node) =>
    run.allows(node) ? run.everyVerdict(node) : [{ node, plugin: run.restrictors.join(', '), rejection: absent }]);
}
