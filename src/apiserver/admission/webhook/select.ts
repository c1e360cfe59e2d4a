import { isEmptySelector, matchesLabelSelector } from '../../../meta/label-selector.ts';
import { notFound } from '../../../meta/api-error.ts';
import type { AnyObject } from '../../../meta/object.ts';
import type { Core } from '../../core.ts';
import type { Attributes } from '../admission.ts';
import { matchesConditions } from './conditions.ts';
import { equivalents, type Shape, showable } from './equivalents.ts';
import type { Hook } from './hooks.ts';
import { matchesRule } from './rules.ts';

/** One webhook's concern with a request: in which version it wants to see it. */
export interface Invocation {
  readonly hook: Hook;
  readonly shape: Shape;
}

/** The invocation a webhook is due, if any. @throws ApiError where that cannot be told */
export async function invocationOf(core: Core, hook: Hook, attributes: Attributes): Promise<Invocation | undefined> {
  if (!objectMatches(hook, attributes)) return undefined;
  const found = shapeFor(core, hook, attributes);
  if (!found || !(await namespaceMatches(core, hook, attributes))) return undefined;
  const invocation = { hook, shape: found };
  await showable(found, attributes);
  return (await matchesConditions(core, invocation, attributes)) ? invocation : undefined;
}

/** The request as the webhook's rules know it: as it came, or as another version of the same resource. */
function shapeFor(core: Core, { rules = [], matchPolicy }: Hook, attributes: Attributes): Shape | undefined {
  const [own, ...others] = equivalents(core, attributes);
  const matches = ({ resource }: Shape) => rules.some((rule) => matchesRule(rule, { ...attributes, resource, namespace: placeOf(attributes) }));
  if (matches(own)) return own;
  return matchPolicy === 'Equivalent' ? others.find(matches) : undefined;
}

/** A namespace's own requests count as in it. */
export const placeOf = ({ kind, namespace, name }: Attributes): string => (kind.group === '' && kind.plural === 'namespaces' ? name : namespace);

export async function namespaceMatches(core: Core, { namespaceSelector }: Pick<Hook, 'namespaceSelector'>, attributes: Attributes): Promise<boolean> {
  if (isEmptySelector(namespaceSelector)) return true;
  const namespace = placeOf(attributes);
  const { kind, operation, subresource, object } = attributes;
  const isNamespace = kind.group === '' && kind.plural === 'namespaces';
  if (namespace === '' && !isNamespace) return true;
  // A namespace that is being made or changed is judged by the labels it will have.
  const isNew = isNamespace && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE');
  const labelled = isNew ? object : await namespaceObject(core, namespace);
  return matchesLabelSelector(namespaceSelector, labelled.metadata.labels);
}

/** @throws ApiError NotFound */
export async function namespaceObject({ resources, hub }: Core, name: string): Promise<AnyObject> {
  const cache = resources.of('', 'namespaces')?.cache;
  const found = cache?.object('', name);
  if (found) return found;
  await hub.fresh();
  const fresh = cache?.object('', name);
  if (!fresh) throw notFound({ group: '', plural: 'namespaces' }, name);
  return fresh;
}

/** By the labels of the object as it is or was; what has none, like the options of an exec, is not selected. */
export function objectMatches({ objectSelector }: Pick<Hook, 'objectSelector'>, { object, old, shown, operation }: Attributes): boolean {
  if (isEmptySelector(objectSelector)) return true;
  if (operation === 'CONNECT') return false;
  const seen = (one: AnyObject | undefined) => one && (shown?.show ? shown.show(one) : one);
  return [seen(object), seen(old)].some((one) => one !== undefined && matchesLabelSelector(objectSelector, one.metadata.labels));
}
