import { Node } from '../../kinds/core/node.ts';
import { defineController, type Controller } from '../runtime/index.ts';
import { Ranges } from './ranges.ts';

/** Gives each node a range of its own for its pods' addresses. */
export const nodeIpamController = (clusterCidr = '10.244.0.0/16'): Controller => {
  const ranges = new Ranges(clusterCidr);
  let loaded = false;
  return defineController({
    name: 'node-ipam',
    component: 'cidrAllocator',
    for: Node,
    // One after the other: two nodes must not be given the same range.
    workers: 1,

    async reconcile(node, { cache, client, events }) {
      const { name } = node.metadata;
      if (!loaded) for (const one of cache.list(Node)) if (one.spec.podCIDR) ranges.occupy(one.metadata.name, one.spec.podCIDR);
      loaded = true;
      if (node.spec.podCIDR) return ranges.occupy(name, node.spec.podCIDR);
      const podCIDR = ranges.allocate(name);
      if (podCIDR === undefined) {
        events.event(node, 'Normal', 'CIDRNotAvailable', `Node ${name} status is now: CIDRNotAvailable`);
        throw new Error('no pod range is left for the node');
      }
      await client.patch(Node, name, { type: 'merge', body: { metadata: { uid: node.metadata.uid }, spec: { podCIDR, podCIDRs: [podCIDR] } } });
    },

    async gone(name) {
      ranges.release(name);
    },
  });
};
