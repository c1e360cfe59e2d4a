import type { Resource } from '../meta/resource.ts';
import { readObject } from './answer.ts';
import type { Client } from './client.ts';

/** A resource as a server says it serves it. */
export interface DiscoveredResource extends Resource {
  readonly verbs: readonly string[];
}

export interface Discovery {
  /** Each group's resources in the version the server prefers; subresources left out. */
  readonly resources: readonly DiscoveredResource[];
  /** `group/version` of what could not be asked: an aggregated server that is away. */
  readonly failed: readonly { readonly groupVersion: string; readonly error: unknown }[];
}

interface ResourceList {
  readonly resources?: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean; readonly verbs: readonly string[] }[];
}
interface Groups {
  readonly groups?: readonly {
    readonly name: string;
    readonly versions: readonly { readonly version: string }[];
    readonly preferredVersion?: { readonly version: string };
  }[];
}

/** Everything the server serves. @throws when not even the list of groups can be had */
export async function discover(client: Client, signal?: AbortSignal): Promise<Discovery> {
  const ask = async <T>(url: string): Promise<T> => readObject<T>(await client.request({ url, ...(signal ? { signal } : {}) }));
  const { groups = [] } = await ask<Groups>('/apis');
  // A resource may be served in an older version only: the preferred one goes first, the others fill in.
  const wanted = [
    { group: '', version: 'v1' },
    ...groups.flatMap(({ name, versions, preferredVersion }) => {
      const first = preferredVersion?.version ?? versions[0]?.version;
      const order = [...(first === undefined ? [] : [first]), ...versions.map(({ version }) => version).filter((version) => version !== first)];
      return order.map((version) => ({ group: name, version }));
    }),
  ];
  const failed: { groupVersion: string; error: unknown }[] = [];
  const lists = await Promise.all(wanted.map(async ({ group, version }) => {
    const groupVersion = group === '' ? version : `${group}/${version}`;
    try {
      const { resources = [] } = await ask<ResourceList>(group === '' ? `/api/${version}` : `/apis/${groupVersion}`);
      return resources.filter(({ name }) => !name.includes('/')).map(({ name, kind, namespaced, verbs }): DiscoveredResource => (
        { group, version, kind, plural: name, scope: namespaced ? 'Namespaced' : 'Cluster', verbs }));
    } catch (error) {
      failed.push({ groupVersion, error });
      return [];
    }
  }));
  const byName = new Map<string, DiscoveredResource>();
  for (const resource of lists.flat()) {
    const name = `${resource.plural}.${resource.group}`;
    if (!byName.has(name)) byName.set(name, resource);
  }
  return { resources: [...byName.values()], failed };
}
