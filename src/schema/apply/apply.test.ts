import { expect, test } from 'vitest';
import { ApiError } from '../../meta/api-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import { decodeObject } from '../decode.ts';
import { boolean, int32, list, map, object, string } from '../field.ts';
import { defineKind } from '../kind.ts';
import { applyPatch, trackUpdate } from './apply.ts';

const container = object('api.core.v1.Container', {
  name: string().required(),
  image: string(),
  args: list(string()),
  policy: string().default('Always'),
  ports: list(object('api.core.v1.Port', { port: int32().required(), protocol: string().default('TCP'), name: string() })).mapKeys('port', 'protocol'),
});
const Deployment = defineKind({
  group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', scope: 'Namespaced', package: 'api.apps.v1',
  spec: object('api.apps.v1.DeploymentSpec', {
    replicas: int32().pointer().default(1),
    paused: boolean(),
    selector: map(string()).atomic(),
    strategy: object('api.apps.v1.DeploymentStrategy', { type: string().default('RollingUpdate'), rolling: object('api.R', { surge: string() }) }).default({}),
    containers: list(container).required().mapKeys('name').mergeKey('name'),
  }),
  status: object('api.apps.v1.DeploymentStatus', { replicas: int32() }),
});

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const config = (spec: object, metadata: object = {}) => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'default', ...metadata }, spec });
const stored = (object: unknown): AnyObject => {
  const { value } = decodeObject(Deployment, object);
  return { ...value, metadata: { ...value.metadata, uid: 'u' } };
};
const apply = (live: AnyObject | undefined, manager: string, spec: object, more: { force?: boolean; metadata?: object } = {}) =>
  stored(applyPatch({ kind: Deployment, live, applied: config(spec, more.metadata), manager, force: more.force ?? false, now: NOW }));
const update = (live: AnyObject | undefined, manager: string, next: object, subresource = '') =>
  stored(trackUpdate({ kind: Deployment, live, next: stored(next), manager, now: NOW, subresource }));
const fieldsBy = (object: AnyObject, manager: string) => object.metadata.managedFields?.find((entry) => entry.manager === manager)?.fieldsV1;
const failure = (attempt: () => unknown): ApiError => {
  try {
    attempt();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

test('applying creates an object and owns exactly what it says', () => {
  const created = apply(undefined, 'ci', { replicas: 3, containers: [{ name: 'a', image: 'x', ports: [{ port: 80 }] }] }, { metadata: { labels: { app: 'web' } } });
  expect(created.metadata.managedFields).toEqual([{
    manager: 'ci', operation: 'Apply', apiVersion: 'apps/v1', time: '2026-01-02T03:04:05Z', fieldsType: 'FieldsV1',
    fieldsV1: {
      'f:metadata': { 'f:labels': { 'f:app': {} } },
      'f:spec': {
        'f:replicas': {},
        'f:containers': { 'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:image': {}, 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} } } } },
      },
    },
  }]);
});

test('a creation by POST owns all that was set, but not the structs every object has', () => {
  const created = update(undefined, 'kubectl-create', config({ containers: [{ name: 'a', image: 'x' }], strategy: { rolling: { surge: '1' } } }, { labels: { app: 'web' } }));
  expect(created.metadata.managedFields).toMatchObject([{ manager: 'kubectl-create', operation: 'Update' }]);
  expect(fieldsBy(created, 'kubectl-create')).toEqual({
    'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
    'f:spec': {
      'f:replicas': {},
      'f:strategy': { 'f:rolling': { '.': {}, 'f:surge': {} }, 'f:type': {} },
      'f:containers': { 'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:image': {}, 'f:policy': {} } },
    },
  });
});

test('changing what another applied is a conflict, in upstream\'s words', () => {
  const live = apply(undefined, 'ci', { replicas: 3, paused: true });
  const one = failure(() => apply(live, 'ops', { replicas: 4 }));
  expect(one.code).toBe(409);
  expect(one.reason).toBe('Conflict');
  expect(one.message).toBe('Apply failed with 1 conflict: conflict with "ci": .spec.replicas');
  expect(one.details?.causes).toEqual([{ reason: 'FieldManagerConflict', message: 'conflict with "ci"', field: '.spec.replicas' }]);

  const two = failure(() => apply(live, 'ops', { replicas: 4, paused: false }));
  expect(two.message).toBe('Apply failed with 2 conflicts: conflicts with "ci":\n- .spec.paused\n- .spec.replicas');
});

test('a conflict with an update names its version', () => {
  const live = update(undefined, 'kubectl-client-side-apply', config({ replicas: 2, containers: [] }));
  expect(failure(() => apply(live, 'ops', { replicas: 4 })).message).toBe(
    'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas');
});

test('saying the same is shared ownership, not a conflict', () => {
  const live = apply(apply(undefined, 'ci', { replicas: 3 }), 'ops', { replicas: 3 });
  expect(fieldsBy(live, 'ci')).toEqual(fieldsBy(live, 'ops'));
});

test('force takes the field over', () => {
  const live = apply(apply(undefined, 'ci', { replicas: 3, paused: true }), 'ops', { replicas: 4 }, { force: true });
  expect(live.spec).toMatchObject({ replicas: 4, paused: true });
  expect(fieldsBy(live, 'ci')).toEqual({ 'f:spec': { 'f:paused': {} } });
  expect(fieldsBy(live, 'ops')).toEqual({ 'f:spec': { 'f:replicas': {} } });
});

test('what a manager no longer applies goes, unless another owns it', () => {
  const first = apply(undefined, 'ci', { paused: true, containers: [{ name: 'a', image: 'x' }, { name: 'b', image: 'y' }] }, { metadata: { labels: { app: 'web', tier: 'front' } } });
  const shared = apply(first, 'ops', { containers: [{ name: 'b', image: 'y' }] }, { metadata: { labels: { tier: 'front' } } });
  const left = apply(shared, 'ci', { containers: [{ name: 'a', image: 'x' }] }, { metadata: { labels: { app: 'web' } } });
  expect(left.metadata.labels).toEqual({ app: 'web', tier: 'front' });
  expect(left.spec).toMatchObject({ containers: [{ name: 'a' }, { name: 'b', image: 'y' }] });
  expect(left.spec).not.toHaveProperty('paused');

  const bare = apply(apply(left, 'ops', {}), 'ci', {});
  expect(bare.metadata.labels).toBeUndefined();
  expect((bare.spec as { containers: unknown }).containers).toEqual([]);
  expect(bare.metadata).toMatchObject({ name: 'web', namespace: 'default', uid: 'u' });
});

test('a field no manager owns stays when others go', () => {
  const live = apply(undefined, 'ci', { replicas: 2, paused: true });
  expect(apply(live, 'ci', { replicas: 2 }).spec).toMatchObject({ replicas: 2, strategy: { type: 'RollingUpdate' } });
});

test('lists keep the applied order; items of others stay where they stood', () => {
  const live = apply(undefined, 'ci', { containers: ['a', 'b', 'c'].map((name) => ({ name })) });
  const merged = apply(live, 'ops', { containers: [{ name: 'c' }, { name: 'x' }, { name: 'a' }] });
  expect((merged.spec as { containers: { name: string }[] }).containers.map(({ name }) => name)).toEqual(['b', 'c', 'x', 'a']);
});

test('an atomic map belongs to one manager as a whole', () => {
  const live = apply(undefined, 'ci', { selector: { app: 'web' } });
  expect(fieldsBy(live, 'ci')).toEqual({ 'f:spec': { 'f:selector': {} } });
  expect(failure(() => apply(live, 'ops', { selector: { app: 'web', tier: 'x' } })).message).toContain(': .spec.selector');
  expect(apply(live, 'ops', { selector: { tier: 'x' } }, { force: true }).spec).toMatchObject({ selector: { tier: 'x' } });
});

test('false and zero are values that an applier owns', () => {
  const live = update(undefined, 'ops', config({ paused: true, replicas: 2, containers: [] }));
  const applied = apply(live, 'ci', { paused: false, replicas: 0 }, { force: true });
  expect(applied.spec).toMatchObject({ replicas: 0 });
  expect(applied.spec).not.toHaveProperty('paused');
  expect(fieldsBy(applied, 'ci')).toEqual({ 'f:spec': { 'f:paused': {}, 'f:replicas': {} } });
});

test('applying the same again changes nothing at all', () => {
  const live = apply(undefined, 'ci', { replicas: 3, containers: [{ name: 'a', image: 'x' }] });
  expect(applyPatch({ kind: Deployment, live, applied: config({ replicas: 3, containers: [{ name: 'a', image: 'x' }] }), manager: 'ci', force: false, now: NOW + 5000 })).toBe(live);
});

test('an update takes what it changes from appliers, and drops what it removes', () => {
  const live = apply(undefined, 'ci', { replicas: 3, paused: true, containers: [{ name: 'a', image: 'x' }] });
  const scaled = update(live, 'ops', { ...live, spec: { ...(live.spec as object), replicas: 5, paused: false, containers: [{ name: 'a', image: 'x' }] } });
  expect(fieldsBy(scaled, 'ops')).toEqual({ 'f:spec': { 'f:replicas': {} } });
  expect(fieldsBy(scaled, 'ci')).toEqual({ 'f:spec': { 'f:containers': { 'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:image': {} } } } });
});

test('status is owned through its subresource alone', () => {
  const live = update(undefined, 'ops', { ...config({ containers: [] }), status: { replicas: 1 } });
  expect(fieldsBy(live, 'ops')).not.toHaveProperty('f:status');
  const written = update(live, 'controller', { ...live, status: { replicas: 2 } }, 'status');
  expect(written.metadata.managedFields?.find(({ manager }) => manager === 'controller')).toMatchObject({ subresource: 'status', fieldsV1: { 'f:status': { 'f:replicas': {} } } });
});

test('an object nobody tracked belongs to what was before the first apply', () => {
  const live = stored(config({ replicas: 2, containers: [{ name: 'a' }] }));
  expect(update(live, 'ops', { ...live, spec: { ...(live.spec as object), replicas: 9 } }).metadata.managedFields).toBeUndefined();
  expect(failure(() => apply(live, 'ci', { replicas: 3 })).message).toBe('Apply failed with 1 conflict: conflict with "before-first-apply" using apps/v1: .spec.replicas');
  expect(apply(live, 'ci', { replicas: 2 }).metadata.managedFields?.map(({ manager }) => manager)).toEqual(['ci', 'before-first-apply']);
});

test('emptied managedFields stay empty', () => {
  const live = apply(undefined, 'ci', { replicas: 2 });
  const next = { ...live, metadata: { ...live.metadata, managedFields: [{}] } };
  expect(trackUpdate({ kind: Deployment, live, next, manager: 'ops', now: NOW }).metadata.managedFields).toBeUndefined();
});

test('kubectl may take over by apply what it applied from the client', () => {
  const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
  const former = config({ replicas: 2, containers: [{ name: 'a', image: 'x' }] });
  const live = update(undefined, 'kubectl-client-side-apply', { ...former, metadata: { ...former.metadata, annotations: { [annotation]: JSON.stringify(former) } } });
  expect(failure(() => apply(live, 'ci', { replicas: 3 })).reason).toBe('Conflict');
  const upgraded = apply(live, 'kubectl', { replicas: 3, containers: [{ name: 'a', image: 'z' }] });
  expect(upgraded.spec).toMatchObject({ replicas: 3, containers: [{ name: 'a', image: 'z' }] });
  expect(JSON.parse(upgraded.metadata.annotations![annotation]!)).toMatchObject({ spec: { replicas: 3 } });
});

test('only so many updaters are remembered by name', () => {
  let live = update(undefined, 'm0', config({ replicas: 0, containers: [] }, { annotations: { a0: 'x' } }));
  for (let round = 1; round < 15; round++) {
    const next = { ...live, metadata: { ...live.metadata, annotations: { ...live.metadata.annotations, [`a${round}`]: 'x' } } };
    live = stored(trackUpdate({ kind: Deployment, live, next, manager: `m${String(round).padStart(2, '0')}`, now: NOW + round * 1000 }));
  }
  expect(live.metadata.managedFields).toHaveLength(10);
  expect(live.metadata.managedFields![0]!.manager).toBe('ancient-changes');
  expect(fieldsBy(live, 'ancient-changes')).toMatchObject({ 'f:metadata': { 'f:annotations': { 'f:a0': {}, 'f:a5': {} } } });
});

test.each([
  [{ ...config({ foo: 1 }) }, 'failed to create typed patch object (default/web; apps/v1, Kind=Deployment): .spec.foo: field not declared in schema', 400],
  [config({ containers: [{ name: 'a', x: 1 }] }), '.spec.containers[name="a"].x: field not declared in schema', 400],
  [config({ containers: [{ image: 'a' }] }), '.spec.containers: element 0: associative list with keys has an element that omits all key fields ["name"]', 400],
  [config({ containers: [{ name: 'a' }, { name: 'a' }] }), '.spec.containers: duplicate entries for key [name="a"]', 400],
  [config({}, { managedFields: [] }), 'metadata.managedFields must be nil', 400],
  [{ ...config({}), apiVersion: 'apps/v2' }, 'Incorrect version specified in apply patch. Specified patch version: apps/v2, expected: apps/v1', 400],
  [config({ replicas: 'x' }), '.spec.replicas: expected numeric (int or float), got string', 400],
  [config({ containers: 'x' }), '.spec.containers: expected list, got &{x}', 400],
  [config({ containers: ['x'] }), '.spec.containers: element 0: associative list with keys may not have non-map elements', 400],
  [config({ containers: [{ name: 'a', image: 5, args: [1] }] }), 'errors:\n  .spec.containers[name="a"].image: expected string, got &value.valueUnstructured{Value:5}\n  .spec.containers[name="a"].args[0]: expected string, got &value.valueUnstructured{Value:1}', 400],
  [config({ paused: 'x' }), '.spec.paused: expected boolean, got &{x}', 400],
  [config({ paused: null, labels: { a: 1.5 } }), '.spec.labels: field not declared in schema', 400],
  [config({}, { labels: ['x'] }), '.metadata.labels: expected map, got &{[x]}', 400],
] as const)('%j cannot be applied', (applied, message, code) => {
  const error = failure(() => applyPatch({ kind: Deployment, live: undefined, applied, manager: 'ci', force: false, now: NOW }));
  expect(error.message).toContain(message);
  expect(error.code).toBe(code);
});

test('conflicts come level by level, keys in the order of their values', () => {
  const live = apply(undefined, 'a', { paused: true, containers: [{ name: 'c', image: 'x', ports: [{ port: 443, name: 's' }, { port: 80, name: 'h' }] }], replicas: 2 });
  const { message } = failure(() => apply(live, 'b', { replicas: 3, paused: false, containers: [{ name: 'c', image: 'y', ports: [{ port: 443, name: 't' }, { port: 80, name: 'i' }] }] }));
  expect(message.split('\n')).toEqual([
    'Apply failed with 5 conflicts: conflicts with "a":', '- .spec.paused', '- .spec.replicas', '- .spec.containers[name="c"].image',
    '- .spec.containers[name="c"].ports[port=80,protocol="TCP"].name', '- .spec.containers[name="c"].ports[port=443,protocol="TCP"].name',
  ]);
});

test('kubectl that takes over its own is told only of what others own', () => {
  const note = JSON.stringify(config({ replicas: 3 }));
  const mine = update(undefined, 'kubectl-client-side-apply', config({ replicas: 3, paused: true }, { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': note } }));
  const { message } = failure(() => apply(mine, 'kubectl', { replicas: 4, paused: false }));
  expect(message).toBe('Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.paused');
});

test('who only agrees owns, but has changed nothing at any time', () => {
  const live = apply(undefined, 'a', { replicas: 3 });
  const both = apply(live, 'b', { replicas: 3 });
  expect(both.metadata.managedFields).toMatchObject([{ manager: 'b', fieldsV1: { 'f:spec': { 'f:replicas': {} } } }, { manager: 'a', time: '2026-01-02T03:04:05Z' }]);
  expect(both.metadata.managedFields![0]).not.toHaveProperty('time');
});

test('what stands in a list twice stays until someone applies it, and is one then', () => {
  const twice = stored({ ...config({ containers: [{ name: 'a', image: '1' }, { name: 'b', image: '1' }, { name: 'a', image: '2' }] }) });
  const names = (object: AnyObject) => (object['spec'] as { containers: { name: string; image?: string }[] }).containers.map(({ name, image }) => name + image);
  expect(names(apply(twice, 'm', { containers: [{ name: 'b', image: '3' }] }, { force: true }))).toEqual(['a1', 'b3', 'a2']);
  expect(names(apply(twice, 'm', { containers: [{ name: 'a', image: '3' }] }, { force: true }))).toEqual(['a3', 'b1']);
});

test('a nameless writer is unknown, and managers sent through a subresource do not count', () => {
  const live = update(undefined, '', config({ replicas: 1 }));
  expect(live.metadata.managedFields).toMatchObject([{ manager: 'unknown' }]);
  const next = { ...live, status: { replicas: 2 }, metadata: { ...live.metadata, managedFields: [{}] } };
  expect(update(live, 'kubelet', next, 'status').metadata.managedFields).toMatchObject([{ manager: 'kubelet', subresource: 'status' }, { manager: 'unknown' }]);
});

test('objects of one template share what is noted of them, objects of another do not', () => {
  const made = (name: string, spec: object) => update(undefined, 'kubectl', config(spec, { name }));
  const [one, two, other] = [made('a', { replicas: 1 }), made('b', { replicas: 1 }), made('c', { paused: true })];

  expect(fieldsBy(two, 'kubectl')).toEqual(fieldsBy(one, 'kubectl'));
  expect(Object.keys(fieldsBy(other, 'kubectl')!['f:spec'] as object)).toContain('f:paused');
  expect(update(undefined, 'helm', config({ replicas: 1 }, { name: 'd' })).metadata.managedFields).toMatchObject([{ manager: 'helm', operation: 'Update' }]);
});
