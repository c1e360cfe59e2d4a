import type { Pod } from '../../../src/kinds/core/pod.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';

const INIT = '[k8s.io] InitContainer [NodeConformance] should';
const twoInits = (t: Context, first: string, second: string) => [t.pods.container('init1', first), t.pods.container('init2', second)];
const initialized = (pod: Pod): string | undefined => pod.status.conditions?.find(({ type }) => type === 'Initialized')?.status;
const allInitsSucceeded = (pod: Pod): boolean =>
  pod.status.initContainerStatuses?.length === 2 && pod.status.initContainerStatuses.every(({ state }) => state?.terminated?.exitCode === 0);

const always = test(`${INIT} invoke init containers on a RestartAlways pod [Conformance]`, { musts: ['all init containers ran, then the container runs'] }, async (t) => {
  const pod = await t.pods.running({ spec: { restartPolicy: 'Always', initContainers: twoInits(t, 'true', 'true'), containers: [t.pods.container('run1', 'sleep 3600')] } });
  t.must('all init containers ran, then the container runs', allInitsSucceeded(pod) && initialized(pod) === 'True', JSON.stringify(pod.status));
});

const never = test(`${INIT} invoke init containers on a RestartNever pod [Conformance]`, { musts: ['all containers end well and none is restarted'] }, async (t) => {
  const { metadata } = await t.pods.create({ spec: { restartPolicy: 'Never', initContainers: twoInits(t, 'true', 'true'), containers: [t.pods.container('run1', 'true')] } });
  const pod = await t.pods.untilEnded(metadata.name);
  const ended = pod.status.phase === 'Succeeded' && allInitsSucceeded(pod) && pod.status.containerStatuses?.[0]?.restartCount === 0;
  t.must('all containers end well and none is restarted', ended, JSON.stringify(pod.status));
});

const failsOnce = test(`${INIT} not start app containers and fail the pod if init containers fail on a RestartNever pod [Conformance]`,
  { musts: ['the pod fails and its container never starts'] }, async (t) => {
    const { metadata } = await t.pods.create({ spec: { restartPolicy: 'Never', initContainers: twoInits(t, 'true', 'false'), containers: [t.pods.container('run1', 'true')] } });
    const { status } = await t.pods.untilEnded(metadata.name);
    t.must('the pod fails and its container never starts', status.phase === 'Failed' && status.containerStatuses?.[0]?.state?.waiting?.reason === 'PodInitializing', JSON.stringify(status));
  });

const failsAgain = test(`${INIT} not start app containers if init containers fail on a RestartAlways pod [Conformance]`,
  { musts: ['the failing init container is restarted and the container never starts'] }, async (t) => {
    const { metadata } = await t.pods.create({ spec: { restartPolicy: 'Always', initContainers: twoInits(t, 'false', 'true'), containers: [t.pods.container('run1', 'sleep 3600')] } });
    const pod = await t.pods.until(metadata.name, 'has failed to initialize three times', ({ status }) =>
      (status.initContainerStatuses?.[0]?.restartCount ?? 0) >= 3, { seconds: 150 });
    const waits = pod.status.phase === 'Pending' && initialized(pod) === 'False' && pod.status.containerStatuses?.[0]?.state?.waiting !== undefined;
    t.must('the failing init container is restarted and the container never starts', waits, JSON.stringify(pod.status));
  });

export const initContainers: readonly TestCase[] = [always, never, failsOnce, failsAgain];
