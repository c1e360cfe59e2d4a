import { type PolicyRule, uncovered } from '../../apiserver/index.ts';
import type { Client } from '../../client/index.ts';
import { GATEWAY_RIGHTS, INGRESS_RIGHTS } from '../../controllers/index.ts';
import { Lease } from '../../kinds/coordination/lease.ts';
import { Node } from '../../kinds/core/node.ts';
import { Service } from '../../kinds/core/service.ts';
import { IngressClass } from '../../kinds/networking/ingress-class.ts';
import { ClusterRole } from '../../kinds/rbac/cluster-role.ts';
import { ClusterRoleBinding } from '../../kinds/rbac/cluster-role-binding.ts';
import { isApiError } from '../../meta/api-error.ts';
import type { DeepPartial, KubeObject } from '../../meta/object.ts';
import type { InstanceOf, Resource } from '../../meta/resource.ts';
import { INGRESS_CONTROLLER } from '../../rules/built-in-ingress.ts';
import { GATEWAY_GROUP } from '../../rules/gateway/kinds.ts';
import { AGENT_GROUP } from '../pki/plan.ts';
import type { Settings } from '../settings.ts';

/** Where each agent's DNS listens: no privileged port, so that a node's own resolver keeps its place. */
export const DNS_PORT = 10_053;
export const DNS_SERVICE = 'kube-dns';
export const DNS_NAMESPACE = 'kube-system';

type DnsSettings = Pick<Settings, 'dnsIp' | 'dns' | 'ipFamilies'>;

/** What a cluster consists of beside what the API server makes itself; what is there already stays, but for rights that an earlier version did not need. */
export async function ensureClusterObjects(client: Client, settings: DnsSettings): Promise<void> {
  await Promise.all([
    ensure(client, Service, dnsService(settings)), ensureRole(client, agentRole), ensure(client, ClusterRoleBinding, agentBinding),
    ensure(client, IngressClass, ingressClass), ensureRole(client, ingressRole), ensure(client, ClusterRoleBinding, ingressBinding),
  ]);
}

/** Looks first: a Service that is there already would be refused for its address before it is for its name. */
export async function ensure<R extends Resource>(client: Client, resource: R, object: DeepPartial<InstanceOf<R>>): Promise<void> {
  const { name = '', namespace } = (object as DeepPartial<KubeObject>).metadata ?? {};
  try {
    await client.get(resource, name, namespace === undefined ? {} : { namespace });
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
    await client.create(resource, object);
  }
}

const AUTO_UPDATE = 'rbac.authorization.kubernetes.io/autoupdate';

/** As the API server's own roles: a rule that is missing is added, unless the annotation says to leave them alone. */
async function ensureRole(client: Client, role: { readonly metadata: { readonly name: string }; readonly rules: readonly PolicyRule[] }): Promise<void> {
  await ensure(client, ClusterRole, role);
  const found = await client.get(ClusterRole, role.metadata.name);
  const rules = found.rules ?? [];
  const missing = uncovered(role.rules, rules);
  if (missing.length === 0 || found.metadata.annotations?.[AUTO_UPDATE] === 'false') return;
  await client.update(ClusterRole, { ...found, rules: [...rules, ...missing] });
}

/**
 * The Service whose address pods have in their resolv.conf. It selects nothing: each agent says where its DNS is, and is
 * preferred on its node. With a selector it is another's, CoreDNS's as its manifests have it.
 */
const dnsService = ({ dnsIp, dns, ipFamilies = [] }: DnsSettings): DeepPartial<Service> => ({
  metadata: {
    name: DNS_SERVICE, namespace: DNS_NAMESPACE,
    labels: { 'k8s-app': DNS_SERVICE, 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
  },
  spec: {
    clusterIP: dnsIp,
    // Pods ask by IPv4; who has IPv6 alone finds the other address in the Service.
    ...(ipFamilies.length > 1 ? { ipFamilyPolicy: 'PreferDualStack' as const } : {}),
    ...(dns === 'none' ? { selector: { 'k8s-app': DNS_SERVICE } } : { trafficDistribution: 'PreferSameNode' as const }),
    ports: [
      { name: 'dns', protocol: 'UDP', port: 53, targetPort: dns === 'none' ? 53 : DNS_PORT },
      { name: 'dns-tcp', protocol: 'TCP', port: 53, targetPort: dns === 'none' ? 53 : DNS_PORT },
    ],
  },
});

/** Not the default: an Ingress that names no class is nobody's until the user says whose. */
const ingressClass: DeepPartial<IngressClass> = { metadata: { name: 'knarr' }, spec: { controller: INGRESS_CONTROLLER } };

const SEE = ['get', 'list', 'watch'];

/** What proxy, network and DNS of a node read, and the EndpointSlices its DNS is found by. */
const agentRole = {
  metadata: { name: AGENT_GROUP },
  rules: [
    { apiGroups: [''], resources: ['nodes', 'services', 'endpoints', 'namespaces', 'pods'], verbs: SEE },
    { apiGroups: [''], resources: ['configmaps'], resourceNames: ['coredns'], verbs: SEE },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: [...SEE, 'create', 'update', 'patch', 'delete'] },
    { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies', 'ingresses', 'ingressclasses'], verbs: SEE },
    { apiGroups: [GATEWAY_GROUP], resources: ['gatewayclasses', 'gateways', 'httproutes', 'grpcroutes', 'referencegrants'], verbs: SEE },
    { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] },
  ],
};

const ingressRole = { metadata: { name: 'system:knarr:ingress-controller' }, rules: [...INGRESS_RIGHTS, ...GATEWAY_RIGHTS] };

const ingressBinding: DeepPartial<ClusterRoleBinding> = {
  metadata: { name: 'system:knarr:ingress-controller' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:knarr:ingress-controller' },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'system:kube-controller-manager' }],
};

const agentBinding: DeepPartial<ClusterRoleBinding> = {
  metadata: { name: AGENT_GROUP },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: AGENT_GROUP },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: AGENT_GROUP }],
};

/** Of times when these were processes of their own: a Lease that nobody renews would say that they had died. */
export async function removeOldLeases(client: Client, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => client.delete(Lease, name, { namespace: 'kube-system' }).catch(ifGone)));
}

/** Takes away the nodes of an earlier shape of the cluster, before anyone counts on them. */
export async function removeRetiredNodes(client: Client, { retired }: Settings): Promise<void> {
  await Promise.all(retired.map((name) => client.delete(Node, name).catch(ifGone)));
}

function ifGone(error: unknown): void {
  if (!isApiError(error, 'NotFound')) throw error;
}
