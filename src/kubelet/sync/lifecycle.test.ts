import { expect, test } from 'vitest';
import { Pod } from '../../kinds/core/pod.ts';
import { IMAGE, startTestNode } from '../testing/node.ts';

const main = { name: 'a', image: IMAGE };
const isReady = ({ status: { conditions = [] } }: Pod) => conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True');
const condition = ({ status: { conditions = [] } }: Pod, wanted: string) => conditions.find(({ type }) => type === wanted);

test('all containers begin anew when one ends as a rule has it', async () => {
  await using node = await startTestNode();
  const rules = [{ action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [42] } }];
  await node.run('gang', {
    restartPolicy: 'Never', initContainers: [{ ...main, name: 'i' }],
    containers: [{ ...main, lifecycle: { preStop: { exec: { command: ['bye'] } } } }, { ...main, name: 'b', restartPolicy: 'Never', restartPolicyRules: rules }],
  });
  const ended = async () => node.cri.exit((await node.until('i', () => (node.cri.find('i')?.state === 'CONTAINER_RUNNING' ? node.cri.find('i') : undefined))).id, 0);
  await ended();
  const first = await node.untilPod('gang', isReady);
  expect(condition(first, 'AllContainersRestarting')).toMatchObject({ status: 'False' });
  const calls = node.cri.calls.length;
  node.cri.exit(node.cri.find('b')!.id, 42);
  await ended();
  const again = await node.untilPod('gang', (pod) => isReady(pod) && pod.status.containerStatuses!.every(({ restartCount }) => restartCount === 1));
  const gone = { exitCode: 137, reason: 'RestartingAllContainers', message: 'The container is removed because RestartAllContainers in place' };
  expect(again.status.containerStatuses).toMatchObject([{ lastState: { terminated: gone } }, { lastState: { terminated: gone } }]);
  expect(again.status.initContainerStatuses).toMatchObject([{ restartCount: 1, state: { terminated: { exitCode: 0 } } }]);
  // The pod's sandbox stays, no hook runs, and who caused it goes last.
  const since = node.cri.calls.slice(calls);
  expect(since.filter((call) => call.startsWith('removeContainer')).at(-1)).toBe('removeContainer b');
  expect(since.filter((call) => /^(execSync|runPodSandbox)/.test(call))).toEqual([]);

  node.cri.exit(node.cri.find('b')!.id, 1);
  node.cri.exit(node.cri.find('a')!.id, 0);
  const failed = await node.untilPod('gang', ({ status: { phase } }) => phase === 'Failed');
  expect(condition(failed, 'AllContainersRestarting')).toMatchObject({ status: 'False', reason: 'PodFailed' });
});

test('a pod waits for the runtime\'s network and says so; one on the host\'s network does not', async () => {
  await using node = await startTestNode();
  const ready = node.cri.conditions;
  node.cri.conditions = [{ type: 'RuntimeReady', status: true, reason: '', message: '' }, { type: 'NetworkReady', status: false, reason: 'NetworkPluginNotReady', message: 'cni plugin not initialized' }];
  await node.run('web', { containers: [main] });
  await node.run('host', { hostNetwork: true, containers: [{ ...main, name: 'h' }] });
  await node.untilPod('host', isReady);
  await node.until('the event', async () => (await node.events('web')).includes('NetworkNotReady: network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:cni plugin not initialized'));
  expect(node.cri.calls).not.toContain('runPodSandbox web');
  node.cri.conditions = ready;
  await node.untilPod('web', isReady);
});

test('containers start again as their own policies and rules have it, whatever their pod\'s', async () => {
  await using node = await startTestNode();
  const rules = [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }];
  await node.run('own', { restartPolicy: 'Never', containers: [main, { ...main, name: 'b', restartPolicy: 'Never', restartPolicyRules: rules }, { ...main, name: 'c', restartPolicy: 'OnFailure' }] });
  await node.untilPod('own', isReady);
  for (const [name, code] of [['b', 42], ['c', 1]] as const) node.cri.exit(node.cri.find(name)!.id, code);
  const again = await node.untilPod('own', (pod) => isReady(pod) && pod.status.containerStatuses!.filter(({ restartCount }) => restartCount === 1).length === 2);
  expect(again.status.containerStatuses!.map(({ name, restartCount }) => `${name} ${restartCount}`)).toEqual(['a 0', 'b 1', 'c 1']);
  for (const [name, code] of [['a', 0], ['b', 0], ['c', 0]] as const) node.cri.exit(node.cri.find(name)!.id, code);
  expect((await node.untilPod('own', ({ status: { phase } }) => phase === 'Succeeded' || phase === 'Failed')).status.phase).toBe('Succeeded');
});

test('sidecars outlive the main containers, and their end is not the pod\'s', async () => {
  await using node = await startTestNode();
  await node.run('job', { restartPolicy: 'Never', initContainers: [{ ...main, name: 's1', restartPolicy: 'Always' }, { ...main, name: 's2', restartPolicy: 'Always' }], containers: [main] });
  await node.untilPod('job', isReady);
  node.cri.exit(node.cri.find('s1')!.id, 1);
  await node.untilPod('job', (pod) => isReady(pod) && pod.status.initContainerStatuses![0]!.restartCount === 1);
  const calls = node.cri.calls.length;
  node.cri.exit(node.cri.find('a')!.id, 0);
  const done = await node.untilPod('job', ({ status: { phase } }) => phase === 'Succeeded');
  expect(node.cri.calls.slice(calls).filter((call) => call.startsWith('stopContainer'))).toEqual(['stopContainer s2', 'stopContainer s1']);
  expect(condition(done, 'Ready')).toMatchObject({ status: 'False', reason: 'PodCompleted' });
});

test('a changed generation shows in status and conditions once it has been acted upon', async () => {
  await using node = await startTestNode();
  await node.run('web', { containers: [main] });
  const before = await node.untilPod('web', isReady);
  expect([before.metadata.generation, before.status.observedGeneration]).toEqual([1, 1]);
  await node.client.patch(Pod, 'web', { type: 'strategic', body: { spec: { activeDeadlineSeconds: 3600 } } }, { namespace: 'default' });
  const after = await node.untilPod('web', ({ status }) => status.observedGeneration === 2);
  expect(after.status.conditions!.map(({ observedGeneration }) => observedGeneration)).toEqual(after.status.conditions!.map(() => 2));
});
