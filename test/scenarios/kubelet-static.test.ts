/** Pods of manifests on the node, on a real containerd. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Pod } from '../../src/kinds/core/pod.ts';
import { eventually } from './testing/cluster.ts';
import { NODE, shell, startKubeletNode, type KubeletNode } from './testing/kubelet-node.ts';

let node: KubeletNode;
let manifests: string;
beforeAll(async () => {
  node = await startKubeletNode();
  manifests = join(node.dir, 'manifests');
  await mkdir(manifests);
  await node.restart({ staticPods: { path: manifests, fileCheckPeriod: 20_000, httpCheckPeriod: 20_000 } });
});
afterAll(() => node?.[Symbol.asyncDispose]());

const ready = (pod: Pod) => pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');

/** Put there whole, as whoever writes manifests should. */
async function put(name: string, script: string): Promise<void> {
  const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { terminationGracePeriodSeconds: 1, containers: [shell('a', script)] } };
  await writeFile(join(node.dir, name), JSON.stringify(manifest));
  await rename(join(node.dir, name), join(manifests, `${name}.yaml`));
}

/** The mirror, once it is Ready and its container has said so much: a try before may have left another. */
const running = (name: string, log: string, check: (pod: Pod) => unknown = () => true) => eventually(`${name} says ${log}`, async () => {
  try {
    const pod = await node.client.get(Pod, name, { namespace: 'default' });
    return ready(pod) && check(pod) && (await node.logs(name)) === log ? pod : undefined;
  } catch {
    return undefined;
  }
});

test('a manifest runs, its mirror comes back when deleted, and both go with it', async () => {
  const name = `web-${NODE}`;
  await put('web', 'echo first; sleep 600');
  const first = await running(name, 'first\n');
  expect(first.metadata.ownerReferences).toMatchObject([{ kind: 'Node', name: NODE }]);

  await node.client.delete(Pod, name, { namespace: 'default' });
  const second = await running(name, 'first\n', (pod) => pod.metadata.uid !== first.metadata.uid);
  expect(second.status.containerStatuses![0]!.containerID).toBe(first.status.containerStatuses![0]!.containerID);

  await put('web', 'echo changed; sleep 600');
  const changed = await running(name, 'changed\n');
  expect(changed.status.containerStatuses![0]!.containerID).not.toBe(first.status.containerStatuses![0]!.containerID);

  await rm(join(manifests, 'web.yaml'));
  await node.gone(name);
  await eventually('no sandbox', async () => (await node.cri.listPodSandboxes({ labels: { 'io.kubernetes.pod.name': name } })).length === 0);
});
