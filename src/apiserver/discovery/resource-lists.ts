import { apiVersionOf } from '../../meta/resource.ts';
import type { Kind, Verb } from '../../schema/kind.ts';
import { conversionOf } from '../conversion/conversion.ts';
import { comparePriority } from './version-order.ts';
import { type GroupVersionKind, subresourcesOf } from '../../schema/openapi/subresources.ts';

const encoder = new TextEncoder();

/** A resource or subresource as discovery tells of it. */
export interface Described {
  /** `pods`, `pods/status`. */
  readonly name: string;
  readonly kind: Kind;
  /** The kind that is sent and answered: Scale for `deployments/scale`. */
  readonly response: GroupVersionKind;
  readonly verbs: readonly string[];
}

const ALL: readonly Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** A kind's resource and its subresources, in order of name. */
export function describeKind(kind: Kind): readonly Described[] {
  const own: GroupVersionKind = { group: kind.group, version: kind.version, kind: kind.kind };
  const below = subresourcesOf(kind).map(({ name, verbs, response }): Described => ({ name: `${kind.plural}/${name}`, kind, verbs, response }));
  return [{ name: kind.plural, kind, verbs: kind.verbs ?? ALL, response: own }, ...below].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Whether a kind has a path at all: Scale and DeleteOptions are only ever bodies. */
const isListed = (kind: Kind): boolean => kind.verbs === undefined || kind.verbs.length > 0;

/** One group version's kinds, those of requests only left out. */
export function kindsOf(kinds: readonly Kind[], group: string, version: string): readonly Kind[] {
  return kinds.filter((kind) => kind.group === group && kind.version === version && isListed(kind)).toSorted((a, b) => (a.plural < b.plural ? -1 : 1));
}

/** meta/v1 APIResourceList: `/api/v1`, `/apis/apps/v1`. */
export async function resourceList(kinds: readonly Kind[], group: string, version: string): Promise<object> {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf({ group, version }),
    resources: await Promise.all(kindsOf(kinds, group, version).flatMap(describeKind).map((described) => toResource(described, kinds))),
  };
}

async function toResource({ name, kind, response, verbs }: Described, kinds: readonly Kind[]): Promise<object> {
  const below = name.includes('/');
  const elsewhere = response.group !== kind.group || response.version !== kind.version;
  return {
    name,
    singularName: below ? '' : kind.singular,
    namespaced: kind.scope === 'Namespaced',
    ...(elsewhere ? { group: response.group, version: response.version } : {}),
    kind: response.kind,
    verbs,
    ...(below || !kind.short ? {} : { shortNames: kind.short }),
    ...(below || !kind.categories ? {} : { categories: kind.categories }),
    ...(below || !verbs.includes('watch') ? {} : { storageVersionHash: await storageVersionHash(kind, kinds) }),
  };
}

/** Of the kind that is stored: two views of one object have the same. */
async function storageVersionHash(kind: Kind, kinds: readonly Kind[]): Promise<string> {
  const storedAs = conversionOf(kind)?.storedAs;
  const stored = kinds.find((one) => `${one.group}/${one.version}/${one.plural}` === storedAs) ?? kind;
  const digest = await crypto.subtle.digest('SHA-256', encoder.encode(`${stored.group}/${stored.version}/${stored.kind}`));
  return btoa(String.fromCharCode(...new Uint8Array(digest).subarray(0, 8)));
}

export interface Group {
  readonly name: string;
  /** The preferred first. */
  readonly versions: readonly string[];
}

/** The groups in the order kinds were added, the core group left out; a stable version before beta before alpha. */
export function groupsOf(kinds: readonly Kind[]): readonly Group[] {
  const groups = new Map<string, Set<string>>();
  for (const { group, version } of kinds.filter(isListed)) {
    if (group === '') continue;
    if (!groups.has(group)) groups.set(group, new Set());
    groups.get(group)!.add(version);
  }
  return [...groups].map(([name, versions]) => ({ name, versions: [...versions].toSorted(comparePriority) }));
}

/** meta/v1 APIGroup. */
export function toGroup({ name, versions }: Group): object {
  const written = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: written, preferredVersion: written[0] };
}

export interface GroupDiscovery {
  readonly metadata: object;
  readonly versions: readonly { readonly version: string; readonly resources: readonly unknown[]; readonly freshness: string }[];
}

/** One group of an apidiscovery.k8s.io APIGroupDiscoveryList. */
export function toGroupDiscovery(kinds: readonly Kind[], { name, versions }: Group): GroupDiscovery {
  return {
    metadata: { name, creationTimestamp: null },
    versions: versions.map((version) => ({
      version,
      resources: kindsOf(kinds, name, version).map(toResourceDiscovery),
      freshness: 'Current',
    })),
  };
}

function toResourceDiscovery(kind: Kind): object {
  const described = describeKind(kind);
  const own = described.find(({ name }) => name === kind.plural)!;
  const below = described.filter((one) => one !== own);
  return {
    resource: kind.plural,
    responseKind: own.response,
    scope: kind.scope,
    singularResource: kind.singular,
    verbs: own.verbs,
    ...(kind.short ? { shortNames: kind.short } : {}),
    ...(kind.categories ? { categories: kind.categories } : {}),
    ...(below.length === 0 ? {} : {
      subresources: below.map(({ name, response, verbs }) => ({ subresource: name.slice(kind.plural.length + 1), responseKind: response, verbs })),
    }),
  };
}
