import { Pod } from '../kinds/core/pod.ts';
import type { Cache, Index } from './runtime/index.ts';

const BY_NODE: Index<Pod> = { name: 'node', values: ({ spec }) => [spec.nodeName ?? ''] };

/** The pods bound to a node; '' for those bound to none. */
export const podsOfNode = (cache: Cache, node: string): readonly Pod[] => cache.byIndex(Pod, BY_NODE, node);
