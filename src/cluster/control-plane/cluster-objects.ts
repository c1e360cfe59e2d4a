import type { Client } from '../../client/index.ts';
import { Node } from '../../kinds/core/node.ts';
import { Service } from '../../kinds/core/service.ts';
import { ClusterRole } from '../../kinds/rbac/cluster-role.ts';
import { ClusterRoleBinding } from '../../kinds/rbac/cluster-role-binding.ts';
import { isApiError } from '../../meta/api-error.ts';
import { AGENT_GROUP } from '../pki/plan.ts';
import type { Settings } from '../settings.ts';

/** Where each agent's DNS listens: no privileged port, so that a node's own resolver keeps its place. */
export const DNS_PORT = 10_053;
export const DNS_SERVICE = 'kube-dns';
export const DNS_NAMESPACE = 'kube-system';

/** What a cluster consists of beside what the API server makes itself; what is there already stays. */
export async function ensureClusterObjects(client: Client, settings: Settings): Promise<void> {
  await Promise.all([dnsService(client, settings), agentRole(client), agentBinding(client)].map(async (creation) => {
    try {
      await creation;
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) throw error;
    }
  }));
}

/** The Service whose address pods have in their resolv.conf. It selects nothing: each agent says where its DNS is. */
async function dnsService(client: Client, { dnsIp }: Settings): Promise<void> {
  await client.create(Service, {
    metadata: {
      name: DNS_SERVICE, namespace: DNS_NAMESPACE,
      labels: { 'k8s-app': DNS_SERVICE, 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
    },
    spec: {
      clusterIP: dnsIp,
      internalTrafficPolicy: 'Local',
      ports: [
        { name: 'dns', protocol: 'UDP', port: 53, targetPort: DNS_PORT },
        { name: 'dns-tcp', protocol: 'TCP', port: 53, targetPort: DNS_PORT },
      ],
    },
  });
}

/** What proxy, network and DNS of a node read, and the EndpointSlices its DNS is found by. */
async function agentRole(client: Client): Promise<void> {
  const see = ['get', 'list', 'watch'];
  await client.create(ClusterRole, {
    metadata: { name: AGENT_GROUP },
    rules: [
      { apiGroups: [''], resources: ['nodes', 'services', 'endpoints', 'namespaces', 'pods'], verbs: see },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: [...see, 'create', 'update', 'patch', 'delete'] },
      { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies', 'ingresses', 'ingressclasses'], verbs: see },
      { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] },
    ],
  });
}

async function agentBinding(client: Client): Promise<void> {
  await client.create(ClusterRoleBinding, {
    metadata: { name: AGENT_GROUP },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: AGENT_GROUP },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: AGENT_GROUP }],
  });
}

/** Takes away the nodes of an earlier shape of the cluster, before anyone counts on them. */
export async function removeRetiredNodes(client: Client, { retired }: Settings): Promise<void> {
  await Promise.all(retired.map(async (name) => {
    try {
      await client.delete(Node, name);
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
    }
  }));
}
