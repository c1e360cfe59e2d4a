import type { Pod } from '../../../src/kinds/core/pod.ts';
import type { Container } from '../../../src/kinds/core/container.ts';
import type { DeepPartial } from '../../../src/meta/object.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';

const NODE = '[NodeConformance] [Conformance]';
const MESSAGE = '[k8s.io] Container Runtime blackbox test on terminated container should report termination message [LinuxOnly]';

const terminatedMessage = (pod: Pod): string => pod.status.containerStatuses?.[0]?.state?.terminated?.message ?? '';

function terminationMessage(suffix: string, { sh, expected, container, runAsUser, must }: {
  sh: string; expected: string; container: DeepPartial<Container>; runAsUser?: number; must: string;
}): TestCase {
  return test(`${MESSAGE} ${suffix} ${NODE}`, { musts: [must] }, async (t) => {
    const { metadata } = await t.pods.create({ sh, container, spec: { ...(runAsUser !== undefined && { securityContext: { runAsUser } }) } });
    const pod = await t.pods.untilEnded(metadata.name);
    t.must(must, terminatedMessage(pod).trim() === expected, `"${terminatedMessage(pod)}"`);
  });
}

const FALLBACK = { terminationMessagePolicy: 'FallbackToLogsOnError' };

const exits: readonly { policy: string; code: number; restarts: (count: number) => boolean; phase: string }[] = [
  { policy: 'Always', code: 0, restarts: (count) => count >= 1, phase: 'Running' },
  { policy: 'OnFailure', code: 1, restarts: (count) => count >= 1, phase: 'Running' },
  { policy: 'OnFailure', code: 0, restarts: (count) => count === 0, phase: 'Succeeded' },
  { policy: 'Never', code: 1, restarts: (count) => count === 0, phase: 'Failed' },
];
const STATUS = [
  'Always: the pod is restarted', 'OnFailure: it is restarted after a failure alone', 'Never: it is not restarted', 'restart counts are as they should be',
];

async function restartCount(t: Context, policy: string, code: number, done: (pod: Pod) => boolean): Promise<Pod> {
  const { metadata } = await t.pods.create({ sh: `sleep 1; exit ${code}`, spec: { restartPolicy: policy } });
  return t.pods.until(metadata.name, `has done what ${policy} and ${code} ask`, done, { seconds: 90 });
}

const restartsOf = (pod: Pod): number => pod.status.containerStatuses?.[0]?.restartCount ?? 0;

const expectedStatus = test(`[k8s.io] Container Runtime blackbox test when starting a container that exits should run with the expected status ${NODE}`,
  { musts: STATUS }, async (t) => {
    const pods = await Promise.all(exits.map(({ policy, code, restarts, phase }) =>
      restartCount(t, policy, code, (pod) => restarts(restartsOf(pod)) && (phase === 'Running' || pod.status.phase === phase))));
    const [always, failed, succeeded, never] = pods.map(restartsOf);
    t.must(STATUS[0]!, always! >= 1);
    t.must(STATUS[1]!, failed! >= 1 && succeeded === 0);
    t.must(STATUS[2]!, never === 0);
    t.must(STATUS[3]!, pods.every((pod, i) => exits[i]!.restarts(restartsOf(pod))));
  });

export const containerRuntime: readonly TestCase[] = [
  expectedStatus,
  terminationMessage('as empty when pod succeeds and TerminationMessagePolicy FallbackToLogsOnError is set', {
    sh: 'echo DONE', expected: '', container: FALLBACK, must: 'a success leaves no message',
  }),
  terminationMessage('from file when pod succeeds and TerminationMessagePolicy FallbackToLogsOnError is set', {
    sh: 'printf OK > /dev/termination-log; echo DONE', expected: 'OK', container: FALLBACK, must: 'the message is what the file says',
  }),
  terminationMessage('from log output if TerminationMessagePolicy FallbackToLogsOnError is set', {
    sh: 'echo DONE; exit 1', expected: 'DONE', container: FALLBACK, must: 'the message is the end of the log',
  }),
  terminationMessage('if TerminationMessagePath is set as non-root user and at a non-default path', {
    sh: 'printf DONE > /dev/termination-custom-log', expected: 'DONE', runAsUser: 1000,
    container: { terminationMessagePath: '/dev/termination-custom-log' }, must: 'the message is what the file at that path says',
  }),
];
