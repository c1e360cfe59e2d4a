import { messageOf } from '../../base/message-of.ts';
import { Node } from '../../kinds/core/node.ts';
import { PersistentVolume } from '../../kinds/core/persistent-volume.ts';
import { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { CSIDriver } from '../../kinds/storage/csi-driver.ts';
import { VolumeAttachment } from '../../kinds/storage/volume-attachment.ts';
import { isApiError } from '../../meta/api-error.ts';
import { findCondition } from '../../rules/pod-conditions.ts';
import { defineController, watchOf, type Cache, type Context, type Controller, type Index } from '../runtime/index.ts';
import { attachmentName, isInUse, isManaged, isOurs, volumeName, withoutVolume } from './names.ts';
import { failed, NOTHING, plan, type Detachment, type Memory, type Observed, type Plan } from './plan.ts';
import { volumesOf, volumesOnNode, wantedOn } from './wanted.ts';

const COMPONENT = 'attachdetach-controller';
const BY_VOLUME: Index<VolumeAttachment> = { name: 'volume', values: ({ spec }) => [spec.source.persistentVolumeName ?? ''] };
const BY_NODE: Index<VolumeAttachment> = { name: 'node', values: ({ spec }) => [spec.nodeName] };

const attachmentsOn = (node: string, cache: Cache) => cache.byIndex(VolumeAttachment, BY_NODE, node);
const volumesAt = (node: string, cache: Cache) => attachmentsOn(node, cache).flatMap(({ spec }) => spec.source.persistentVolumeName ?? []);

/**
 * Has volumes of CSI drivers attached to the nodes whose pods need them, and detached when they no longer do. The deed is the
 * driver's (external-attacher): it acts on VolumeAttachments and answers in their status.
 */
export function attachDetachController(): Controller {
  const memories = new Map<string, Memory>();
  return defineController({
    name: 'attachdetach',
    component: COMPONENT,
    for: PersistentVolume,
    watches: [
      watchOf(VolumeAttachment, ({ spec }) => (spec.source.persistentVolumeName ? [spec.source.persistentVolumeName] : [])),
      watchOf(Pod, (pod, cache) => (pod.spec.nodeName ? volumesOf(pod, cache) : [])),
      watchOf(PersistentVolumeClaim, ({ spec }) => (spec.volumeName ? [spec.volumeName] : [])),
      watchOf(Node, (node, cache, old) => (old && sameNews(node, old) ? [] : [...volumesAt(node.metadata.name, cache), ...volumesOnNode(node.metadata.name, cache)])),
      watchOf(CSIDriver, ({ metadata }, cache) =>
        cache.list(PersistentVolume).filter(({ spec }) => spec.csi?.driver === metadata.name).map((volume) => volume.metadata.name)),
    ],

    reconcile: (volume, context) => pass(volume.metadata.name, volume, context),
    gone: (name, context) => pass(name, undefined, context),
  });

  async function pass(name: string, volume: PersistentVolume | undefined, context: Context): Promise<number | undefined> {
    const { cache, now } = context;
    const attachments = cache.byIndex(VolumeAttachment, BY_VOLUME, name).filter(isOurs);
    const observed = { name, volume, wanted: wantedOn(volume, cache), attachments, node: (one: string) => cache.get(Node, one), now };
    const todo = plan(observed, memories.get(name) ?? NOTHING);
    if (todo.memory.idle.size + todo.memory.told.size > 0) memories.set(name, todo.memory);
    else memories.delete(name);
    await carryOut(todo, observed, context);
    return todo.recheckIn;
  }
}

/** What of a node matters to its volumes: most updates are heartbeats. */
function sameNews(node: Node, old: Node): boolean {
  const news = (one: Node) =>
    JSON.stringify([isManaged(one), one.spec.taints, one.status.volumesInUse, findCondition(one.status.conditions, 'Ready')?.status]);
  return news(node) === news(old);
}

async function carryOut(todo: Plan, { name, volume, wanted }: Observed, context: Context): Promise<void> {
  const { client, events } = context;
  const complain = (pod: Pod, message: string) => events.event(pod, 'Warning', 'FailedAttachVolume', message);
  for (const { pod, message } of todo.complaints) complain(pod, message);
  // What has to go first: a pod may have moved to another node.
  for (const one of todo.detach) await detach(one, context);
  const { csi } = volume?.spec ?? {};
  for (const nodeName of csi ? todo.attach : []) {
    await client.create(VolumeAttachment, {
      metadata: { name: attachmentName(volumeName(volume!)!, nodeName) },
      spec: { attacher: csi!.driver, nodeName, source: { persistentVolumeName: name } },
    }).catch((error: unknown) => {
      if (isApiError(error, 'AlreadyExists')) return;
      for (const pod of wanted.get(nodeName) ?? []) complain(pod, failed(name, `kubernetes.io/csi: attacher.Attach failed: ${messageOf(error)}`));
      throw error;
    });
  }
}

/**
 * The node is told first that it has the volume no longer: written against the very state in which it had it unmounted, so that
 * its kubelet can not begin to mount it in between.
 */
async function detach({ attachment, forced }: Detachment, { client }: Context): Promise<void> {
  const node = await client.get(Node, attachment.spec.nodeName).catch((error: unknown) => {
    if (isApiError(error, 'NotFound')) return undefined;
    throw error;
  });
  if (node) {
    if (!forced && isInUse(node, attachment)) return;
    const after = withoutVolume(node, attachment);
    if (after !== node) await client.updateStatus(Node, after);
  }
  await client.remove(VolumeAttachment, attachment);
}

/** Tells each node which volumes it has, for its kubelet to mount; and the pods, once, that theirs are there. */
export const attachedVolumesReporter = defineController({
  name: 'attachdetach-report',
  component: COMPONENT,
  for: Node,
  reads: [PersistentVolume, PersistentVolumeClaim, CSIDriver],
  watches: [
    watchOf(VolumeAttachment, ({ spec }) => [spec.nodeName]),
    watchOf(Pod, (pod, cache) => (pod.spec.nodeName && volumesOf(pod, cache).length > 0 ? [pod.spec.nodeName] : [])),
  ],
  when: isManaged,

  async reconcile(node, { cache, client, events }) {
    if (!isManaged(node)) return;
    const { name } = node.metadata;
    const attached = attachmentsOn(name, cache).filter(({ metadata, status }) => status.attached && metadata.deletionTimestamp === undefined);
    const stands = (volume: string) => attached.some(({ metadata }) => metadata.name === attachmentName(volume, name));
    const before = node.status.volumesAttached ?? [];
    const kept = before.filter((one) => attachmentName(one.name, name) === '' || stands(one.name));
    const added = attached.flatMap(({ spec }) => {
      const volume = cache.get(PersistentVolume, spec.source.persistentVolumeName ?? '');
      const unique = volume && volumeName(volume);
      // One that nobody wants is about to be detached: it must not be offered again.
      const pods = wantedOn(volume, cache).get(name);
      return volume && unique && stands(unique) && pods && !before.some((one) => one.name === unique) ? [{ volume, unique, pods }] : [];
    });
    if (added.length === 0 && kept.length === before.length) return;
    const volumesAttached = [...kept, ...added.map(({ unique }) => ({ name: unique, devicePath: '' }))];
    await client.updateStatus(Node, { ...node, status: { ...node.status, volumesAttached } });
    for (const { volume, pods } of added) {
      for (const pod of pods) events.event(pod, 'Normal', 'SuccessfulAttachVolume', `AttachVolume.Attach succeeded for volume ${JSON.stringify(volume.metadata.name)} `);
    }
  },
});
