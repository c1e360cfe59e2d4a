import { Deployment } from '../../../src/kinds/apps/deployment.ts';
import { ReplicaSet } from '../../../src/kinds/apps/replica-set.ts';
import type { Pod } from '../../../src/kinds/core/pod.ts';
import { test, type TestCase } from '../framework/test-case.ts';
import { watchEvents } from '../framework/watching.ts';
import { at, changeTemplate, deploy, rolledOut, setsOf, template } from './workloads.ts';

const revisionOf = ({ metadata }: { metadata: { annotations?: Readonly<Record<string, string>> } }) => metadata.annotations?.['deployment.kubernetes.io/revision'];

const rolling = test('[sig-apps] Deployment RollingUpdateDeployment should delete old pods and create new ones [Conformance]', { musts: ['the new template takes over an existing set'] }, async (t) => {
  const name = 'test-rolling-update-deployment';
  const labels = { name };
  await t.client.create(ReplicaSet, { metadata: { name: `${name}-controller`, labels }, spec: { replicas: 1, selector: { matchLabels: labels }, template: template(t, labels, 'sleep 3000') } }, at(t));
  await t.eventually('the first pod runs', async () => (await t.pods.list(`name=${name}`)).some(({ status }) => status.phase === 'Running'), { seconds: 90 });
  await deploy(t, { name, replicas: 1, spec: { strategy: { type: 'RollingUpdate' } } });
  const deployment = await rolledOut(t, name);
  const [adopted, made] = [(await setsOf(t, name)).find(({ metadata }) => metadata.name.endsWith('-controller')), (await setsOf(t, name)).find(({ metadata }) => !metadata.name.endsWith('-controller'))];
  const owned = adopted?.metadata.ownerReferences?.[0]?.uid === deployment.metadata.uid && adopted.spec.replicas === 0;
  t.must('the new template takes over an existing set', owned && made?.status.readyReplicas === 1, JSON.stringify(adopted?.spec.replicas));
});

const recreate = test('[sig-apps] Deployment RecreateDeployment should delete old pods and create new ones [Conformance]', { musts: ['no new pod runs beside an old one'] }, async (t) => {
  const name = 'test-recreate-deployment';
  await deploy(t, { name, replicas: 1, spec: { strategy: { type: 'Recreate' } } });
  await rolledOut(t, name);
  const old = new Set((await t.pods.list(`name=${name}`)).map(({ metadata }) => metadata.uid));
  await changeTemplate(t, name, '2');
  const isOld = ({ metadata }: Pod) => old.has(metadata.uid);
  let beside = false;
  await t.eventually('the new pod runs', async () => {
    const pods = await t.pods.list(`name=${name}`);
    const running = pods.filter(({ status }) => status.phase === 'Running');
    beside ||= running.some(isOld) && running.some((pod) => !isOld(pod));
    return running.length === 1 && !isOld(running[0]!);
  }, { seconds: 120, everySeconds: 0.1 });
  t.must('no new pod runs beside an old one', !beside);
});

const history = test('[sig-apps] Deployment deployment should delete old replica sets [Conformance]', { musts: ['sets beyond revisionHistoryLimit go'] }, async (t) => {
  const name = 'test-cleanup-deployment';
  await deploy(t, { name, replicas: 1, spec: { revisionHistoryLimit: 0 } });
  await rolledOut(t, name);
  await changeTemplate(t, name, '2');
  await rolledOut(t, name);
  t.must('sets beyond revisionHistoryLimit go', await t.eventually('one set is left', async () => (await setsOf(t, name)).length === 1));
});

const rollover = test('[sig-apps] Deployment deployment should support rollover [Conformance]', { musts: ['a change during a roll-out replaces it'], timeoutSeconds: 300 }, async (t) => {
  const name = 'test-rollover-deployment';
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } };
  await deploy(t, { name, replicas: 1, spec: { strategy, minReadySeconds: 5 } });
  await t.eventually('the first set is there', async () => (await setsOf(t, name)).length === 1);
  const body = { spec: { template: { spec: { containers: [{ name: 'main', image: 'knarr.local/there-is-no-such-image:1' }] } } } };
  await t.client.patch(Deployment, name, { type: 'strategic', body }, at(t));
  await t.eventually('the second set is there', async () => (await setsOf(t, name)).length === 2);
  const mended = { spec: { template: { spec: { containers: [{ name: 'main', image: t.shared.image, env: [{ name: 'REVISION', value: '3' }] }] } } } };
  await t.client.patch(Deployment, name, { type: 'strategic', body: mended }, at(t));
  await rolledOut(t, name, 180);
  const sets = await setsOf(t, name);
  t.must('a change during a roll-out replaces it', sets.filter(({ spec }) => (spec.replicas ?? 0) > 0).length === 1);
});

const proportional = test('[sig-apps] Deployment deployment should support proportional scaling [Conformance]', { musts: ['each set grows by its share'], timeoutSeconds: 300 }, async (t) => {
  const name = 'webserver-deployment';
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2, maxSurge: 3 } };
  await deploy(t, { name, replicas: 10, spec: { strategy } });
  await rolledOut(t, name);
  const body = { spec: { template: { spec: { containers: [{ name: 'main', image: 'knarr.local/there-is-no-such-image:1' }] } } } };
  await t.client.patch(Deployment, name, { type: 'strategic', body }, at(t));
  const sizes = async () => (await setsOf(t, name)).toSorted((a, b) => Number(revisionOf(a)) - Number(revisionOf(b))).map(({ spec }) => spec.replicas ?? 0);
  await t.eventually('the roll-out stands at 8 and 5', async () => String(await sizes()) === '8,5', { seconds: 90 });
  await t.client.patch(Deployment, name, { type: 'merge', body: { spec: { replicas: 30 } } }, at(t));
  await t.eventually('the sets stand at 20 and 13', async () => String(await sizes()) === '20,13', { seconds: 60 });
  t.must('each set grows by its share', true);
});

const LIFE = ['it has its replicas', 'a patch is taken', 'scaling is taken', 'the status is read and patched', 'it is deleted'];
const lifecycle = test('[sig-apps] Deployment should run the lifecycle of a Deployment [Conformance]', { musts: LIFE, timeoutSeconds: 300 }, async (t) => {
  const name = 'test-deployment';
  await using events = watchEvents(t, Deployment, `name=${name}`);
  await deploy(t, { name, replicas: 2 });
  await events.until('ADDED', () => true);
  t.must(LIFE[0]!, (await rolledOut(t, name)).status.readyReplicas === 2);
  const patched = await t.client.patch(Deployment, name, { type: 'strategic', body: { metadata: { labels: { 'test-deployment': 'patched' } }, spec: { replicas: 1 } } }, at(t));
  t.must(LIFE[1]!, patched.metadata.labels?.['test-deployment'] === 'patched');
  await rolledOut(t, name);
  await t.client.patch(Deployment, name, { type: 'merge', body: { spec: { replicas: 2 } } }, { ...at(t), subresource: 'scale' });
  t.must(LIFE[2]!, (await rolledOut(t, name)).spec.replicas === 2);
  const condition = { type: 'Progressing', status: 'True', reason: 'E2E', message: 'set by a test' };
  const { status } = await t.client.patch(Deployment, name, { type: 'strategic', body: { status: { conditions: [condition] } } }, { ...at(t), subresource: 'status' });
  t.must(LIFE[3]!, status.conditions?.some(({ message }) => message === condition.message) ?? false);
  await t.client.delete(Deployment, name, at(t));
  await events.until('DELETED', () => true);
  t.must(LIFE[4]!, true);
});

export const deployments: readonly TestCase[] = [rolling, recreate, history, rollover, proportional, lifecycle];
