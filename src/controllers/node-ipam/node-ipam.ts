import { Node } from '../../kinds/core/node.ts';
import { defineController, type Controller } from '../runtime/index.ts';
import { Ranges } from './ranges.ts';

/** A full range is asked again after this; thousands of nodes without one must not keep the process busy. */
const FULL_AGAIN = 300_000;

/** Gives each node a range of its own for its pods' addresses, of each family that the cluster has. */
export const nodeIpamController = (clusterCidrs: readonly string[] = ['10.244.0.0/16']): Controller => {
  const families = clusterCidrs.map((cidr) => new Ranges(cidr));
  const occupy = ({ metadata, spec }: Node): void => {
    for (const cidr of cidrsOf(spec)) for (const ranges of families) ranges.occupy(metadata.name, cidr);
  };
  const release = (name: string): void => families.forEach((ranges) => ranges.release(name));
  let loaded = false;
  return defineController({
    name: 'node-ipam',
    component: 'cidrAllocator',
    for: Node,
    // One after the other: two nodes must not be given the same range.
    workers: 1,

    async reconcile(node, { cache, client, events }) {
      const { name } = node.metadata;
      if (!loaded) for (const one of cache.list(Node)) occupy(one);
      loaded = true;
      if (node.spec.podCIDR) {
        occupy(node);
        return undefined;
      }
      const podCIDRs = families.map((ranges) => ranges.allocate(name)).filter((cidr) => cidr !== undefined);
      if (podCIDRs.length < families.length) {
        release(name);
        events.event(node, 'Normal', 'CIDRNotAvailable', `Node ${name} status is now: CIDRNotAvailable`);
        return FULL_AGAIN;
      }
      await client.patch(Node, name, { type: 'merge', body: { metadata: { uid: node.metadata.uid }, spec: { podCIDR: podCIDRs[0]!, podCIDRs } } });
      return undefined;
    },

    async gone(name) {
      release(name);
    },
  });
};

const cidrsOf = ({ podCIDR, podCIDRs = [] }: Node['spec']): readonly string[] => (podCIDRs.length > 0 ? podCIDRs : podCIDR ? [podCIDR] : []);
