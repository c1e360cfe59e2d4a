import { ControllerRevision } from '../../../src/kinds/apps/controller-revision.ts';
import { DaemonSet } from '../../../src/kinds/apps/daemon-set.ts';
import { Pod } from '../../../src/kinds/core/pod.ts';
import type { DeepPartial } from '../../../src/meta/object.ts';
import { isReady } from '../../../src/rules/pod-conditions.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';
import { label, schedulableNodes } from '../sig-scheduling/predicates.ts';
import { at, template } from './workloads.ts';

const codename = (what: string) => `[sig-apps] Daemon set [Serial] should ${what} [Conformance]`;
const NAME = 'daemon-set';
const LABELS = { 'daemonset-name': NAME };

function makeSet(t: Context, { spec, nodeSelector }: { spec?: DeepPartial<DaemonSet['spec']>; nodeSelector?: Readonly<Record<string, string>> } = {}): Promise<DaemonSet> {
  const base = template(t, LABELS);
  const podTemplate = { ...base, spec: { ...base.spec, ...(nodeSelector && { nodeSelector }) } };
  return t.client.create(DaemonSet, { metadata: { name: NAME }, spec: { selector: { matchLabels: LABELS }, template: podTemplate, ...spec } }, at(t));
}

const podsOf = async (t: Context): Promise<readonly Pod[]> =>
  (await t.pods.list(`daemonset-name=${NAME}`)).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
/** One ready pod on each of these nodes, and none elsewhere. */
const covers = (t: Context, nodes: readonly string[]): Promise<boolean> =>
  t.eventually(`a daemon runs on ${nodes.join(', ') || 'no node'}`, async () => {
    const pods = await podsOf(t);
    return pods.every(isReady) && String(pods.map(({ spec }) => spec.nodeName).toSorted()) === String(nodes.toSorted());
  }, { seconds: 120 });
const nodeNames = async (t: Context): Promise<readonly string[]> => (await schedulableNodes(t)).map(({ metadata }) => metadata.name);
const setVersion = (t: Context, value: string) =>
  t.client.patch(DaemonSet, NAME, { type: 'strategic', body: { spec: { template: { spec: { containers: [{ name: 'main', env: [{ name: 'REVISION', value }] }] } } } } }, at(t));
const versionOf = ({ spec }: Pod): string | undefined => spec.containers[0]!.env?.find(({ name }) => name === 'REVISION')?.value;

const SIMPLE = ['a daemon runs on every node', 'a deleted one is replaced'];
const simple = test(codename('run and stop simple daemon'), { musts: SIMPLE.slice(0, 2), timeoutSeconds: 240 }, async (t) => {
  const nodes = await nodeNames(t);
  await makeSet(t);
  t.must(SIMPLE[0]!, await covers(t, nodes));
  const [pod] = await podsOf(t);
  await t.pods.delete(pod!.metadata.name, 0);
  await t.pods.untilGone(pod!.metadata.name);
  t.must(SIMPLE[1]!, await covers(t, nodes));
});

const complex = test(codename('run and stop complex daemon'), { musts: ['daemons run where labels say'], timeoutSeconds: 300 }, async (t) => {
  const key = 'daemonset-color';
  await makeSet(t, { nodeSelector: { [key]: 'blue' } });
  await covers(t, []);
  const [name] = await nodeNames(t);
  t.defer(() => label(t, name!, { [key]: null }));
  await label(t, name!, { [key]: 'blue' });
  await covers(t, [name!]);
  await label(t, name!, { [key]: 'green' });
  await covers(t, []);
  const body = { spec: { updateStrategy: { type: 'RollingUpdate' }, template: { spec: { nodeSelector: { [key]: 'green' } } } } };
  await t.client.patch(DaemonSet, NAME, { type: 'merge', body }, at(t));
  t.must('daemons run where labels say', await covers(t, [name!]));
});

const failed = test(codename('retry creating failed daemon pods'), { musts: ['a failed daemon is replaced'], timeoutSeconds: 240 }, async (t) => {
  const nodes = await nodeNames(t);
  await makeSet(t);
  await covers(t, nodes);
  const [pod] = await podsOf(t);
  await t.client.patch(Pod, pod!.metadata.name, { type: 'merge', body: { status: { phase: 'Failed' } } }, { ...at(t), subresource: 'status' });
  await t.eventually('the failed pod is gone or new', async () => !(await podsOf(t)).some(({ metadata }) => metadata.uid === pod!.metadata.uid), { seconds: 60 });
  t.must('a failed daemon is replaced', await covers(t, nodes));
});

const rolling = test(codename('update pod when spec was updated and update strategy is RollingUpdate'), { musts: ['every daemon gets the new template'], timeoutSeconds: 300 }, async (t) => {
  const nodes = await nodeNames(t);
  await makeSet(t, { spec: { updateStrategy: { type: 'RollingUpdate' } } });
  await covers(t, nodes);
  await setVersion(t, '2');
  await t.eventually('every daemon is new', async () => {
    const pods = await podsOf(t);
    return pods.length === nodes.length && pods.every((pod) => versionOf(pod) === '2' && isReady(pod));
  }, { seconds: 200 });
  const { items } = await t.client.list(ControllerRevision, { ...at(t), labelSelector: `daemonset-name=${NAME}` });
  t.must('every daemon gets the new template', items.length === 2, `${items.length} revisions`);
});

const rollback = test(codename('rollback without unnecessary restarts'), { musts: ['a roll-back leaves daemons of that template alone'], timeoutSeconds: 300 }, async (t) => {
  const nodes = await nodeNames(t);
  await makeSet(t, { spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } } } });
  await covers(t, nodes);
  const before = await podsOf(t);
  await t.client.patch(DaemonSet, NAME, { type: 'strategic', body: { spec: { template: { spec: { containers: [{ name: 'main', image: 'foo:non-existent' }] } } } } }, at(t));
  await t.eventually('the roll-out has begun', async () => (await podsOf(t)).some(({ spec }) => spec.containers[0]!.image === 'foo:non-existent'), { seconds: 90 });
  const untouched = (await podsOf(t)).filter(({ spec }) => spec.containers[0]!.image === t.shared.image).map(({ metadata }) => metadata.uid);
  await t.client.patch(DaemonSet, NAME, { type: 'strategic', body: { spec: { template: { spec: { containers: [{ name: 'main', image: t.shared.image }] } } } } }, at(t));
  await covers(t, nodes);
  const after = await podsOf(t);
  const kept = untouched.every((uid) => after.some(({ metadata, status }) => metadata.uid === uid && status.containerStatuses?.[0]?.restartCount === 0));
  t.must('a roll-back leaves daemons of that template alone', kept && after.length === before.length);
});

export const daemonSets: readonly TestCase[] = [simple, complex, failed, rolling, rollback];
