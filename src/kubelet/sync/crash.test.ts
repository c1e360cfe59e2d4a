/** The kubelet killed, or the pod deleted, around each call of the runtime. */
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Pod } from '../../kinds/core/pod.ts';
import { IMAGE, startTestNode } from '../testing/node.ts';
import type { TestNode } from '../testing/node.ts';

const inDefault = { namespace: 'default' };
const main = (name: string, more: object = {}) => ({ name, image: IMAGE, ...more });
/** One of each: a container that runs once, a sidecar, a main container with hooks. */
const SPEC = {
  initContainers: [main('once'), main('side', { restartPolicy: 'Always' })],
  containers: [main('a', { lifecycle: { postStart: { exec: { command: ['hello'] } }, preStop: { exec: { command: ['bye'] } } } })],
};
const isReady = ({ status: { conditions = [] } }: Pod) => conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True');

/** What runs once ends at once. */
const startNode = () => {
  let node: TestNode | undefined;
  return startTestNode({ onStart: ({ id, metadata }) => metadata?.name === 'once' && queueMicrotask(() => node?.cri.exit(id, 0)) }).then((started) => (node = started));
};

/** Calls `hit` once, around the `at`-th call from now. @returns how many calls there were in the end */
function around(node: TestNode, at: number, when: 'before' | 'after', hit: (call: string) => Promise<void> | void) {
  let calls = 0;
  node.onCall = (call, moment) => {
    if (moment === 'before') calls++;
    return calls === at && moment === when ? hit(call) : undefined;
  };
  return () => calls;
}

/** Nothing of any pod is left in the runtime or on disk. */
async function expectNothingLeft(node: TestNode, why: string): Promise<void> {
  await node.until(`nothing left: ${why}`, async () => (await node.cri.listPodSandboxes()).length === 0 && (await node.cri.listContainers()).length === 0);
  await node.until(`no files left: ${why}`, async () => (await readdir(join(node.rootDir, 'pods'))).length === 0 && (await readdir(join(node.rootDir, 'logs', 'pods'))).length === 0);
  await node.until(`no links left: ${why}`, async () => (await readdir(join(node.rootDir, 'logs', 'containers'))).length === 0);
}

const moments = (most: number, when: 'before' | 'after') => Array.from({ length: most }, (_, index) => [index + 1, when] as const);

test.each(moments(8, 'after'))('a pod whose kubelet is killed at call %i of its start, %s it, starts all the same and counts no restart', async (at, when) => {
  await using node = await startNode();
  let struck = '';
  around(node, at, when, (call) => {
    struck = call;
    return new Promise(() => {}); // what the kubelet was about to do, it does no more
  });
  await node.run('web', SPEC);
  await node.until('the moment', () => struck !== '');
  await node.crash();
  const pod = await node.untilPod('web', isReady);
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status;
  expect([...initContainerStatuses, ...containerStatuses].map(({ name, restartCount }) => `${name} ${restartCount}`), struck).toEqual(['once 0', 'side 0', 'a 0']);
  expect((await node.cri.listPodSandboxes()).length).toBe(1);
  expect((await node.cri.listContainers()).map(({ metadata }) => metadata?.name).toSorted()).toEqual(['a', 'once', 'side']);
});

test.each([
  'failed to create containerd task: failed to create shim task: context canceled: unknown',
  'failed to create containerd task: failed to start shim: start failed: : signal: killed: unknown',
])('a pod that restarts nothing, whose kubelet is killed while the runtime starts its container, runs it all the same: %s', async (message) => {
  await using node = await startNode();
  let cut = false;
  node.onCall = (call, when) => {
    if (call !== 'startContainer' || when !== 'before' || cut) return undefined;
    cut = true;
    node.cri.cutStart(node.cri.find('a')!.id, message);
    return new Promise(() => {});
  };
  await node.run('job', { restartPolicy: 'Never', containers: [main('a')] });
  await node.until('the moment', () => cut);
  await node.crash();
  const pod = await node.untilPod('job', isReady);
  expect(pod.status.containerStatuses![0]).toMatchObject({ restartCount: 0, lastState: {}, started: true });
  expect(await node.cri.listContainers()).toHaveLength(1);
});

test('the moments above are all there are', async () => {
  await using node = await startNode();
  const calls = around(node, 0, 'before', () => {});
  await node.run('web', SPEC);
  await node.untilPod('web', isReady);
  expect(calls()).toBe(8);
});

test.each(moments(8, 'before'))('a pod whose kubelet is killed at call %i of its end, %s it, ends all the same', async (at, when) => {
  await using node = await startNode();
  await node.run('web', SPEC);
  await node.untilPod('web', isReady);
  let struck = '';
  around(node, at, when, (call) => {
    struck = call;
    return new Promise(() => {});
  });
  await node.client.delete(Pod, 'web', inDefault);
  await node.until('the moment', () => struck !== '');
  node.onCall = () => {};
  await node.crash();
  await node.until('gone', async () => !(await node.pod('web')));
  await expectNothingLeft(node, `${when} ${struck}`);
});

test.each(moments(8, 'after'))('a pod deleted at call %i of its start, %s it, leaves nothing', async (at, when) => {
  await using node = await startNode();
  let struck = '';
  around(node, at, when, async (call) => {
    struck = call;
    await node.client.delete(Pod, 'web', inDefault);
  });
  await node.run('web', SPEC);
  await node.until('the moment', () => struck !== '');
  await node.until('gone', async () => !(await node.pod('web')));
  await expectNothingLeft(node, `${when} ${struck}`);
});

test.each(moments(8, 'before'))('a pod deleted by force at call %i of its start, %s it, leaves nothing', async (at, when) => {
  await using node = await startNode();
  let struck = '';
  around(node, at, when, async (call) => {
    struck = call;
    await node.client.delete(Pod, 'web', { ...inDefault, gracePeriodSeconds: 0 });
  });
  await node.run('web', SPEC);
  await node.until('the moment', () => struck !== '');
  await expectNothingLeft(node, `${when} ${struck}`);
});

test('a kubelet that is killed while a container backs off goes on counting', async () => {
  await using node = await startNode();
  await node.run('crash', { containers: [main('a')] });
  const status = (pod: Pod) => pod.status.containerStatuses?.[0];
  for (let round = 0; round < 3; round++) {
    await node.untilPod('crash', (pod) => status(pod)?.state.running && status(pod)!.restartCount === round);
    node.cri.exit(node.cri.find('a')!.id, 1);
  }
  await node.untilPod('crash', (pod) => status(pod)?.state.waiting?.reason === 'CrashLoopBackOff');
  await node.crash();
  const pod = await node.untilPod('crash', (found) => status(found)?.state.running);
  expect(status(pod)!.restartCount).toBe(3);
});

test('clocks that jump restart nothing and delay nothing', async () => {
  await using node = await startNode();
  await node.run('web', SPEC);
  const before = await node.untilPod('web', isReady);
  for (const by of [3_600_000, -7_200_000, 3_600_000]) {
    node.jump(by);
    await node.clock.advance(30_000);
  }
  const after = (await node.pod('web'))!;
  expect([isReady(after), after.status.containerStatuses![0]!.containerID, after.status.containerStatuses![0]!.restartCount]).toEqual([true, before.status.containerStatuses![0]!.containerID, 0]);

  node.jump(-3_600_000);
  node.cri.exit(node.cri.find('a')!.id, 1);
  const again = await node.untilPod('web', (pod) => isReady(pod) && pod.status.containerStatuses![0]!.restartCount === 1);
  expect(again.status.containerStatuses![0]!.lastState.terminated!.exitCode).toBe(1);
  node.cri.exit(node.cri.find('a')!.id, 1);
  const from = node.clock.now();
  await node.untilPod('web', (pod) => isReady(pod) && pod.status.containerStatuses![0]!.restartCount === 2);
  // Far from the hour the clock lost; how far the clock is moved while files are written depends on the machine.
  expect(node.clock.now() - from).toBeLessThan(1_200_000);
  await expect(access(join(node.rootDir, 'pods', after.metadata.uid))).resolves.toBeUndefined();
});
