/** /pods, what is to run here, and /runningpods, what does. */
import type { ApiResponse } from '../../wire/api.ts';
import { CONTAINER_NAME } from '../cri/labels.ts';
import { ownerOf } from '../sync/pod-runtime.ts';
import type { ServerContext } from './kubelet-server.ts';
import { json } from './plain.ts';

const listOf = (items: readonly object[]): ApiResponse => json({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items });

export const desiredPods = ({ workers, context }: ServerContext): ApiResponse =>
  listOf(workers.list().map((pod) => ({ ...pod, status: { ...pod.status, ...context.statuses.latest(pod.metadata.uid) } })));

/** By the runtime's own account: names and images are all it knows. */
export async function runningPods({ context: { cri } }: ServerContext): Promise<ApiResponse> {
  const [sandboxes, containers] = await Promise.all([cri.listPodSandboxes(), cri.listContainers()]);
  const pods = new Map<string, { readonly metadata: object; readonly containers: object[] }>();
  for (const { labels } of sandboxes.filter(({ state }) => state === 'SANDBOX_READY')) {
    const owner = ownerOf(labels);
    if (owner) pods.set(owner.uid, { metadata: { ...owner, creationTimestamp: null }, containers: [] });
  }
  for (const { labels, image } of containers.filter(({ state }) => state === 'CONTAINER_RUNNING')) {
    pods.get(ownerOf(labels)?.uid ?? '')?.containers.push({ name: labels[CONTAINER_NAME] ?? '', image: image?.userSpecifiedImage || image?.image || '', resources: {} });
  }
  return listOf([...pods.values()].map(({ metadata, containers: inside }) => ({ metadata, spec: { containers: inside }, status: {} })));
}
