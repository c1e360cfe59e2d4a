/** The groups and versions that clients are told of: those served here and those of extension API servers, the most important first. */
import type { Kind } from '../../schema/kind.ts';
import { apiVersionOf } from '../../meta/resource.ts';
import type { Aggregation } from '../aggregation/index.ts';
import { CUSTOM_RANK, type Rank, rankOf } from '../aggregation/priorities.ts';
import { type Group, groupsOf, toGroupDiscovery } from './resource-lists.ts';
import { comparePriority } from './version-order.ts';

/** Tells of those who serve other groups: upstream's aggregator lists it before them. */
const FIRST: Rank = { groupPriorityMinimum: 20_001, versionPriority: 100 };

export function allGroups(kinds: readonly Kind[], { services }: Aggregation): readonly Group[] {
  const groups = new Map<string, Map<string, Rank>>();
  const add = (group: string, version: string, rank: Rank) => {
    const versions = groups.get(group) ?? new Map<string, Rank>();
    groups.set(group, versions.set(version, rank));
  };
  const registered = new Map(services.all().map(({ group, version, spec }) => [`${group}/${version}`, spec]));
  for (const { name, versions } of groupsOf(kinds)) {
    for (const version of versions) {
      const id = apiVersionOf({ group: name, version });
      add(name, version, name === 'apiregistration.k8s.io' ? FIRST : rankOf(id) ?? registered.get(id) ?? CUSTOM_RANK);
    }
  }
  for (const { group, version, spec } of services.remotes().values()) add(group, version, spec);
  const priority = (versions: ReadonlyMap<string, Rank>) => Math.max(...[...versions.values()].map(({ groupPriorityMinimum }) => groupPriorityMinimum));
  return [...groups].toSorted(([a, one], [b, other]) => priority(other) - priority(one) || (a < b ? -1 : 1)).map(([name, versions]) => ({
    name,
    versions: [...versions].toSorted(([a, one], [b, other]) => other.versionPriority - one.versionPriority || comparePriority(a, b)).map(([version]) => version),
  }));
}

/** One group of an apidiscovery.k8s.io APIGroupDiscoveryList; what others serve is as they said when last asked. */
export function groupDiscovery(kinds: readonly Kind[], group: Group, { services, documents }: Aggregation): object {
  const own = toGroupDiscovery(kinds, group);
  if (services.remotes().size === 0) return own;
  return {
    ...own,
    versions: own.versions.map((one) => {
      const at = { group: group.name, version: one.version };
      if (!services.remote(at.group, at.version)) return one;
      const { resources, stale } = documents.of(at);
      return { version: one.version, resources, freshness: stale ? 'Stale' : 'Current' };
    }),
  };
}
