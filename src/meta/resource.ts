import type { KubeObject } from './object.ts';

declare const instance: unique symbol;

/** Names a served resource; carries its instances' type for the client's typed verbs. Every Kind is one. */
export interface Resource<T extends KubeObject = KubeObject> {
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Lower case, as in URLs: `replicasets`. */
  readonly plural: string;
  readonly scope: 'Namespaced' | 'Cluster';
  readonly [instance]?: T;
}

/** The instances' type of a resource or kind. */
export type InstanceOf<R> = R extends Resource<infer T> ? T : never;

/** `v1`, or `apps/v1`. */
export function apiVersionOf(resource: Pick<Resource, 'group' | 'version'>): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** `replicasets.apps`, or `pods` in the core group: how messages and RBAC name it. */
export function groupResource(resource: Pick<Resource, 'group' | 'plural'>): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

/** The URL path of a collection or, with a name, of an object. */
export function pathOf(resource: Resource, at: { namespace?: string; name?: string; subresource?: string } = {}): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const inNamespace = resource.scope === 'Namespaced' && at.namespace ? `/namespaces/${encodeURIComponent(at.namespace)}` : '';
  const name = at.name === undefined ? '' : `/${encodeURIComponent(at.name)}`;
  const subresource = at.subresource ? `/${at.subresource}` : '';
  return `${root}${inNamespace}/${resource.plural}${name}${subresource}`;
}
