import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';
import { withFields } from '../change.ts';
import { addressCell, rolesCell, statusCell, unknownIfEmpty } from './node-columns.ts';
import { nodeConfigSource, nodeStatus } from './node-status.ts';
import { nodeErrors, nodeStatusErrors, nodeUpdateErrors } from './node-validation.ts';
import { taint } from './toleration.ts';

export const nodeSpec = part(() =>
  object('api.core.v1.NodeSpec', {
    podCIDR: string().tag(1).describe('The range the node\'s pods get addresses from; the first of podCIDRs.'),
    externalID: string().tag(2).describe('No longer used.'),
    providerID: string().tag(3).describe('The node\'s name at its cloud provider.'),
    unschedulable: boolean().tag(4).describe('Whether new pods are kept away; what cordon sets.'),
    taints: list(taint()).tag(5).describe('Marks that keep pods away unless they tolerate them.'),
    configSource: nodeConfigSource().tag(6).describe('No longer used.'),
    podCIDRs: list(string()).set().mergeKey('').tag(7).describe('The ranges the node\'s pods get addresses from, one of each family.'),
  }));
export type NodeSpec = TypeOf<ReturnType<typeof nodeSpec>>;

/** `podCIDR` and the first of `podCIDRs` are one; whoever sets one sets the other. */
function alignPodCidrs(spec: NodeSpec): NodeSpec {
  const first = spec.podCIDRs?.[0];
  if (first !== undefined) return withFields(spec, { podCIDR: first });
  return spec.podCIDR ? { ...spec, podCIDRs: [spec.podCIDR] } : spec;
}

export const Node = defineKind({
  group: '', version: 'v1', kind: 'Node', plural: 'nodes',
  short: ['no'], scope: 'Cluster', package: 'api.core.v1',
  description: 'A machine that runs pods.',
  subresources: ['proxy'],
  spec: nodeSpec(),
  status: nodeStatus(),
  columns: {
    Status: statusCell,
    Roles: rolesCell,
    Age: age,
    Version: ({ status }) => status.nodeInfo.kubeletVersion,
  },
  wideColumns: {
    'Internal-IP': ({ status }) => addressCell(status, 'InternalIP'),
    'External-IP': ({ status }) => addressCell(status, 'ExternalIP'),
    'OS-Image': ({ status }) => unknownIfEmpty(status.nodeInfo.osImage),
    'Kernel-Version': ({ status }) => unknownIfEmpty(status.nodeInfo.kernelVersion),
    'Container-Runtime': ({ status }) => unknownIfEmpty(status.nodeInfo.containerRuntimeVersion),
  },
  fieldSelectors: { 'spec.unschedulable': ({ spec }) => String(spec.unschedulable ?? false) },
  defaults: (node) => withFields(node, {
    spec: alignPodCidrs(node.spec),
    status: withFields(node.status, { allocatable: node.status.allocatable ?? node.status.capacity }),
  }),
  validate: nodeErrors,
  validateUpdate: nodeUpdateErrors,
  validateStatusUpdate: nodeStatusErrors,
});
export type Node = InstanceOf<typeof Node>;
