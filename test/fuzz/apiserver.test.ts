/** Whatever is sent, the server answers, and never with a failure of its own. Seeded: a failure can be repeated. */
import { expect, test } from 'vitest';
import type { ManualClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { startApi } from '../../src/apiserver/testing/start-api.ts';

const ROUNDS = 3_000;
/** `FUZZ_SEEDS=100-140 npm run fuzz` runs longer, and elsewhere. */
const [FIRST = 1, LAST = 6] = (process.env['FUZZ_SEEDS'] ?? '1-6').split('-').map(Number);
const SEEDS = Array.from({ length: LAST - FIRST + 1 }, (_, n) => FIRST + n);

const random = (seed: number) => {
  const source = seededRandom(seed);
  const below = (count: number) => Math.floor(source.next() * count);
  const pick = <T>(items: readonly T[]): T => items[below(items.length)]!;
  return { below, pick, chance: (share: number) => source.next() < share };
};
type Dice = ReturnType<typeof random>;

const METHODS = ['GET', 'GET', 'POST', 'POST', 'POST', 'PUT', 'PUT', 'PATCH', 'PATCH', 'PATCH', 'DELETE', 'HEAD', 'X'];
/** Collections, and an object each would take. */
const DOORS: readonly (readonly [string, object])[] = [
  ['/api/v1/namespaces/default/configmaps', { data: { a: 'b' }, metadata: { labels: { a: 'b' }, annotations: { a: 'b' } } }],
  ['/api/v1/namespaces/default/secrets', { data: { a: 'Yg==' }, stringData: { c: 'd' }, type: 'Opaque' }],
  ['/api/v1/namespaces/default/pods', { spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80 }], env: [{ name: 'A', value: 'b' }], resources: { requests: { cpu: '1' } } }], volumes: [{ name: 'v', emptyDir: {} }], tolerations: [{ key: 'a' }] } }],
  ['/api/v1/namespaces/default/services', { spec: { type: 'NodePort', selector: { a: 'b' }, ports: [{ name: 'x', port: 80, targetPort: 'http' }], clusterIP: '10.96.0.77' } }],
  ['/apis/apps/v1/namespaces/default/deployments', { spec: { replicas: 1, selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } } }],
  ['/apis/rbac.authorization.k8s.io/v1/clusterroles', { rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] }],
  ['/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings', { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' }, subjects: [{ kind: 'User', name: 'u' }] }],
  ['/apis/authorization.k8s.io/v1/subjectaccessreviews', { spec: { user: 'u', resourceAttributes: { verb: 'get', resource: 'pods' } } }],
  ['/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', { spec: { namespace: 'default' } }],
  ['/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: 'x.y.z' } }],
  ['/apis/policy/v1/namespaces/default/poddisruptionbudgets', { spec: { minAvailable: 1, selector: { matchLabels: { a: 'b' } } } }],
  ['/apis/coordination.k8s.io/v1/namespaces/default/leases', { spec: { holderIdentity: 'x', leaseDurationSeconds: 5 } }],
  ['/api/v1/nodes', { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } }],
  ['/api/v1/namespaces', {}],
  ['/api/v1/namespaces/default/events', { involvedObject: { namespace: 'default', name: 'p' }, reason: 'r' }],
  ['/api/v1/namespaces/default/serviceaccounts', {}],
  ['/api/v1/namespaces/default/bindings', { target: { kind: 'Node', name: 'n' } }],
  ['/apis/apps/v1/__proto__', {}], ['/apis/x/y/z', {}], ['/apis', {}], ['/openapi/v3', {}], ['/api/v1/%zz', {}], ['/', {}], ['//', {}],
];
const NAMES = ['a', 'a', 'a', 'b', 'b', 'c', 'default', '__proto__', 'toString', '..', '%2e%2e', '%ff', 'A_B', 'x'.repeat(300), ''];
const SUBRESOURCES = ['status', 'scale', 'log', 'exec', 'binding', 'eviction', 'token', 'finalize', 'proxy', 'proxy/x', 'ephemeralcontainers', 'resize', 'constructor', '__proto__'];
const QUERY = ['watch=1&timeoutSeconds=1', 'limit=1', 'limit=-1', 'limit=x', 'limit=99999999999999999999', 'continue=e30', 'continue=%00', `continue=${btoa('{"v":"meta.k8s.io/v1","rv":-1,"start":"a\\u0000"}')}`, `continue=${btoa('{"v":"meta.k8s.io/v1","rv":1e15,"start":"../x"}')}`, 'resourceVersion=99999999999999999999', 'resourceVersion=9&resourceVersionMatch=NotOlderThan', 'propagationPolicy=Orphan', 'propagationPolicy=x', 'orphanDependents=1', 'dryRun=', 'export=1', 'allowWatchBookmarks=1', 'fieldManager=%07', 'labelSelector=a%3E1%2Cb%20notin(c%2C)', 'fieldSelector=metadata.name!%3D%5C', 'fieldSelector=spec.nodeName%3Dx,status.phase!%3Dy', 'resourceVersion=0', 'resourceVersion=x', 'resourceVersion=1&resourceVersionMatch=Exact', 'labelSelector=a%20in%20(', 'labelSelector=!', 'fieldSelector=a%3Db', 'fieldSelector=metadata.name%3D', 'dryRun=All', 'dryRun=x', 'fieldValidation=Strict', 'force=true&fieldManager=m', 'fieldManager=m', 'pretty=true', 'gracePeriodSeconds=-5', 'container=%ff', 'includeObject=x', 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=1'];
const TYPES = ['application/json', 'application/yaml', 'application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml', 'application/vnd.kubernetes.protobuf', 'text/plain', ''];
const PATCHES = TYPES.filter((type) => type.includes('patch'));
const ACCEPTS = ['', '*/*', 'application/json', 'application/yaml', 'application/json;as=Table;v=v1;g=meta.k8s.io', 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io', 'application/vnd.kubernetes.protobuf', ';;,,q=x', 'text/html', 'application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json;q=0.0001', 'application/json;q=NaN;stream=watch', `${'a/b,'.repeat(2_000)}*/*`];

function urlOf({ pick, chance }: Dice, method: string, collection: string): string {
  const named = chance(0.9) ? method !== 'POST' || chance(0.2) : chance(0.5);
  const path = [collection, ...(named ? [pick(NAMES), ...(chance(0.3) ? [pick(SUBRESOURCES)] : [])] : [])].join('/');
  return chance(0.4) ? `${path}?${pick(QUERY)}&${pick(QUERY)}` : path;
}

const KEYS = ['apiVersion', 'kind', 'metadata', 'name', 'namespace', 'labels', 'annotations', 'finalizers', 'ownerReferences', 'resourceVersion', 'uid', 'generateName', 'managedFields', 'spec', 'status', 'data', 'rules', 'subjects', 'roleRef', 'selector', 'template', 'containers', 'ports', 'replicas', 'clusterIP', 'clusterIPs', 'type', 'target', 'volumes', 'image', 'op', 'path', 'value', '$patch', '$retainKeys', '$setElementOrder/containers', '$deleteFromPrimitiveList/finalizers', '$setElementOrder/ports', 'key', 'operator', 'values', 'matchLabels', 'matchExpressions', 'fieldsV1', 'manager', 'operation', '__proto__', 'constructor', 'preconditions', 'propagationPolicy', 'resourceAttributes', 'token'];
const LEAVES: readonly unknown[] = ['', 'a', 'v1', 'ConfigMap', 'Pod', 'apps/v1', 'None', '10.96.0.77', 'add', 'remove', '/metadata/labels', '/spec/containers/0', -1, 0, 1, 1e300, 3.5, true, false, null, '\u0000', '💥', '\ud800', 'replace', 'delete', 'merge', 'Apply', 'FieldsV1', 2 ** 53, -(2 ** 63), 1e21, 'x'.repeat(70)];

function valueOf(dice: Dice, depth: number): unknown {
  const { below, pick, chance } = dice;
  if (depth === 0 || chance(0.25)) return pick(LEAVES);
  if (chance(0.3)) return Array.from({ length: below(3) }, () => valueOf(dice, depth - 1));
  return Object.fromEntries(Array.from({ length: below(6) }, () => [pick(KEYS), valueOf(dice, depth - 1)]));
}

/** The value with one place, anywhere in it, replaced. */
function corrupted(dice: Dice, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || dice.chance(0.2)) return valueOf(dice, 2);
  const keys = Object.keys(value);
  const key = keys.length === 0 || dice.chance(0.1) ? dice.pick(KEYS) : dice.pick(keys);
  const inner = (value as Record<string, unknown>)[key];
  if (Array.isArray(value)) return value.map((item: unknown, at) => (String(at) === key ? corrupted(dice, item) : item));
  return { ...value, [key]: corrupted(dice, inner) };
}

const POINTERS = ['/spec', '/metadata/labels/a', '/metadata/labels', '', '/metadata/name', 'x', '/data/a', '/data/-', '/spec/ports/-1', '/spec/ports/0/port', '/metadata/finalizers', '/metadata/finalizers/-', '/metadata/managedFields', '/metadata/resourceVersion', '/__proto__/x', '/a~2'];

/** What a configuration for the collection says it is. */
function typeOf(collection: string): object {
  const [, , ...parts] = collection.split('/');
  const kinds: Readonly<Record<string, string>> = {
    configmaps: 'ConfigMap', secrets: 'Secret', pods: 'Pod', services: 'Service', deployments: 'Deployment', clusterroles: 'ClusterRole', rolebindings: 'RoleBinding',
    poddisruptionbudgets: 'PodDisruptionBudget', leases: 'Lease', nodes: 'Node', namespaces: 'Namespace', events: 'Event', serviceaccounts: 'ServiceAccount',
  };
  return { apiVersion: collection.startsWith('/api/') ? 'v1' : parts.slice(0, 2).join('/'), kind: kinds[parts.at(-1) ?? ''] ?? 'ConfigMap' };
}

const MAGIC = [0x6b, 0x38, 0x73, 0];

function bodyOf(dice: Dice, { collection, sound, type }: { collection: string; sound: object; type: string }): Uint8Array | undefined {
  const { below, pick, chance } = dice;
  if (chance(0.1)) return undefined;
  if (type.endsWith('protobuf') && chance(0.9)) return Uint8Array.from([...(chance(0.9) ? MAGIC : []), ...Array.from({ length: below(40) }, () => (chance(0.5) ? below(32) : below(256)))]);
  const metadata = { ...(sound as { metadata?: object }).metadata, name: pick(NAMES) };
  const typed = type.includes('apply') && chance(0.9) ? typeOf(collection) : {};
  let value: unknown = chance(0.1) ? valueOf(dice, 5) : { ...typed, ...sound, metadata };
  for (let faults = below(3); faults > 0; faults--) value = corrupted(dice, value);
  if (type.includes('json-patch') ? chance(0.9) : chance(0.05)) value = Array.from({ length: 1 + below(3) }, () => ({ op: pick(['add', 'add', 'remove', 'replace', 'test', 'move', 'copy', 'x']), path: pick(POINTERS), from: pick(POINTERS), value: chance(0.3) ? pick(LEAVES) : value }));
  const bytes = new TextEncoder().encode(JSON.stringify(value) ?? 'null');
  if (chance(0.05) && bytes.length > 0) bytes[below(bytes.length)] = below(256);
  return chance(0.05) ? bytes.subarray(0, below(bytes.length + 1)) : bytes;
}

test.each(SEEDS)('no request is answered by a failure of the server\'s own (seed %i)', async (seed) => {
  const dice = random(seed);
  await using api = await startApi({ config: { freezeObjects: false } });
  const stop = new AbortController();
  const seen = new Map<number, number>();
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  for (let round = 0; round < ROUNDS; round++) {
    const [collection, sound] = dice.pick(DOORS);
    const method = dice.pick(METHODS);
    const type = dice.pick(dice.chance(0.2) ? TYPES : method === 'PATCH' ? PATCHES : ['application/json']);
    const [url, body] = [urlOf(dice, method, collection), bodyOf(dice, { collection, sound, type })];
    const headers = { 'content-type': type, accept: dice.chance(0.7) ? '' : dice.pick(ACCEPTS) };
    const before = api.driver.revision;
    const response = await whileTimePasses(api.clock, api.raw(method, url, body, { headers, signal: stop.signal }));
    seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
    const text = response.body?.type === 'bytes' ? response.body.chunks.map((chunk) => new TextDecoder().decode(chunk)).join('') : '';
    const half = response.status >= 400 && api.driver.revision !== before && !isEviction(url);
    const own = half || response.status >= 500 && ![503, 504].includes(response.status) && !text.includes(NOWHERE);
    expect(own ? `${method} ${url} ${headers['content-type']} ${headers.accept}\n${body && new TextDecoder().decode(body)}\n→ ${response.status} ${half ? 'but something was written: ' : ''}${text}` : '').toBe('');
  }
  stop.abort();
  // The dice must not only find locked doors.
  for (const status of [200, 201, 400, 404, 405, 415, 422]) expect(seen.get(status) ?? 0, `answers with ${status}`).toBeGreaterThan(0);
});

/** Of a proxy to a node that has no address yet: upstream's own words, and its own 500. */
const NOWHERE = 'no preferred addresses found';

/** An eviction that is refused may have spent of its budget, as upstream's may. */
const isEviction = (url: string): boolean => url.includes('/eviction');

/** Some requests wait for time to pass: it does, until they are answered. */
async function whileTimePasses<T>(clock: ManualClock, answer: Promise<T>): Promise<T> {
  let answered = false;
  const settled = answer.finally(() => {
    answered = true;
  });
  for (let turn = 0; turn < 30 && !answered; turn++) await clock.advance(turn === 0 ? 0 : 1_000);
  return settled;
}
