import { expect, test } from 'vitest';
import type { Pod } from '../../kinds/core/pod.ts';
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
