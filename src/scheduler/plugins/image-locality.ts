import { MAX_SCORE } from '../framework/normalize.ts';
import { definePlugin } from '../framework/plugin.ts';
import type { PodInfo } from '../framework/pod-info.ts';

const MB = 2 ** 20;
const MIN = 23 * MB;
const MAX_PER_CONTAINER = 1000 * MB;

interface Wanted {
  readonly images: readonly { readonly name: string; /** Of all nodes, those that have it. */ readonly spread: number }[];
  readonly containers: number;
}

/** Prefers nodes that have the pod's images already, less so where few others do: else one node would draw every copy. */
export const imageLocality = definePlugin<undefined, Wanted>({
  name: 'ImageLocality',

  preScore(pod, _, { table }) {
    const names = imagesOf(pod);
    const images = names
      .map((name) => ({ name, spread: table.nodesWithImage(name) / Math.max(1, table.nodes.length) }))
      .filter(({ spread }) => spread > 0);
    return images.length === 0 ? { type: 'skip' } : { type: 'go', state: { images, containers: names.length } };
  },

  score(_, node, { images, containers }) {
    let sum = 0;
    for (const { name, spread } of images) sum += Math.trunc((node.images.get(name) ?? 0) * spread);
    const max = MAX_PER_CONTAINER * containers;
    return Math.trunc((MAX_SCORE * (Math.min(Math.max(sum, MIN), max) - MIN)) / (max - MIN));
  },
});

function imagesOf({ pod: { spec } }: PodInfo): readonly string[] {
  return [...(spec.initContainers ?? []), ...spec.containers].map(({ image = '' }) => withTag(image));
}

/** Nodes list images with their tag: none means `latest`. */
const withTag = (image: string): string => (image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image);
