import { matchesNodeAffinity, nodePreference, restrictsNodes, type NodeTermLike } from '../../rules/node-affinity.ts';
import { moreIsBetter } from '../framework/normalize.ts';
import { definePlugin } from '../framework/plugin.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { pass, rejectForGood } from '../framework/verdict.ts';

const rejection = rejectForGood("node(s) didn't match Pod's node affinity/selector");
const conflict = rejectForGood('pod affinity terms conflict');

/** nodeSelector and node affinity: what is required filters, what is preferred scores. */
export const nodeAffinity = definePlugin({
  name: 'NodeAffinity',
  wakeOn: ['node-added', 'node-labels'],
  wakes: ({ pod: { spec } }, { node }) => node === undefined || matchesNodeAffinity(spec, node),

  preFilter(pod) {
    if (!restrictsNodes(pod.pod.spec)) return { type: 'skip' };
    const nodes = namedNodes(pod);
    if (nodes?.size === 0) return { type: 'reject', rejection: conflict };
    return { type: 'go', state: undefined, ...(nodes && { nodes }) };
  },

  filter: ({ pod }, { node }) => (node && matchesNodeAffinity(pod.spec, node) ? pass : rejection),

  preScore: ({ pod }) =>
    pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.length
      ? { type: 'go', state: undefined } : { type: 'skip' },
  score: ({ pod }, { node }) => (node ? nodePreference(pod.spec, node) : 0),
  normalize: moreIsBetter,
});

/** The nodes that the terms name outright, when every term does: DaemonSet pods name one, and 5,000 need not be asked. */
function namedNodes({ pod }: PodInfo): ReadonlySet<string> | undefined {
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  if (terms.length === 0) return undefined;
  const named = terms.map(namesIn);
  return named.some((names) => names === undefined) ? undefined : new Set(named.flatMap((names) => names ?? []));
}

function namesIn({ matchFields = [] }: NodeTermLike): readonly string[] | undefined {
  let names: readonly string[] | undefined;
  for (const { key, operator, values = [] } of matchFields) {
    if (key === 'metadata.name' && operator === 'In') names = names ? names.filter((name) => values.includes(name)) : values;
  }
  return names;
}
