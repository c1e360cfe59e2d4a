import { expect, test } from 'vitest';
import { isApiError } from '../../meta/api-error.ts';
import { Deployment } from '../../kinds/apps/deployment.ts';
import { ReplicaSet } from '../../kinds/apps/replica-set.ts';
import { ConfigMap } from '../../kinds/core/config-map.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { deploymentController } from '../deployment/deployment.ts';
import { namespaceController } from '../namespace/namespace.ts';
import { replicaSetController } from '../replica-set/replica-set.ts';
import { startControlled } from '../testing/start.ts';
import { garbageCollector } from './garbage-collector.ts';
import { CustomResourceDefinition } from '../../kinds/apiextensions/custom-resource-definition.ts';
import { Namespace } from '../../kinds/core/namespace.ts';

const at = { namespace: 'shop' };
const start = () => startControlled([garbageCollector, namespaceController, deploymentController, replicaSetController]);
const web = {
  metadata: { name: 'web', namespace: 'shop' },
  spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'v1' }] } } },
};

test('background deletion takes the whole tree, owner first', async () => {
  await using cluster = await start();
  const { client, pass, quiet } = cluster;
  await client.create(Deployment, web);
  await quiet();
  expect((await client.list(Pod, at)).items).toHaveLength(2);
  expect(await client.delete(Deployment, 'web', { ...at, propagationPolicy: 'Background' })).toBeUndefined();
  await pass(1);
  expect((await client.list(ReplicaSet, at)).items).toEqual([]);
  expect((await client.list(Pod, at)).items).toEqual([]);
});

test('foreground deletion keeps the owner until its dependents have gone', async () => {
  await using cluster = await start();
  const { client, pass, quiet, runPods } = cluster;
  await client.create(Deployment, web);
  await quiet();
  await runPods();
  // A pod on a node goes only when its kubelet says so.
  for (const { metadata } of (await client.list(Pod, at)).items) {
    await client.createSubresource(Pod, metadata.name, 'binding', { apiVersion: 'v1', kind: 'Binding', metadata: { name: metadata.name }, target: { kind: 'Node', name: 'n' } }, at);
  }
  await client.delete(Deployment, 'web', { ...at, propagationPolicy: 'Foreground' });
  await pass(2);
  expect((await client.get(Deployment, 'web', at)).metadata).toMatchObject({ finalizers: ['foregroundDeletion'] });
  expect((await client.list(Pod, at)).items.every((pod) => pod.metadata.deletionTimestamp)).toBe(true);
  await runPods();
  await pass(2);
  expect((await client.list(Pod, at)).items).toEqual([]);
  await expect(client.get(Deployment, 'web', at)).rejects.toMatchObject({ reason: 'NotFound' });
});

test('orphaning lets the dependents go free', async () => {
  await using cluster = await start();
  const { client, pass, quiet } = cluster;
  await client.create(Deployment, web);
  await quiet();
  await client.delete(Deployment, 'web', { ...at, propagationPolicy: 'Orphan' });
  await pass(2);
  const sets = (await client.list(ReplicaSet, at)).items;
  expect(sets).toHaveLength(1);
  expect(sets[0]!.metadata.ownerReferences ?? []).toEqual([]);
  expect((await client.list(Pod, at)).items).toHaveLength(2);
});

test('an object that names an owner which never was is deleted; one whose name lives under another uid too', async () => {
  await using cluster = await start();
  const { client, pass } = cluster;
  const owner = await client.create(ConfigMap, { metadata: { name: 'owner', namespace: 'shop' } });
  const owned = (name: string, uid: string) => client.create(ConfigMap, {
    metadata: { name, namespace: 'shop', ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }] },
  });
  await owned('kept', owner.metadata.uid);
  await owned('stray', 'no-such-uid');
  await pass(1);
  expect((await client.list(ConfigMap, at)).items.map((one) => one.metadata.name)).toEqual(['kept', 'owner']);
});

test('a deleted namespace is emptied, its pods first, and goes', async () => {
  await using cluster = await start();
  const { client, find, pass, quiet } = cluster;
  await client.create(Deployment, web);
  await client.create(ConfigMap, { metadata: { name: 'held', namespace: 'shop', finalizers: ['example.com/hold'] } });
  await quiet();
  await client.delete(Namespace, 'shop');
  await pass(5);
  const { status, spec } = await client.get(Namespace, 'shop');
  expect(spec.finalizers).toEqual(['kubernetes']);
  expect(status.phase).toBe('Terminating');
  expect(status.conditions!.filter((one) => one.status === 'True').map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
    'SomeResourcesRemain: Some resources are remaining: configmaps. has 1 resource instances',
    'SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
  ]);
  await client.patch(ConfigMap, 'held', { type: 'merge', body: { metadata: { finalizers: null } } }, at);
  const isGone = (error: unknown) => isApiError(error, 'NotFound') || undefined;
  await find(() => client.get(Namespace, 'shop').then(() => undefined, isGone));
  expect((await client.list(Pod, at)).items).toEqual([]);
});

test('what an owner of a new kind left behind goes as soon as the kind is known', async () => {
  await using cluster = await start();
  const { client, pass } = cluster;
  const names = { plural: 'wheels', kind: 'Wheel' };
  const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } };
  const reference = { apiVersion: 'example.com/v1', kind: 'Wheel', name: 'gone', uid: 'a-wheel-that-was' };
  await client.create(ConfigMap, { metadata: { name: 'spoke', ...at, ownerReferences: [reference] } });
  await pass(600);
  // Many looks in vain: by now the next would be minutes away.
  expect((await client.list(ConfigMap, at)).items.map(({ metadata }) => metadata.name)).toContain('spoke');
  await client.create(CustomResourceDefinition, { metadata: { name: 'wheels.example.com' }, spec: { group: 'example.com', scope: 'Namespaced', names, versions: [version] } });
  await pass(3);
  expect((await client.list(ConfigMap, at)).items.map(({ metadata }) => metadata.name)).not.toContain('spoke');
});
