import { Node } from '../../../src/kinds/core/node.ts';
import { Pod } from '../../../src/kinds/core/pod.ts';
import { amountOf, podRequests } from '../../../src/rules/pod-resources.ts';
import { isReady, isTerminalPhase } from '../../../src/rules/pod-conditions.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';

const PREDICATES = '[sig-scheduling] SchedulerPredicates [Serial] validates';

/** Nodes a plain pod could go to. */
export async function schedulableNodes(t: Context): Promise<readonly Node[]> {
  const { items } = await t.client.list(Node);
  return items.filter((node) => isReady(node) && !node.spec.unschedulable && !node.spec.taints?.some(({ effect }) => effect !== 'PreferNoSchedule'));
}

export const isUnschedulable = ({ status }: Pod): boolean =>
  status.conditions?.some(({ type, status: is, reason }) => type === 'PodScheduled' && is === 'False' && reason === 'Unschedulable') ?? false;
const isPlaced = ({ spec }: Pod): boolean => Boolean(spec.nodeName);

export async function label(t: Context, node: string, labels: Readonly<Record<string, string | null>>): Promise<void> {
  await t.client.patch(Node, node, { type: 'merge', body: { metadata: { labels } } });
}

async function freeCpu(t: Context, node: Node): Promise<number> {
  const { items } = await t.client.list(Pod, { fieldSelector: `spec.nodeName=${node.metadata.name}` });
  const used = items.filter(({ status }) => !isTerminalPhase(status.phase)).reduce((sum, pod) => sum + (podRequests(pod).get('cpu') ?? 0), 0);
  return amountOf('cpu', node.status.allocatable!.cpu!) - used;
}

/** Whether no pod of the cluster is on its way to a node or off one: what earlier tests used would come free meanwhile. */
export async function isStable(t: Context): Promise<boolean> {
  const { items } = await t.client.list(Pod);
  return items.every((pod) => isTerminalPhase(pod.status.phase) || (isPlaced(pod) && pod.metadata.deletionTimestamp === undefined));
}

const limits = test(`${PREDICATES} resource limits of pods that are allowed to run  [Conformance]`, { musts: ['what exceeds the nodes is not scheduled'] }, async (t) => {
  await t.eventually('the cluster is stable', () => isStable(t), { seconds: 60 });
  const nodes = await schedulableNodes(t);
  for (const node of nodes) {
    const free = await freeCpu(t, node);
    const cpu = `${Math.floor(free * 0.7)}m`;
    const { metadata } = await t.pods.create({
      container: { resources: { requests: { cpu } } }, spec: { nodeSelector: { 'kubernetes.io/hostname': node.metadata.labels!['kubernetes.io/hostname']! } },
    });
    await t.pods.until(metadata.name, 'is placed', isPlaced);
  }
  const largest = Math.max(...await Promise.all(nodes.map((node) => freeCpu(t, node))));
  const { metadata } = await t.pods.create({ container: { resources: { requests: { cpu: `${largest + 100}m` } } } });
  const pod = await t.pods.until(metadata.name, 'is unschedulable', isUnschedulable);
  t.must('what exceeds the nodes is not scheduled', !isPlaced(pod));
});

const matching = test(`${PREDICATES} that NodeSelector is respected if matching  [Conformance]`, { musts: ['the pod goes to the labelled node'] }, async (t) => {
  const [node] = await schedulableNodes(t);
  const { name } = node!.metadata;
  const key = `kubernetes.io/e2e-${t.name('label')}`;
  t.defer(() => label(t, name, { [key]: null }));
  await label(t, name, { [key]: '42' });
  const pod = await t.pods.running({ spec: { nodeSelector: { [key]: '42' } } });
  t.must('the pod goes to the labelled node', pod.spec.nodeName === name);
});

const notMatching = test(`${PREDICATES} that NodeSelector is respected if not matching  [Conformance]`, { musts: ['the pod is not scheduled'] }, async (t) => {
  const { metadata } = await t.pods.create({ spec: { nodeSelector: { label: 'nonempty' } } });
  await t.pods.until(metadata.name, 'is unschedulable', isUnschedulable);
  t.must('the pod is not scheduled', await t.consistently(async () => !isPlaced(await t.pods.get(metadata.name)), 5));
});

const onNode = (node: string, port: { hostPort: number; hostIP?: string; protocol?: string }) => ({
  container: { ports: [{ containerPort: 8080, ...port }] }, spec: { nodeSelector: { 'kubernetes.io/hostname': node } },
});

const noConflict = test(`${PREDICATES} that there is no conflict between pods with same hostPort but different hostIP and protocol [Conformance]`,
  { musts: ['all of them are scheduled to the one node'] }, async (t) => {
    const [node] = await schedulableNodes(t);
    const name = node!.metadata.labels!['kubernetes.io/hostname']!;
    const address = node!.status.addresses!.find(({ type }) => type === 'InternalIP')!.address;
    const ports = [{ hostPort: 54321, hostIP: '127.0.0.1' }, { hostPort: 54321, hostIP: address }, { hostPort: 54321, hostIP: address, protocol: 'UDP' }];
    for (const port of ports) {
      const { metadata } = await t.pods.create(onNode(name, port));
      await t.pods.until(metadata.name, 'is placed', isPlaced);
    }
    t.must('all of them are scheduled to the one node', true);
  });

const conflict = test(`${PREDICATES} that there exists conflict between pods with same hostPort and protocol but one using 0.0.0.0 hostIP [Conformance]`,
  { musts: ['the second is not scheduled to that node'] }, async (t) => {
    const [node] = await schedulableNodes(t);
    const name = node!.metadata.labels!['kubernetes.io/hostname']!;
    const first = await t.pods.create(onNode(name, { hostPort: 54322, hostIP: '0.0.0.0' }));
    await t.pods.until(first.metadata.name, 'is placed', isPlaced);
    const second = await t.pods.create(onNode(name, { hostPort: 54322, hostIP: '127.0.0.1' }));
    await t.pods.until(second.metadata.name, 'is unschedulable', isUnschedulable);
    t.must('the second is not scheduled to that node', await t.consistently(async () => !isPlaced(await t.pods.get(second.metadata.name)), 5));
  });

export const predicates: readonly TestCase[] = [limits, matching, notMatching, noConflict, conflict];
