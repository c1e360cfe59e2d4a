import { messageOf } from '../../base/message-of.ts';
import type { NamespaceCondition } from '../../kinds/core/namespace.ts';
import { setCondition } from '../../rules/pod-conditions.ts';
import type { Remainder } from './content.ts';

/** How far a namespace's deletion has come. */
export interface Progress {
  readonly discoveryFailures: readonly unknown[];
  readonly deletionFailures: readonly unknown[];
  readonly remaining: readonly Remainder[];
}

interface Told {
  readonly type: string;
  readonly failed: boolean;
  readonly reasons: readonly [failed: string, fine: string];
  readonly messages: readonly [failed: string, fine: string];
}

/** The five conditions of a namespace that is being deleted, in upstream's words. */
export function deletionConditions(before: readonly NamespaceCondition[] | undefined, progress: Progress, at: string): readonly NamespaceCondition[] {
  return told(progress).reduce((conditions, { type, failed, reasons, messages }) => {
    const which = failed ? 0 : 1;
    return setCondition(conditions, {
      type, status: failed ? 'True' : 'False', lastTransitionTime: at, reason: reasons[which], message: messages[which],
    });
  }, before ?? []);
}

const text = (errors: readonly unknown[]): string => errors.map(messageOf).join(', ');

function told({ discoveryFailures, deletionFailures, remaining }: Progress): readonly Told[] {
  const finalizers = finalizerCounts(remaining);
  return [
    {
      type: 'NamespaceDeletionDiscoveryFailure', failed: discoveryFailures.length > 0,
      reasons: ['DiscoveryFailed', 'ResourcesDiscovered'],
      messages: [`Discovery failed for some groups, ${discoveryFailures.length} failing: ${text(discoveryFailures)}`, 'All resources successfully discovered'],
    },
    {
      type: 'NamespaceDeletionGroupVersionParsingFailure', failed: false,
      reasons: ['GroupVersionParsingFailed', 'ParsedGroupVersions'],
      messages: ['', 'All legacy kube types successfully parsed'],
    },
    {
      type: 'NamespaceDeletionContentFailure', failed: deletionFailures.length > 0,
      reasons: ['ContentDeletionFailed', 'ContentDeleted'],
      messages: [
        `Failed to delete all resource types, ${deletionFailures.length} remaining: ${text(deletionFailures)}`,
        'All content successfully deleted, may be waiting on finalization',
      ],
    },
    {
      type: 'NamespaceContentRemaining', failed: remaining.length > 0,
      reasons: ['SomeResourcesRemain', 'ContentRemoved'],
      messages: [
        `Some resources are remaining: ${sorted(remaining.map(({ resource, count }) => `${resource.plural}.${resource.group} has ${count} resource instances`))}`,
        'All content successfully removed',
      ],
    },
    {
      type: 'NamespaceFinalizersRemaining', failed: finalizers.size > 0,
      reasons: ['SomeFinalizersRemain', 'ContentHasNoFinalizers'],
      messages: [
        `Some content in the namespace has finalizers remaining: ${sorted([...finalizers].map(([name, count]) => `${name} in ${count} resource instances`))}`,
        'All content-preserving finalizers finished',
      ],
    },
  ];
}

const sorted = (parts: readonly string[]): string => parts.toSorted().join(', ');

function finalizerCounts(remaining: readonly Remainder[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { finalizers } of remaining) {
    for (const [name, count] of Object.entries(finalizers)) counts.set(name, (counts.get(name) ?? 0) + count);
  }
  return counts;
}
