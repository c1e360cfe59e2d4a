import type { KubeObject } from '../../meta/object.ts';
import type { Resource } from '../../meta/resource.ts';

/**
 * Names a resource that only its users know, so that the client's verbs and informers serve it with its own type:
 *
 *     interface Widget extends KubeObject { readonly spec: { readonly size: number } }
 *     const Widget = customResource<Widget>({ group: 'example.com', version: 'v1', kind: 'Widget', plural: 'widgets', scope: 'Namespaced' });
 *     await client.list(Widget, { namespace: 'default' });
 */
export const customResource = <T extends KubeObject>(names: Omit<Resource<T>, never>): Resource<T> => names;
