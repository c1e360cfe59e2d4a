/** The priority levels and flow schemas that every cluster starts with; docs "API Priority and Fairness", "Defaults". */
import type { Wanted } from './rbac-objects.ts';

const GROUP = 'flowcontrol.apiserver.k8s.io';
export const AUTO_UPDATE = 'apf.kubernetes.io/autoupdate-spec';

/** `mandatory` ones are always as they are here; `suggested` ones only while their annotation says so. */
export interface FlowControlObject extends Wanted {
  readonly mandatory: boolean;
}

function wanted(plural: string, { name, mandatory, spec }: { name: string; mandatory: boolean; spec: object }): FlowControlObject {
  return { group: GROUP, plural, mandatory, object: { metadata: { name, annotations: { [AUTO_UPDATE]: 'true' } }, spec } };
}

interface Queues {
  readonly shares: number;
  readonly lendable: number;
  readonly queues: number;
  readonly handSize: number;
}

const queued = (name: string, { shares, lendable, queues, handSize }: Queues): FlowControlObject => wanted('prioritylevelconfigurations', {
  name, mandatory: false,
  spec: {
    type: 'Limited',
    limited: {
      nominalConcurrencyShares: shares,
      limitResponse: { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: 50 } },
      lendablePercent: lendable,
    },
  },
});

const LEVELS: readonly FlowControlObject[] = [
  wanted('prioritylevelconfigurations', { name: 'exempt', mandatory: true, spec: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } } }),
  wanted('prioritylevelconfigurations', {
    name: 'catch-all', mandatory: true,
    spec: { type: 'Limited', limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' }, lendablePercent: 0 } },
  }),
  queued('system', { shares: 30, lendable: 33, queues: 64, handSize: 6 }),
  queued('node-high', { shares: 40, lendable: 25, queues: 64, handSize: 6 }),
  queued('leader-election', { shares: 10, lendable: 0, queues: 16, handSize: 4 }),
  queued('workload-high', { shares: 40, lendable: 50, queues: 128, handSize: 6 }),
  queued('workload-low', { shares: 100, lendable: 90, queues: 128, handSize: 6 }),
  queued('global-default', { shares: 20, lendable: 50, queues: 128, handSize: 6 }),
];

const user = (name: string) => ({ kind: 'User', user: { name } });
const group = (name: string) => ({ kind: 'Group', group: { name } });
const account = (name: string) => ({ kind: 'ServiceAccount', serviceAccount: { namespace: 'kube-system', name } });
const CONTROLLERS = user('system:kube-controller-manager');
const SCHEDULER = user('system:kube-scheduler');
const EVERYONE = [group('system:unauthenticated'), group('system:authenticated')];

const ALL = ['*'];
const EVERYTHING = {
  resourceRules: [{ verbs: ALL, apiGroups: ALL, resources: ALL, clusterScope: true, namespaces: ALL }],
  nonResourceRules: [{ verbs: ALL, nonResourceURLs: ALL }],
};
const KEEPING = ['get', 'create', 'update'];
const LEASES = { verbs: KEEPING, apiGroups: ['coordination.k8s.io'], resources: ['leases'], namespaces: ALL };

interface Sorting {
  readonly level: string;
  readonly precedence: number;
  readonly by?: 'ByUser' | 'ByNamespace';
  readonly subjects: readonly object[];
  readonly rules?: object;
  readonly mandatory?: boolean;
}

const schema = (name: string, { level, precedence, by, subjects, rules = EVERYTHING, mandatory = false }: Sorting): FlowControlObject => wanted('flowschemas', {
  name, mandatory,
  spec: {
    priorityLevelConfiguration: { name: level },
    matchingPrecedence: precedence,
    ...(by ? { distinguisherMethod: { type: by } } : {}),
    rules: [{ subjects, ...rules }],
  },
});

const SCHEMAS: readonly FlowControlObject[] = [
  schema('exempt', { level: 'exempt', precedence: 1, subjects: [group('system:masters')], mandatory: true }),
  schema('probes', { level: 'exempt', precedence: 2, subjects: EVERYONE, rules: { nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }] } }),
  schema('system-leader-election', { level: 'leader-election', precedence: 100, by: 'ByUser', subjects: [CONTROLLERS, SCHEDULER, account('*')], rules: { resourceRules: [LEASES] } }),
  schema('endpoint-controller', {
    level: 'workload-high', precedence: 150, by: 'ByUser', subjects: [CONTROLLERS, account('endpoint-controller'), account('endpointslicemirroring-controller')],
    rules: { resourceRules: [{ verbs: KEEPING, apiGroups: [''], resources: ['endpoints'], namespaces: ALL }] },
  }),
  schema('workload-leader-election', { level: 'leader-election', precedence: 200, by: 'ByUser', subjects: [account('*')], rules: { resourceRules: [LEASES] } }),
  schema('system-node-high', {
    level: 'node-high', precedence: 400, by: 'ByUser', subjects: [group('system:nodes')],
    rules: {
      resourceRules: [
        { verbs: ALL, apiGroups: [''], resources: ['nodes', 'nodes/status'], clusterScope: true, namespaces: ALL },
        { verbs: ALL, apiGroups: ['coordination.k8s.io'], resources: ['leases'], namespaces: ALL },
      ],
    },
  }),
  schema('system-nodes', { level: 'system', precedence: 500, by: 'ByUser', subjects: [group('system:nodes')] }),
  schema('kube-controller-manager', { level: 'workload-high', precedence: 800, by: 'ByNamespace', subjects: [CONTROLLERS] }),
  schema('kube-scheduler', { level: 'workload-high', precedence: 800, by: 'ByNamespace', subjects: [SCHEDULER] }),
  schema('kube-system-service-accounts', { level: 'workload-high', precedence: 900, by: 'ByNamespace', subjects: [account('*')] }),
  schema('service-accounts', { level: 'workload-low', precedence: 9000, by: 'ByUser', subjects: [group('system:serviceaccounts')] }),
  schema('global-default', { level: 'global-default', precedence: 9900, by: 'ByUser', subjects: EVERYONE }),
  schema('catch-all', { level: 'catch-all', precedence: 10_000, by: 'ByUser', subjects: EVERYONE, mandatory: true }),
];

export function flowControlObjects(): readonly FlowControlObject[] {
  return [...LEVELS, ...SCHEMAS];
}
