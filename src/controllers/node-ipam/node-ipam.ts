import { Node } from '../../kinds/core/node.ts';
import { defineController, type Controller } from '../runtime/index.ts';
import { Ranges } from './ranges.ts';

/** A full range is asked again after this; thousands of nodes without one must not keep the process busy. */
const FULL_AGAIN = 300_000;

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
      if (node.spec.podCIDR) {
        ranges.occupy(name, node.spec.podCIDR);
        return undefined;
      }
      const podCIDR = ranges.allocate(name);
      if (podCIDR === undefined) {
        events.event(node, 'Normal', 'CIDRNotAvailable', `Node ${name} status is now: CIDRNotAvailable`);
        return FULL_AGAIN;
      }
      await client.patch(Node, name, { type: 'merge', body: { metadata: { uid: node.metadata.uid }, spec: { podCIDR, podCIDRs: [podCIDR] } } });
      return undefined;
    },

    async gone(name) {
      ranges.release(name);
    },
  });
};
