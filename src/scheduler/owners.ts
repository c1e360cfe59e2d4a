import type { Informers } from '../client/index.ts';
import { ReplicaSet } from '../kinds/apps/replica-set.ts';
import { StatefulSet } from '../kinds/apps/stateful-set.ts';
import { ReplicationController } from '../kinds/core/replication-controller.ts';
import { Service } from '../kinds/core/service.ts';
import { PodDisruptionBudget } from '../kinds/policy/pod-disruption-budget.ts';
import { matchesLabels, type LabelSelector, type LabelSelectorRequirement } from '../meta/label-selector.ts';
import type { PodInfo } from './framework/pod-info.ts';
import type { PluginServices } from './plugins/order.ts';

/** What plugins ask of Services, owners and disruption budgets, answered from informers. */
export function knowOwners(informers: Informers): Pick<PluginServices, 'budgets' | 'selectorOf'> {
  const services = informers.for(Service).lister;
  const budgets = informers.for(PodDisruptionBudget).lister;
  const sets = informers.for(ReplicaSet).lister;
  const stateful = informers.for(StatefulSet).lister;
  const controllers = informers.for(ReplicationController).lister;

  const ownersSelector = ({ pod, namespace }: PodInfo): LabelSelector | undefined => {
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller);
    switch (owner && `${owner.apiVersion}/${owner.kind}`) {
      case 'apps/v1/ReplicaSet':
        return sets.get(owner!.name, namespace)?.spec.selector;
      case 'apps/v1/StatefulSet':
        return stateful.get(owner!.name, namespace)?.spec.selector;
      case 'v1/ReplicationController':
        return { matchLabels: controllers.get(owner!.name, namespace)?.spec.selector ?? {} };
      default:
        return undefined;
    }
  };

  return {
    budgets: (namespace) => budgets.list(namespace),

    /** The pods of every Service that selects the pod, and of its owner, at once. */
    selectorOf(pod) {
      const matchLabels: Record<string, string> = {};
      for (const { spec } of services.list(pod.namespace)) {
        const selector = spec.selector ?? {};
        if (Object.keys(selector).length > 0 && matchesLabels(selector, pod.labels)) Object.assign(matchLabels, selector);
      }
      const owner = ownersSelector(pod);
      Object.assign(matchLabels, owner?.matchLabels);
      const matchExpressions: readonly LabelSelectorRequirement[] = owner?.matchExpressions ?? [];
      return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0 ? undefined : { matchLabels, matchExpressions };
    },
  };
}
