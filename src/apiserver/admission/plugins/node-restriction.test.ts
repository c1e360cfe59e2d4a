import { expect, test } from 'vitest';
import { type Json, startApi, type TestApi } from '../../testing/start-api.ts';

const NODES = '/api/v1/nodes';
const PODS = '/api/v1/namespaces/default/pods';
const ACCOUNTS = '/api/v1/namespaces/default/serviceaccounts';
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
const CSI_NODES = '/apis/storage.k8s.io/v1/csinodes';
const NODE = { user: { username: 'system:node:n1', groups: ['system:nodes'] } };
const MERGE = { ...NODE, headers: { 'content-type': 'application/merge-patch+json' } };

/** Two nodes, a pod on each, and an account that both use. */
async function withNodes(): Promise<TestApi> {
  const api = await startApi();
  await api.request('POST', '/api/v1/namespaces', { metadata: { name: 'kube-node-lease' } });
  await api.request('POST', ACCOUNTS, { metadata: { name: 'robot' } });
  for (const nodeName of ['n1', 'n2']) {
    await api.request('POST', NODES, { metadata: { name: nodeName, labels: { 'example.com/a': 'b' } } });
    await api.request('POST', PODS, { metadata: { name: `on-${nodeName}` }, spec: { nodeName, serviceAccountName: 'robot', containers: [{ name: 'c', image: 'i' }] } });
  }
  return api;
}

/** How a request of the node's ends: the message where it is refused. */
async function told(answer: Promise<{ readonly status: number; readonly body: Json }>): Promise<string> {
  const { status, body } = await answer;
  return status === 403 ? body.message : String(status);
}

const labelled = (labels: Readonly<Record<string, string | null>>) => ({ metadata: { labels } });

test.each([
  [{ 'kubernetes.io/hostname': 'x', 'topology.kubernetes.io/zone': 'z', 'kubelet.kubernetes.io/x': '1', 'a.node.kubernetes.io/x': '1', own: '1', 'example.com/a': 'c' }, '200'],
  [{ 'node-restriction.kubernetes.io/trusted': 'yes' }, 'nodes "n1" is forbidden: is not allowed to modify labels: node-restriction.kubernetes.io/trusted'],
  [{ 'x.node-restriction.kubernetes.io/a': '1', 'node-role.kubernetes.io/control-plane': '' }, 'nodes "n1" is forbidden: is not allowed to modify labels: node-role.kubernetes.io/control-plane, x.node-restriction.kubernetes.io/a'],
  [{ 'x.k8s.io/a': '1' }, 'nodes "n1" is forbidden: is not allowed to modify labels: x.k8s.io/a'],
])('a node changes only labels that are a kubelet\'s: %j', async (labels, answer) => {
  await using api = await withNodes();
  expect(await told(api.request('PATCH', `${NODES}/n1`, labelled(labels), MERGE))).toBe(answer);
});

test('a node neither registers with labels that draw pods, nor takes them or its taints away', async () => {
  await using api = await withNodes();
  await api.request('PATCH', `${NODES}/n1`, { ...labelled({ 'node-restriction.kubernetes.io/a': 'b' }), spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } }, { headers: MERGE.headers });
  const other = { user: { username: 'system:node:n3', groups: ['system:nodes'] } };

  expect([
    await told(api.request('POST', NODES, { metadata: { name: 'n3', labels: { 'node-role.kubernetes.io/infra': '' } } }, other)),
    await told(api.request('PATCH', `${NODES}/n1`, labelled({ 'node-restriction.kubernetes.io/a': null }), MERGE)),
    await told(api.request('PATCH', `${NODES}/n1`, { spec: { taints: null } }, MERGE)),
    await told(api.request('POST', NODES, { metadata: { name: 'n3', labels: { 'kubernetes.io/os': 'linux' } } }, other)),
  ]).toEqual([
    'nodes "n3" is forbidden: node "n3" is not allowed to set the following labels: node-role.kubernetes.io/infra',
    'nodes "n1" is forbidden: is not allowed to modify labels: node-restriction.kubernetes.io/a',
    'nodes "n1" is forbidden: node "n1" is not allowed to modify taints',
    '201',
  ]);
});

test('a node makes its own Lease and CSINode and no other', async () => {
  await using api = await withNodes();
  const csiNode = (name: string) => ({ metadata: { name }, spec: { drivers: [] } });

  expect([
    await told(api.request('POST', LEASES, { metadata: { name: 'n1' } }, NODE)), await told(api.request('POST', LEASES, { metadata: { name: 'n2' } }, NODE)),
    await told(api.request('POST', CSI_NODES, csiNode('n1'), NODE)), await told(api.request('POST', CSI_NODES, csiNode('n2'), NODE)),
  ]).toEqual([
    '201', 'leases.coordination.k8s.io "n2" is forbidden: can only access node lease with the same name as the requesting node',
    '201', 'csinodes.storage.k8s.io "n2" is forbidden: can only access CSINode with the same name as the requesting node',
  ]);
});

test('a node asks for tokens that die with a pod of its own', async () => {
  await using api = await withNodes();
  const uidOf = async (name: string): Promise<string> => (await api.request('GET', `${PODS}/${name}`)).body.metadata.uid;
  const ask = (boundObjectRef?: object) => told(api.request('POST', `${ACCOUNTS}/robot/token`, { spec: boundObjectRef ? { boundObjectRef } : {} }, NODE));
  const pod = { apiVersion: 'v1', kind: 'Pod' };
  const refused = 'serviceaccounts "robot" is forbidden: ';

  expect([
    await ask({ ...pod, name: 'on-n1', uid: await uidOf('on-n1') }), await ask(), await ask({ apiVersion: 'v1', kind: 'Secret', name: 's' }),
    await ask({ ...pod, name: 'on-n1' }), await ask({ ...pod, name: 'on-n1', uid: 'x' }), await ask({ ...pod, name: 'on-n2', uid: await uidOf('on-n2') }),
  ]).toEqual([
    '201', `${refused}node requested token not bound to a pod`, `${refused}node requested token not bound to a pod`,
    `${refused}node requested token with a pod binding without a uid`,
    `${refused}the UID in the bound object reference (x) does not match the UID in record. The object might have been deleted and then recreated`,
    `${refused}node requested token bound to a pod scheduled on a different node`,
  ]);
});

test('a mirror pod is owned by its node, and refers to nothing that the node could then read', async () => {
  await using api = await withNodes();
  const { uid } = (await api.request('GET', `${NODES}/n1`)).body.metadata;
  const owner = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid, controller: true };
  const make = (name: string, { owners = [owner], spec = {} }: { readonly owners?: readonly object[]; readonly spec?: object } = {}) => told(api.request('POST', PODS, {
    metadata: { name, annotations: { 'kubernetes.io/config.mirror': 'x' }, ownerReferences: owners },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }], ...spec },
  }, NODE));
  const refused = (what: string) => `pods "p" is forbidden: node "n1" ${what}`;
  const volume = (source: object) => ({ volumes: [{ name: 'v', ...source }] });

  expect(await make('mine')).toBe('201');
  expect([await make('p', { owners: [] }), await make('p', { owners: [{ ...owner, name: 'n2' }] }), await make('p', { owners: [{ ...owner, controller: false }] }), await make('p', { owners: [{ ...owner, blockOwnerDeletion: true }] })]).toEqual([
    refused('can only create pods with an owner reference set to itself'), refused('can only create pods with an owner reference set to itself'),
    refused('can only create pods with a controller owner reference set to itself'), refused('must not set blockOwnerDeletion on an owner reference'),
  ]);
  expect(await make('p', { owners: [{ ...owner, uid: 'x' }] })).toBe(`pods "p" is forbidden: node n1 UID mismatch: expected x got ${uid}`);
  const references = [
    volume({ secret: { secretName: 's' } }), { imagePullSecrets: [{ name: 's' }] }, { containers: [{ name: 'c', image: 'i', envFrom: [{ configMapRef: { name: 'm' } }] }] },
    volume({ persistentVolumeClaim: { claimName: 'c' } }),
  ];
  const answers = [];
  for (const spec of references) answers.push(await make('p', { spec }));
  expect(answers).toEqual(['secrets', 'secrets', 'configmaps', 'persistentvolumeclaims'].map((what) => refused(`can not create pods that reference ${what}`)));
});

test('a node does not relabel its pods through their status', async () => {
  await using api = await withNodes();
  const { body: pod } = await api.request('GET', `${PODS}/on-n1`);
  const put = (labels: object) => told(api.request('PUT', `${PODS}/on-n1/status`, { ...pod, metadata: { ...pod.metadata, labels } }, NODE));
  expect(await put({})).toBe('200');
  expect(await put({ app: 'web' })).toBe('pods "on-n1" is forbidden: node "n1" cannot update labels through pod status');
});
