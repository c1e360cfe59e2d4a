import { Pod } from '../../../src/kinds/core/pod.ts';
import { Service } from '../../../src/kinds/core/service.ts';
import { collect, openSocket } from '../framework/exec.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';
import { watchEvents } from '../framework/watching.ts';

const NODE = '[NodeConformance] [Conformance]';
const at = (t: Context) => ({ namespace: t.namespace, signal: t.signal });
const labelled = (t: Context) => {
  const value = t.name('unique');
  return { labels: { time: value }, selector: `time=${value}` };
};

const activeDeadline = test(`[k8s.io] Pods should allow activeDeadlineSeconds to be updated ${NODE}`,
  { musts: ['a selector finds the pod', 'the pod ends when its time is over'] }, async (t) => {
    const { labels, selector } = labelled(t);
    const { metadata } = await t.pods.running({ labels });
    t.must('a selector finds the pod', (await t.pods.list(selector)).length === 1);
    await t.client.patch(Pod, metadata.name, { type: 'merge', body: { spec: { activeDeadlineSeconds: 5 } } }, at(t));
    const ended = await t.pods.untilEnded(metadata.name);
    t.must('the pod ends when its time is over', ended.status.phase === 'Failed' && ended.status.reason === 'DeadlineExceeded', JSON.stringify(ended.status));
  });

const submittedAndRemoved = test(`[k8s.io] Pods should be submitted and removed ${NODE}`,
  { musts: ['a selector finds the pod once it is made', 'a watch sees it deleted', 'afterwards the selector finds nothing'] }, async (t) => {
    const { labels, selector } = labelled(t);
    await using events = watchEvents(t, Pod, selector);
    const { metadata } = await t.pods.create({ labels });
    t.must('a selector finds the pod once it is made', (await t.pods.list(selector)).length === 1);
    await events.until('ADDED', ({ metadata: { name } }) => name === metadata.name);
    await t.pods.untilRunning(metadata.name);
    await t.pods.delete(metadata.name, 30);
    await events.until('MODIFIED', (pod) => pod.metadata.deletionTimestamp !== undefined);
    t.must('a watch sees it deleted', (await events.until('DELETED', ({ metadata: { name } }) => name === metadata.name)) !== undefined);
    t.must('afterwards the selector finds nothing', (await t.pods.list(selector)).length === 0);
  });

const updated = test(`[k8s.io] Pods should be updated ${NODE}`,
  { musts: ['a selector finds the pod', 'a selector finds it by the new value'] }, async (t) => {
    const { labels, selector } = labelled(t);
    const { metadata } = await t.pods.running({ labels });
    t.must('a selector finds the pod', (await t.pods.list(selector)).length === 1);
    const value = t.name('changed');
    await t.eventually('the update is taken', async () => {
      const pod = await t.pods.get(metadata.name);
      return t.client.update(Pod, { ...pod, metadata: { ...pod.metadata, labels: { time: value } } }, at(t));
    });
    t.must('a selector finds it by the new value', (await t.pods.list(`time=${value}`)).length === 1);
  });

const serviceVariables = test(`[k8s.io] Pods should contain environment variables for services ${NODE}`,
  { musts: ['a later pod has variables of the service', 'each of the seven has its proper value'] }, async (t) => {
    const server = await t.pods.ready({ labels: { app: 'server' } });
    const service = await t.client.create(Service, {
      metadata: { name: 'fooservice', namespace: t.namespace },
      spec: { selector: { app: 'server' }, ports: [{ port: 8765, targetPort: 8080 }] },
    }, at(t));
    t.must('a later pod has variables of the service', server.status.podIP !== undefined);
    // A kubelet's view of Services may be a moment behind.
    await t.sleep(2);
    const log = await t.pods.output({ sh: 'env | sort' });
    const ip = service.spec.clusterIP;
    const wanted = [
      `FOOSERVICE_SERVICE_HOST=${ip}`, 'FOOSERVICE_SERVICE_PORT=8765', `FOOSERVICE_PORT=tcp://${ip}:8765`, 'FOOSERVICE_PORT_8765_TCP_PORT=8765',
      'FOOSERVICE_PORT_8765_TCP_PROTO=tcp', `FOOSERVICE_PORT_8765_TCP=tcp://${ip}:8765`, `FOOSERVICE_PORT_8765_TCP_ADDR=${ip}`,
    ];
    const lines = new Set(log.split('\n'));
    t.must('each of the seven has its proper value', wanted.every((line) => lines.has(line)), wanted.filter((line) => !lines.has(line)).join(', '));
  });

const collection = test('[k8s.io] Pods should delete a collection of pods [Conformance]',
  { musts: ['all are listed by their label', 'after deletion none is'] }, async (t) => {
    const labels = { type: 'Testing' };
    await Promise.all([1, 2, 3].map((i) => t.pods.create({ name: `test-pod-${i}`, labels })));
    t.must('all are listed by their label', (await t.pods.list('type=Testing')).length === 3);
    await t.client.deleteCollection(Pod, { ...at(t), labelSelector: 'type=Testing' }, { gracePeriodSeconds: 0 });
    t.must('after deletion none is', await t.eventually('no pod is left', async () => (await t.pods.list('type=Testing')).length === 0));
  });

const hostIp = test(`[k8s.io] Pods should get a host IP ${NODE}`, { musts: ['the status has a valid address'] }, async (t) => {
  const { metadata } = await t.pods.create({});
  const { status } = await t.pods.until(metadata.name, 'has a host IP', (pod) => Boolean(pod.status.hostIP));
  t.must('the status has a valid address', /^(\d+\.){3}\d+$|:/.test(status.hostIP!), status.hostIP);
});

const LIFECYCLE = ['a pod is created', 'label and data are patched', 'the status is read and replaced', 'the pod is deleted'];
const lifecycle = test('[k8s.io] Pods should run through the lifecycle of Pods and PodStatus [Conformance]', { musts: LIFECYCLE }, async (t) => {
  await using events = watchEvents(t, Pod, 'test-pod-static=true');
  const { metadata } = await t.pods.create({ labels: { 'test-pod-static': 'true' }, spec: { terminationGracePeriodSeconds: 1 } });
  await events.until('ADDED', () => true);
  await t.pods.untilReady(metadata.name);
  t.must(LIFECYCLE[0]!, true);

  const body = { metadata: { labels: { 'test-pod': 'patched' } }, spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image: t.shared.image }] } };
  const patched = await t.client.patch(Pod, metadata.name, { type: 'strategic', body }, at(t));
  await events.until('MODIFIED', (pod) => pod.metadata.labels?.['test-pod'] === 'patched');
  t.must(LIFECYCLE[1]!, patched.metadata.labels?.['test-pod'] === 'patched');

  const type = 'knarr.local/checked';
  await t.eventually('the status is replaced', async () => {
    const pod = await t.pods.get(metadata.name);
    const conditions = [...(pod.status.conditions ?? []), { type, status: 'True' }];
    return t.client.updateStatus(Pod, { ...pod, status: { ...pod.status, conditions } }, at(t));
  });
  const { status } = await t.pods.get(metadata.name);
  t.must(LIFECYCLE[2]!, status.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false);

  await t.client.deleteCollection(Pod, { ...at(t), labelSelector: 'test-pod-static=true' });
  t.must(LIFECYCLE[3]!, (await events.until('DELETED', () => true)) !== undefined);
});

const execSocket = test(`[k8s.io] Pods should support remote command execution over websockets ${NODE}`,
  { musts: ['what the command writes arrives'] }, async (t) => {
    const { metadata } = await t.pods.running({});
    const query = new URLSearchParams({ stderr: '1', stdout: '1', container: 'main' });
    for (const word of ['echo', 'remote execution test']) query.append('command', word);
    const path = `/api/v1/namespaces/${t.namespace}/pods/${metadata.name}/exec?${query}`;
    const channels = await collect(openSocket(t.shared.access, path, ['channel.k8s.io']), t.signal);
    t.must('what the command writes arrives', channels.get(1) === 'remote execution test\n', JSON.stringify([...channels]));
  });

const logSocket = test(`[k8s.io] Pods should support retrieving logs from the container over websockets ${NODE}`,
  { musts: ['what the container wrote arrives'] }, async (t) => {
    const { metadata } = await t.pods.running({ sh: 'echo container is alive; sleep 600' });
    await t.eventually('the log has its line', async () => (await t.pods.log(metadata.name)) !== '');
    const socket = openSocket(t.shared.access, `/api/v1/namespaces/${t.namespace}/pods/${metadata.name}/log?container=main`, ['binary.k8s.io']);
    const text = await new Promise<string>((resolve, reject) => {
      let all = '';
      socket.on('message', (data) => (all += String(data)));
      socket.on('close', () => resolve(all));
      socket.on('error', reject);
    });
    t.must('what the container wrote arrives', text === 'container is alive\n', text);
  });

export const pods: readonly TestCase[] = [
  activeDeadline, submittedAndRemoved, updated, serviceVariables, collection, hostIp, lifecycle, execSocket, logSocket,
];
