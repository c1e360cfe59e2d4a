import type { ParamKind, ParamRef } from '../../../kinds/admissionregistration/matching.ts';
import { matchesLabelSelector } from '../../../meta/label-selector.ts';
import type { AnyObject } from '../../../meta/object.ts';
import { apiVersionOf } from '../../../meta/resource.ts';
import type { Core } from '../../core.ts';
import type { Served } from '../../resources.ts';

const kindText = ({ apiVersion = '', kind = '' }: ParamKind): string => `&ParamKind{APIVersion:${apiVersion},Kind:${kind},}`;

/**
 * The objects a binding gives its policy, each judged for itself; null where none is asked for.
 * @throws Error in upstream's words where they cannot be told, or must be there and are not
 */
export function paramsFor(core: Core, { kind, ref }: { readonly kind: ParamKind | undefined; readonly ref: ParamRef | undefined }, namespace: string): readonly (AnyObject | null)[] {
  if (!kind || !ref) return [null];
  const served = core.resources.served().find((one) => apiVersionOf(one.kind) === kind.apiVersion && one.kind.kind === kind.kind);
  if (!served) throw new Error(`paramKind kind \`${kindText(kind)}\` not known`);
  const place = placeOf(served, ref, namespace);
  const found = ref.name ? [served.cache.object(place, ref.name)] : selected(served, ref, place);
  const params = found.filter((one) => one !== undefined).map((one) => ({ ...one, apiVersion: kind.apiVersion!, kind: kind.kind! }));
  if (params.length === 0 && ref.parameterNotFoundAction === 'Deny') throw new Error('no params found for policy binding with `Deny` parameterNotFoundAction');
  return params;
}

function placeOf({ kind: { scope } }: Served, ref: ParamRef, namespace: string): string {
  if (scope === 'Cluster') {
    if (ref.namespace) throw new Error('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
    return '';
  }
  const place = ref.namespace || namespace;
  if (place === '') throw new Error('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources');
  return place;
}

const selected = ({ cache }: Served, { selector = {} }: ParamRef, place: string): readonly AnyObject[] =>
  [...cache.list(place)].map(({ object }) => object).filter(({ metadata }) => matchesLabelSelector(selector, metadata.labels));
