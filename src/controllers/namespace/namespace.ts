import { messageOf } from '../../base/message-of.ts';
import { discover, type DiscoveredResource } from '../../client/index.ts';
import { Namespace } from '../../kinds/core/namespace.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { isApiError } from '../../meta/api-error.ts';
import { formatTime } from '../../meta/time.ts';
import { writeStatus } from '../pod-control.ts';
import { defineController, watchOf, type Context } from '../runtime/index.ts';
import { deletionConditions, type Progress } from './conditions.ts';
import { removeAll, type Remainder } from './content.ts';

const FINALIZER = 'kubernetes';

/**
 * Empties a namespace that is being deleted, pods first so that what they depend on outlives them (KEP-5080), then
 * takes its own finalizer off.
 */
export const namespaceController = defineController({
  name: 'namespace',
  for: Namespace,
  // One pass is a hundred calls: where one in a few fails, many passes fail before the one that ends it.
  longestBackoff: 60_000,
  // With the last pod gone the rest may go.
  watches: [watchOf(Pod, ({ metadata: { namespace = '' } }, cache) => (isLeaving(cache.get(Namespace, namespace)) && cache.list(Pod, namespace).length === 0 ? [namespace] : []))],

  async reconcile(namespace, context) {
    const { metadata, spec } = namespace;
    if (metadata.deletionTimestamp === undefined || !spec.finalizers?.includes(FINALIZER)) return undefined;
    const progress = await empty(metadata.name, context);
    const conditions = deletionConditions(namespace.status.conditions, progress, formatTime(context.now));
    await writeStatus(context, Namespace, namespace, { ...namespace.status, phase: 'Terminating', conditions });
    const failures = [...progress.discoveryFailures, ...progress.deletionFailures];
    if (failures.length > 0) throw new Error(failures.map(messageOf).join(', '));
    if (progress.remaining.length === 0) return finalize(namespace, context);
    const longest = Math.max(...progress.remaining.map((one) => one.wait));
    // Half-way, lest a grace period cut short be waited out; at the least a tick, while what was deleted goes.
    return longest > 0 ? Math.min(longest / 2 + 1000, 5000) : 100;
  },
});

const isLeaving = (namespace: Namespace | undefined): boolean => namespace?.metadata.deletionTimestamp !== undefined;

async function empty(namespace: string, { client, now, signal }: Context): Promise<Progress> {
  const { resources, failed } = await discover(client, signal);
  const namespaced = resources.filter(({ scope }) => scope === 'Namespaced');
  const isPods = ({ group, plural }: DiscoveredResource) => group === '' && plural === 'pods';
  const pods = await removeEach(namespaced.filter(isPods));
  const rest = pods.remaining.length + pods.failures.length > 0 ? undefined : await removeEach(namespaced.filter((one) => !isPods(one)));
  return {
    discoveryFailures: failed.map(({ error }) => error),
    deletionFailures: [...pods.failures, ...(rest?.failures ?? [])],
    remaining: [...pods.remaining, ...(rest?.remaining ?? [])],
  };

  async function removeEach(which: readonly DiscoveredResource[]): Promise<{ readonly remaining: readonly Remainder[]; readonly failures: readonly unknown[] }> {
    const results = await Promise.allSettled(which.map((resource) => removeAll(client, resource, { namespace, now })));
    return {
      remaining: results.flatMap((result) => (result.status === 'fulfilled' && result.value ? [result.value] : [])),
      failures: results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])),
    };
  }
}

async function finalize({ metadata: { name, uid } }: Namespace, { client }: Context): Promise<undefined> {
  // The status was just written: finalize what stands now, and only if it is the same namespace.
  const fresh = await client.get(Namespace, name).catch(absent);
  if (fresh?.metadata.uid !== uid) return undefined;
  const finalizers = fresh.spec.finalizers?.filter((one) => one !== FINALIZER) ?? [];
  await client.updateSubresource(Namespace, { ...fresh, spec: { ...fresh.spec, finalizers } }, 'finalize').catch(absent);
  return undefined;
}

function absent(error: unknown): undefined {
  if (!isApiError(error, 'NotFound')) throw error;
}
