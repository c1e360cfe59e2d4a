import { Deployment } from '../../../src/kinds/apps/deployment.ts';
import { ReplicaSet } from '../../../src/kinds/apps/replica-set.ts';
import { Pod } from '../../../src/kinds/core/pod.ts';
import { ReplicationController } from '../../../src/kinds/core/replication-controller.ts';
import type { OwnerReference } from '../../../src/meta/object.ts';
import { check } from '../framework/assert.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';

const codename = (what: string) => `[sig-api-machinery] Garbage collector should ${what} [Conformance]`;
const at = (t: Context) => ({ namespace: t.namespace });
const LABELS = { gc: 'test' };
const template = (t: Context) => ({ metadata: { labels: LABELS }, spec: { ...t.pods.object({}).spec, restartPolicy: 'Always' } });

async function controller(t: Context, name: string, replicas: number): Promise<ReplicationController> {
  const rc = await t.client.create(ReplicationController, { metadata: { name }, spec: { replicas, selector: LABELS, template: template(t) } }, at(t));
  await t.eventually(`${name} has its pods`, async () => (await ownedBy(t, rc.metadata.uid)).length === replicas, { seconds: 120 });
  return rc;
}

const ownedBy = async (t: Context, uid: string): Promise<readonly Pod[]> =>
  (await t.pods.list()).filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid));

async function deployment(t: Context): Promise<ReplicaSet> {
  const spec = { replicas: 2, selector: { matchLabels: LABELS }, template: template(t) };
  await t.client.create(Deployment, { metadata: { name: 'simpletest' }, spec }, at(t));
  return t.eventually('the deployment has its replica set', async () => (await t.client.list(ReplicaSet, at(t))).items[0]);
}

const BACKGROUND = ["the deployment's replica set goes", 'and its pods go'];
const deletesSets = test(codename('delete RS created by deployment when not orphaning'), { musts: BACKGROUND }, async (t) => {
  await deployment(t);
  await t.client.delete(Deployment, 'simpletest', { ...at(t), propagationPolicy: 'Background' });
  t.must(BACKGROUND[0]!, await t.eventually('no replica set is left', async () => (await t.client.list(ReplicaSet, at(t))).items.length === 0, { seconds: 90 }));
  t.must(BACKGROUND[1]!, await t.eventually('no pod is left', async () => (await t.pods.list()).length === 0, { seconds: 90 }));
});

const ORPHAN = ['the replica set stays, without its owner', 'and so do its pods'];
const orphansSets = test(codename('orphan RS created by deployment when deleteOptions.PropagationPolicy is Orphan'), { musts: ORPHAN }, async (t) => {
  const { metadata } = await deployment(t);
  await t.client.delete(Deployment, 'simpletest', { ...at(t), propagationPolicy: 'Orphan' });
  await t.gone('the deployment', () => t.client.get(Deployment, 'simpletest', at(t)));
  const still = async () => {
    const set = await t.client.get(ReplicaSet, metadata.name, at(t));
    return set.metadata.deletionTimestamp === undefined && (set.metadata.ownerReferences ?? []).length === 0;
  };
  t.must(ORPHAN[0]!, await t.consistently(still, 20));
  t.must(ORPHAN[1]!, (await ownedBy(t, metadata.uid)).length === 2);
});

const deletesPods = test(codename('delete pods created by rc when not orphaning'), { musts: ["the controller's pods go"] }, async (t) => {
  await controller(t, 'simpletest.rc', 2);
  await t.client.delete(ReplicationController, 'simpletest.rc', { ...at(t), propagationPolicy: 'Background' });
  t.must("the controller's pods go", await t.eventually('no pod is left', async () => (await t.pods.list()).length === 0, { seconds: 90 }));
});

const orphansPods = test(codename('orphan pods created by rc if delete options say so'), { musts: ['its pods stay, without their owner'], timeoutSeconds: 300 }, async (t) => {
  await controller(t, 'simpletest.rc', 10);
  await t.client.delete(ReplicationController, 'simpletest.rc', { ...at(t), propagationPolicy: 'Orphan' });
  await t.gone('the controller', () => t.client.get(ReplicationController, 'simpletest.rc', at(t)));
  const still = async () => (await t.pods.list()).filter(({ metadata }) => !metadata.deletionTimestamp && !metadata.ownerReferences?.length).length === 10;
  t.must('its pods stay, without their owner', await t.consistently(still, 30));
});

const foreground = test(codename('keep the rc around until all its pods are deleted if the deleteOptions says so'), { musts: ['the pods go before the controller'], timeoutSeconds: 300 }, async (t) => {
  const { metadata } = await controller(t, 'simpletest.rc', 10);
  await t.client.delete(ReplicationController, 'simpletest.rc', { ...at(t), propagationPolicy: 'Foreground' });
  let last: number;
  do {
    last = (await t.client.list(ReplicationController, at(t))).items.length;
    const pods = (await ownedBy(t, metadata.uid)).length;
    t.must('the pods go before the controller', last === 1 || pods === 0, `${pods} pods are left without it`);
    await t.sleep(0.5);
  } while (last > 0);
});

const SHARED = ['pods with another owner are not deleted', 'the controller still goes'];
const sharedOwners = test(codename("not delete dependents that have both valid owner and owner that's waiting for dependents to be deleted"), { musts: SHARED, timeoutSeconds: 300 }, async (t) => {
  const going = await controller(t, 'simpletest-rc-to-be-deleted', 10);
  const staying = await t.client.create(ReplicationController, {
    metadata: { name: 'simpletest-rc-to-stay' }, spec: { replicas: 0, selector: { another: 'one' }, template: { ...template(t), metadata: { labels: { another: 'one' } } } },
  }, at(t));
  const owner: OwnerReference = { apiVersion: 'v1', kind: 'ReplicationController', name: staying.metadata.name, uid: staying.metadata.uid };
  const half = (await ownedBy(t, going.metadata.uid)).slice(0, 5);
  await Promise.all(half.map((pod) => addOwner(t, pod.metadata.name, owner)));
  await t.client.delete(ReplicationController, going.metadata.name, { ...at(t), propagationPolicy: 'Foreground' });
  await t.gone('the controller', () => t.client.get(ReplicationController, going.metadata.name, at(t)), { seconds: 120 });
  const left = await ownedBy(t, staying.metadata.uid);
  t.must(SHARED[0]!, left.length === 5 && left.every(({ metadata }) => !metadata.deletionTimestamp), String(left.length));
  t.must(SHARED[1]!, (await ownedBy(t, going.metadata.uid)).length === 0);
});

async function addOwner(t: Context, name: string, owner: OwnerReference): Promise<void> {
  await t.eventually(`${name} has a further owner`, async () => {
    const pod = await t.pods.get(name);
    const ownerReferences = [...(pod.metadata.ownerReferences ?? []), owner];
    return t.client.update(Pod, { ...pod, metadata: { ...pod.metadata, ownerReferences } }, at(t));
  });
}

const CIRCLE = ['deleting one deletes all', 'the circle does not stop it'];
const circle = test(codename('not be blocked by dependency circle'), { musts: CIRCLE }, async (t) => {
  const names = ['pod1', 'pod2', 'pod3'];
  const pods = await Promise.all(names.map((name) => t.pods.create({ name })));
  const owner = ({ metadata: { name, uid } }: Pod): OwnerReference => ({ apiVersion: 'v1', kind: 'Pod', name, uid, controller: true, blockOwnerDeletion: true });
  await addOwner(t, 'pod1', owner(pods[2]!));
  await addOwner(t, 'pod2', owner(pods[0]!));
  await addOwner(t, 'pod3', owner(pods[1]!));
  await t.client.delete(Pod, 'pod1', { ...at(t), propagationPolicy: 'Foreground' });
  const all = await t.eventually('all pods are gone', async () => (await t.pods.list()).length === 0, { seconds: 90 });
  check(all, 'all pods are gone');
  for (const must of CIRCLE) t.must(must, all);
});

export const garbageCollector: readonly TestCase[] = [
  deletesSets, orphansSets, deletesPods, orphansPods, foreground, sharedOwners, circle,
];
