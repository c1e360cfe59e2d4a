import type { InstanceOf } from '../../meta/resource.ts';
import { int32, intOrString, list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { formatLabelSelector } from '../../meta/label-selector.ts';
import { age } from '../cells.ts';
import { cidrWarnings } from '../core/service-warnings.ts';
import { labelSelector } from '../meta/label-selector.ts';
import { networkPolicyErrors } from './networking-validation.ts';

export const ipBlock = part(() =>
  object('api.networking.v1.IPBlock', {
    cidr: string().required().tag(1).describe('The range.'),
    except: list(string()).tag(2).describe('Ranges within it that are left out.'),
  }));
export type IPBlock = TypeOf<ReturnType<typeof ipBlock>>;

export const networkPolicyEgressRule = part(() =>
  object('api.networking.v1.NetworkPolicyEgressRule', {
    ports: list(networkPolicyPort()).tag(1).describe('To which ports; all unless said.'),
    to: list(networkPolicyPeer()).tag(2).describe('To whom; everyone unless said.'),
  }));
export type NetworkPolicyEgressRule = TypeOf<ReturnType<typeof networkPolicyEgressRule>>;

export const networkPolicyIngressRule = part(() =>
  object('api.networking.v1.NetworkPolicyIngressRule', {
    ports: list(networkPolicyPort()).tag(1).describe('To which ports; all unless said.'),
    from: list(networkPolicyPeer()).tag(2).describe('From whom; everyone unless said.'),
  }));
export type NetworkPolicyIngressRule = TypeOf<ReturnType<typeof networkPolicyIngressRule>>;

export const networkPolicyPeer = part(() =>
  object('api.networking.v1.NetworkPolicyPeer', {
    podSelector: labelSelector().tag(1).describe('Pods by label, in this namespace or those of namespaceSelector.'),
    namespaceSelector: labelSelector().tag(2).describe('Namespaces by label.'),
    ipBlock: ipBlock().tag(3).describe('A range of addresses.'),
  }));
export type NetworkPolicyPeer = TypeOf<ReturnType<typeof networkPolicyPeer>>;

export const networkPolicyPort = part(() =>
  object('api.networking.v1.NetworkPolicyPort', {
    protocol: string().pointer().default('TCP').tag(1).describe('TCP, UDP or SCTP.'),
    port: intOrString().pointer().tag(2).describe('The port\'s number or name.'),
    endPort: int32().pointer().tag(3).describe('The end of a range that begins with port.'),
  }));
export type NetworkPolicyPort = TypeOf<ReturnType<typeof networkPolicyPort>>;

export const networkPolicySpec = part(() =>
  object('api.networking.v1.NetworkPolicySpec', {
    podSelector: labelSelector().default({}).tag(1).describe('The pods it is for; {} means all of the namespace.'),
    ingress: list(networkPolicyIngressRule()).tag(2).describe('What may come in; nothing else may once a policy selects the pod.'),
    egress: list(networkPolicyEgressRule()).tag(3).describe('What may go out.'),
    policyTypes: list(string()).tag(4).describe('Ingress, Egress or both: what the policy speaks of.'),
  }));
export type NetworkPolicySpec = TypeOf<ReturnType<typeof networkPolicySpec>>;

function* blockWarnings({ ingress = [], egress = [] }: NetworkPolicySpec): Iterable<string> {
  const peers = [
    ...ingress.flatMap(({ from = [] }, index) => from.map((peer, position) => [`spec.ingress[${index}].from[${position}]`, peer] as const)),
    ...egress.flatMap(({ to = [] }, index) => to.map((peer, position) => [`spec.egress[${index}].to[${position}]`, peer] as const)),
  ];
  for (const [at, { ipBlock }] of peers) {
    if (ipBlock) yield* cidrWarnings(`${at}.ipBlock.cidr`, ipBlock.cidr);
    for (const [index, part] of (ipBlock?.except ?? []).entries()) yield* cidrWarnings(`${at}.ipBlock.except[${index}]`, part);
  }
}

export const NetworkPolicy = defineKind({
  group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy', plural: 'networkpolicies',
  short: ['netpol'], scope: 'Namespaced', package: 'api.networking.v1',
  description: 'Which traffic pods may have.',
  spec: networkPolicySpec(),
  columns: { 'Pod-Selector': ({ spec }) => formatLabelSelector(spec.podSelector), Age: age },
  defaults: (policy) => {
    if (policy.spec.policyTypes?.length) return policy;
    const policyTypes = policy.spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress'];
    return { ...policy, spec: { ...policy.spec, policyTypes } };
  },
  validate: networkPolicyErrors,
  warnings: ({ spec }) => [...blockWarnings(spec)],
});
export type NetworkPolicy = InstanceOf<typeof NetworkPolicy>;
