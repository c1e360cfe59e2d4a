/** What goes wrong around a pod: the reason it tells, that it is tried again, and that nothing is left of it. */
import { access, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Pod } from '../../kinds/core/pod.ts';
import { CriError } from '../cri/cri.ts';
import { IMAGE, startTestNode } from '../testing/node.ts';
import type { TestNode } from '../testing/node.ts';

const main = { name: 'a', image: IMAGE };
const isReady = ({ status: { conditions = [] } }: Pod) => conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
const waiting = ({ status }: Pod) => status.containerStatuses?.[0]?.state.waiting;

async function expectGone(node: TestNode, name: string): Promise<void> {
  await node.client.delete(Pod, name, { namespace: 'default' });
  await node.until('gone from the API', async () => !(await node.pod(name)));
  await node.until('gone from the runtime', async () => (await node.cri.listPodSandboxes()).length + (await node.cri.listContainers()).length === 0);
  await node.until('no files', async () => (await readdir(join(node.rootDir, 'pods'))).length + (await readdir(join(node.rootDir, 'logs', 'pods'))).length === 0);
}

/** The runtime does what it is asked to, and the answer does not come in time. */
const hangOnce = (node: TestNode, method: string) => {
  let hung = false;
  node.onCall = (call, when) => {
    if (call !== method || when !== 'after' || hung) return;
    hung = true;
    throw new CriError('DeadlineExceeded', 'context deadline exceeded');
  };
};

test.each([
  ['runPodSandbox', 'FailedCreatePodSandBox: Failed to create pod sandbox: rpc error: code = DeadlineExceeded desc = context deadline exceeded'],
  ['createContainer', 'Failed: Error: context deadline exceeded'],
  ['startContainer', 'Failed: Error: context deadline exceeded'],
])('a runtime that hangs past the deadline of %s is told of, and the pod runs all the same', async (method, event) => {
  await using node = await startTestNode();
  hangOnce(node, method);
  await node.run('web', { containers: [main] });
  await node.until('it is told', async () => (await node.events('web')).includes(event));
  await node.untilPod('web', isReady);
  expect((await node.cri.listPodSandboxes()).filter(({ state }) => state === 'SANDBOX_READY')).toHaveLength(1);
  expect((await node.cri.listContainers()).filter(({ state }) => state === 'CONTAINER_RUNNING')).toHaveLength(1);
  await expectGone(node, 'web');
});

test.each([
  ['for another platform', 'failed to pull and unpack image "elsewhere:1": no match for platform in manifest: not found'],
  ['onto a full disk', 'failed to pull and unpack image "elsewhere:1": failed to copy: write /var/lib/containerd/ingest/1/data: no space left on device'],
])('an image %s is told of in the runtime\'s words, and pulled again in time', async (_what, complaint) => {
  let pulls = 0;
  let mended = false;
  await using node = await startTestNode({ pull: () => (pulls++, mended ? undefined : complaint) });
  await node.run('web', { containers: [{ ...main, image: 'elsewhere:1' }] });
  const error = `rpc error: code = NotFound desc = ${complaint}`;
  const first = await node.untilPod('web', (pod) => waiting(pod)?.reason === 'ErrImagePull');
  expect(waiting(first)!.message).toBe(error);
  const later = await node.untilPod('web', (pod) => waiting(pod)?.reason === 'ImagePullBackOff');
  expect(waiting(later)!.message).toBe(`Back-off pulling image "elsewhere:1": ErrImagePull: ${error}`);
  expect(await node.events('web')).toEqual(expect.arrayContaining([`Failed: Failed to pull image "elsewhere:1": ${error}`, 'Failed: Error: ErrImagePull', 'BackOff: Back-off pulling image "elsewhere:1"', 'Failed: Error: ImagePullBackOff']));
  await node.until('tried again', () => pulls >= 2);
  mended = true;
  await node.untilPod('web', isReady);
  await expectGone(node, 'web');
});

test('volumes that cannot be mounted hold the pod up, and are tried again', async () => {
  await using node = await startTestNode();
  const path = join(node.rootDir, 'later');
  await node.run('web', { containers: [{ ...main, volumeMounts: [{ name: 'v', mountPath: '/v' }] }], volumes: [{ name: 'v', hostPath: { path, type: 'Directory' } }] });
  await node.until('it is told', async () => (await node.events('web')).includes(`FailedMount: MountVolume.SetUp failed for volume "v" : hostPath type check failed: ${path} is not a directory`));
  expect(waiting((await node.pod('web'))!)).toEqual({ reason: 'ContainerCreating' });
  expect(await node.cri.listPodSandboxes()).toEqual([]);
  await mkdir(path);
  await node.untilPod('web', isReady);
  await expectGone(node, 'web');
  await access(path); // it is the machine's own
});

test('a pod of which nothing could be made goes without a trace', async () => {
  await using node = await startTestNode();
  await node.run('disk', { containers: [{ ...main, volumeMounts: [{ name: 'v', mountPath: '/v' }] }], volumes: [{ name: 'v', iscsi: { targetPortal: '192.0.2.9', iqn: 'iqn.2001-04.com.example:x', lun: 0 } }] });
  await node.until('it is told', async () => (await node.events('disk')).includes(
    'FailedMount: Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to process volumes=[v]: failed to get Plugin from volumeSpec for volume "v" err=no volume plugin matched'));
  await expectGone(node, 'disk');
});
