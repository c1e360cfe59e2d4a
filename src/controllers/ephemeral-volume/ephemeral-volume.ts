import { messageOf } from '../../base/message-of.ts';
import { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import { Pod } from '../../kinds/core/pod.ts';
import type { Volume } from '../../kinds/core/volume.ts';
import { controllerOf, controllerReference, defineController, type Context } from '../runtime/index.ts';

/** Makes a claim for each generic ephemeral volume of a pod; it goes with the pod, as what the pod owns. */
export const ephemeralVolumeController = defineController({
  name: 'ephemeral-volume',
  component: 'ephemeral_volume',
  for: Pod,
  owns: [PersistentVolumeClaim],
  when: ({ metadata, spec }) => metadata.deletionTimestamp === undefined && (spec.volumes ?? []).some(({ ephemeral }) => ephemeral),

  async reconcile(pod, context) {
    if (pod.metadata.deletionTimestamp !== undefined) return;
    for (const volume of pod.spec.volumes ?? []) {
      await claimFor(pod, volume, context).catch((error: unknown) => {
        context.events.event(pod, 'Warning', 'FailedBinding', `ephemeral volume ${volume.name}: ${messageOf(error)}`);
        throw error;
      });
    }
  },
});

async function claimFor(pod: Pod, { name: volume, ephemeral }: Volume, { cache, client }: Context): Promise<void> {
  const template = ephemeral?.volumeClaimTemplate;
  if (!template) return;
  const { name: podName, namespace = '' } = pod.metadata;
  const name = `${podName}-${volume}`;
  const found = cache.get(PersistentVolumeClaim, name, namespace);
  if (found) {
    if (controllerOf(found)?.uid === pod.metadata.uid) return;
    throw new Error(`PVC ${namespace}/${name} was not created for pod ${namespace}/${podName} (pod is not owner)`);
  }
  const { labels, annotations } = template.metadata ?? {};
  await client.create(PersistentVolumeClaim, {
    metadata: {
      name, namespace, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}),
      ownerReferences: [controllerReference(Pod, pod)],
    },
    spec: template.spec,
  }).catch((error: unknown) => {
    throw new Error(`create PVC ${name}: ${messageOf(error)}`, { cause: error });
  });
}
