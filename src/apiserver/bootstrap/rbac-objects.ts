import { clusterRoles, type RoleData } from './cluster-roles.ts';
import { controllerRoles } from './controller-roles.ts';
import { parseRules } from './rule-text.ts';
import type { PolicyRule } from '../authz/rules.ts';

const GROUP = 'rbac.authorization.k8s.io';
const METADATA = { labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' }, annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' } };

/** An object to be there, with the collection it belongs to. */
export interface Wanted {
  readonly group: string;
  readonly plural: string;
  readonly object: { readonly metadata: { readonly name: string; readonly namespace?: string } & Readonly<Record<string, unknown>> } & Readonly<Record<string, unknown>>;
}

interface Subject {
  readonly kind: 'User' | 'Group' | 'ServiceAccount';
  readonly name: string;
  readonly namespace?: string;
}

const user = (name: string) => ({ kind: 'User' as const, apiGroup: GROUP, name });
const group = (name: string) => ({ kind: 'Group' as const, apiGroup: GROUP, name });
const account = (name: string, namespace = 'kube-system') => ({ kind: 'ServiceAccount' as const, name, namespace });

/** The controllers run in one process under one name; the accounts are for whoever runs one of them apart. */
const CONTROLLERS = user('system:kube-controller-manager');

/** ClusterRole → who has it everywhere. */
const CLUSTER_BINDINGS: Readonly<Record<string, readonly Subject[]>> = {
  'cluster-admin': [group('system:masters')],
  'system:monitoring': [group('system:monitoring')],
  'system:discovery': [group('system:authenticated')],
  'system:basic-user': [group('system:authenticated')],
  'system:public-info-viewer': [group('system:authenticated'), group('system:unauthenticated')],
  'system:service-account-issuer-discovery': [group('system:serviceaccounts')],
  'system:node-proxier': [user('system:kube-proxy')],
  'system:kube-controller-manager': [CONTROLLERS],
  'system:kube-dns': [account('kube-dns')],
  'system:kube-scheduler': [user('system:kube-scheduler')],
  'system:volume-scheduler': [user('system:kube-scheduler')],
  'system:node': [],
};

function clusterBinding(name: string, role: string, subjects: readonly Subject[]): Wanted {
  return {
    group: GROUP, plural: 'clusterrolebindings',
    object: { metadata: { name, ...METADATA }, roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: role }, ...(subjects.length > 0 ? { subjects } : {}) },
  };
}

function clusterRole(name: string, { rules, into, aggregates }: RoleData): Wanted {
  const labels = { ...METADATA.labels, ...(into ? { [`rbac.authorization.k8s.io/aggregate-to-${into}`]: 'true' } : {}) };
  const selector = aggregates && { clusterRoleSelectors: [{ matchLabels: { [`rbac.authorization.k8s.io/aggregate-to-${aggregates}`]: 'true' } }] };
  return {
    group: GROUP, plural: 'clusterroles',
    object: { metadata: { name, ...METADATA, labels }, rules: aggregates ? aggregated(aggregates) : parseRules(rules), ...(selector ? { aggregationRule: selector } : {}) },
  };
}

/** What the aggregation controller will arrive at: granted from the first moment. */
function aggregated(name: string): readonly PolicyRule[] {
  return Object.values(clusterRoles).filter(({ into }) => into === name).flatMap(({ rules, aggregates }) => (aggregates ? aggregated(aggregates) : parseRules(rules)));
}

interface NamespacedRole {
  readonly namespace: string;
  readonly name: string;
  readonly rules: readonly string[];
  readonly subjects: readonly Subject[];
}

const leaderLocking = (name: string, who: Subject): NamespacedRole => ({
  namespace: 'kube-system', name: `system::leader-locking-${name}`, rules: ['watch | | configmaps', `get,update | | configmaps | ${name}`], subjects: [who],
});

const NAMESPACED_ROLES: readonly NamespacedRole[] = [
  {
    namespace: 'kube-system', name: 'extension-apiserver-authentication-reader',
    rules: ['get,list,watch | | configmaps | extension-apiserver-authentication'], subjects: [CONTROLLERS, user('system:kube-scheduler')],
  },
  leaderLocking('kube-controller-manager', CONTROLLERS),
  leaderLocking('kube-scheduler', user('system:kube-scheduler')),
  { namespace: 'kube-system', name: 'system:controller:bootstrap-signer', rules: ['get,list,watch | | secrets'], subjects: [account('bootstrap-signer'), CONTROLLERS] },
  { namespace: 'kube-system', name: 'system:controller:cloud-provider', rules: ['create,get,list,watch | | configmaps'], subjects: [account('cloud-provider')] },
  { namespace: 'kube-system', name: 'system:controller:token-cleaner', rules: ['delete,get,list,watch | | secrets', 'create,patch,update | ,events.k8s.io | events'], subjects: [account('token-cleaner'), CONTROLLERS] },
  {
    namespace: 'kube-public', name: 'system:controller:bootstrap-signer',
    rules: ['get,list,watch | | configmaps', 'update | | configmaps | cluster-info', 'create,patch,update | ,events.k8s.io | events'],
    subjects: [account('bootstrap-signer'), CONTROLLERS],
  },
];

function namespaced({ namespace, name, rules, subjects }: NamespacedRole): readonly Wanted[] {
  const bindingName = name === 'extension-apiserver-authentication-reader' ? 'system::extension-apiserver-authentication-reader' : name;
  return [
    { group: GROUP, plural: 'roles', object: { metadata: { name, namespace, ...METADATA }, rules: parseRules(rules) } },
    { group: GROUP, plural: 'rolebindings', object: { metadata: { name: bindingName, namespace, ...METADATA }, roleRef: { apiGroup: GROUP, kind: 'Role', name }, subjects } },
  ];
}

/** What kubeadm grants beside kube-apiserver's own: nodes join with a bootstrap token, and read what they need to. */
const JOINING: readonly Wanted[] = [
  clusterBinding('kubeadm:cluster-admins', 'cluster-admin', [group('kubeadm:cluster-admins')]),
  clusterBinding('kubeadm:kubelet-bootstrap', 'system:node-bootstrapper', [group('system:bootstrappers:kubeadm:default-node-token')]),
  clusterBinding('kubeadm:node-autoapprove-bootstrap', 'system:certificates.k8s.io:certificatesigningrequests:nodeclient', [group('system:bootstrappers:kubeadm:default-node-token')]),
  clusterBinding('kubeadm:node-autoapprove-certificate-rotation', 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient', [group('system:nodes')]),
  clusterBinding('kubeadm:node-proxier', 'system:node-proxier', [account('kube-proxy'), group('system:nodes')]),
  clusterBinding('system:kubelet-api-admin', 'system:kubelet-api-admin', [user('kube-apiserver-kubelet-client')]),
];

export function rbacObjects(): readonly Wanted[] {
  return [
    ...Object.entries(clusterRoles).map(([name, data]) => clusterRole(name, data)),
    ...Object.entries(controllerRoles).map(([name, rules]) => clusterRole(`system:controller:${name}`, { rules })),
    ...Object.entries(CLUSTER_BINDINGS).map(([name, subjects]) => clusterBinding(name, name, subjects)),
    ...Object.keys(controllerRoles).map((name) => clusterBinding(`system:controller:${name}`, `system:controller:${name}`, [account(name), CONTROLLERS])),
    ...NAMESPACED_ROLES.flatMap(namespaced),
    ...JOINING,
  ];
}
