import { Node } from '../../kinds/core/node.ts';
import { defineController, watchOf, type Controller } from '../runtime/index.ts';

const TTL = 'node.alpha.kubernetes.io/ttl';

/** Sizes of a cluster and how many seconds its kubelets may keep Secrets and ConfigMaps. They overlap, lest one node more or less turn all. */
const STEPS: readonly { readonly from: number; readonly to: number; readonly seconds: number }[] = [
  { from: 0, to: 100, seconds: 0 },
  { from: 90, to: 500, seconds: 15 },
  { from: 450, to: 1000, seconds: 30 },
  { from: 900, to: 2000, seconds: 60 },
  { from: 1800, to: 10_000, seconds: 300 },
  { from: 9000, to: Infinity, seconds: 600 },
];

/** The step for a cluster of this size that stood at another before. */
export function nextStep(before: number, nodes: number): number {
  let step = before;
  while (nodes > STEPS[step]!.to) step++;
  while (nodes < STEPS[step]!.from) step--;
  return step;
}

/** Tells each node for how long its kubelet may keep what pods read before it asks again: the longer, the more nodes there are. */
export function nodeTtlController(): Controller {
  let step = 0;
  return defineController({
    name: 'ttl',
    component: 'ttl-controller',
    for: Node,
    watches: [watchOf(Node, (node, cache, old) => {
      if (old) return []; // heartbeats do not change how many there are
      const next = nextStep(step, cache.list(Node).length);
      if (next === step) return [node.metadata.name];
      step = next;
      return cache.list(Node).map(({ metadata }) => metadata.name);
    })],

    async reconcile({ metadata: { name, annotations } }, { client }) {
      const wanted = String(STEPS[step]!.seconds);
      if (annotations?.[TTL] === wanted) return;
      await client.patch(Node, name, { type: 'merge', body: { metadata: { annotations: { [TTL]: wanted } } } });
    },
  });
}
