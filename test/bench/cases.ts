/** The measured work, the same for every target. Each returns what it did; the caller looks at the clock and the CPU. */
import { isApiError } from '../../src/meta/api-error.ts';
import type { Transport } from '../../src/wire/api.ts';
import { ask, askJson, drain, repeat, timed, type Asked } from './load.ts';
import { pod, podStatus } from './pod.ts';
import { USER, type Target } from './target.ts';
import { watchersOf } from './watchers.ts';

export const NAMESPACE = 'bench';
export const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const POSTED = '/api/v1/namespaces/bench-posted/pods';
const LISTED = 1000;

/** The namespaces, the user's rights, and the pods that are read and changed. */
export async function prepare(target: Target): Promise<void> {
  await prepareUser(target);
  await repeat(LISTED, 16, (n) => make(target.admin, PODS, pod(`pod-${n}`)));
}

export async function prepareUser({ admin }: Target): Promise<void> {
  const role = { name: USER };
  const rules = [{ apiGroups: [''], resources: ['pods', 'pods/status', 'configmaps'], verbs: ['*'] }, { apiGroups: ['bench.example.com'], resources: ['*'], verbs: ['*'] }];
  for (const name of [NAMESPACE, 'bench-posted']) {
    await make(admin, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await make(admin, `/api/v1/namespaces/${name}/serviceaccounts`, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } });
  }
  await make(admin, '/apis/rbac.authorization.k8s.io/v1/clusterroles', { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: role, rules });
  await make(admin, '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: role,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: USER }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: USER }],
  });
}

async function make(transport: Transport, url: string, body: object): Promise<void> {
  try {
    await drain(await ask(transport, { method: 'POST', url, body }));
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
  }
}

/** Does that many units; how long each took, in sorted milliseconds. */
export type Work = (units: number) => Promise<readonly number[]>;

export interface Case {
  readonly name: string;
  /** How many times less CPU than kube-apiserver with etcd: the goal. */
  readonly goal: number;
  /** Units of work in one round. */
  readonly units: number;
  /** Units done once before the first round: caches, compiled code. */
  readonly warmUp: number;
  /** Connections and what must stand before the clock runs. @param connect makes a connection of its own */
  readonly begin: (connect: () => Transport) => Promise<Work>;
}

/** Requests that differ by their number, `atOnce` of them at a time over one connection. */
function requests(atOnce: number, asked: (n: number) => Asked): Case['begin'] {
  return async (connect) => {
    const user = connect();
    return (units) => timed(units, atOnce, async (n) => drain(await ask(user, asked(n))));
  };
}

/** So that no write repeats what the last said. */
let serial = 0;
const podUrl = (n: number): string => `${PODS}/pod-${n % LISTED}`;
const of = (type: string) => ({ headers: { 'content-type': `application/${type}` } });

const apply = (n: number): Asked => ({
  method: 'PATCH', url: `${podUrl(n)}?fieldManager=bench-apply&force=true`, ...of('apply-patch+yaml'), body: pod(`pod-${n % LISTED}`, `n${serial++}`),
});
const strategic = (n: number): Asked => ({
  method: 'PATCH', url: podUrl(n), ...of('strategic-merge-patch+json'),
  body: { metadata: { annotations: { patched: String(serial) } }, spec: { containers: [{ name: 'web', image: `registry.example.com/web:${serial++}` }] } },
});
const merge = (n: number): Asked => ({ method: 'PATCH', url: podUrl(n), ...of('merge-patch+json'), body: { metadata: { annotations: { n: String(serial++) } } } });

/** As a kubelet does: the object it knows, with another status, and no claim on its version. */
const status: Case['begin'] = async (connect) => {
  const user = connect();
  const known = await askJson<{ readonly metadata: Readonly<Record<string, unknown>> }>(user, { method: 'GET', url: podUrl(0) });
  const { resourceVersion: _version, uid: _uid, managedFields: _managed, ...metadata } = known.metadata;
  const put = (n: number): Asked => ({
    method: 'PUT', url: `${PODS}/pod-${n % LISTED}/status`, body: { ...known, metadata: { ...metadata, name: `pod-${n % LISTED}` }, status: podStatus(serial++) },
  });
  return requests(32, put)(() => user);
};

const PROTOBUF = { accept: 'application/vnd.kubernetes.protobuf' };

export const cases: readonly Case[] = [
  { name: 'GET', goal: 8, units: 10_000, warmUp: 3000, begin: requests(32, (n) => ({ method: 'GET', url: podUrl(n) })) },
  { name: 'LIST 1000, JSON', goal: 4, units: 60, warmUp: 20, begin: requests(4, () => ({ method: 'GET', url: PODS })) },
  { name: 'LIST 1000, protobuf', goal: 4, units: 60, warmUp: 20, begin: requests(4, () => ({ method: 'GET', url: PODS, headers: PROTOBUF })) },
  { name: 'POST', goal: 4, units: 2000, warmUp: 1000, begin: requests(32, () => ({ method: 'POST', url: POSTED, body: pod(`pod-${serial++}`) })) },
  { name: 'PATCH apply', goal: 3, units: 2000, warmUp: 2000, begin: requests(32, apply) },
  { name: 'PATCH strategic', goal: 3, units: 2000, warmUp: 1000, begin: requests(32, strategic) },
  { name: 'PATCH merge', goal: 3, units: 2000, warmUp: 1000, begin: requests(32, merge) },
  { name: 'PUT status', goal: 3, units: 2000, warmUp: 1000, begin: status },
  { name: '1 event, 1000 watchers', goal: 4, units: 40, warmUp: 10, begin: (connect) => watchersOf(connect, 1000) },
];
