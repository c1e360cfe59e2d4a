import { forbiddenRequest } from '../../../meta/api-error.ts';
import type { AnyObject } from '../../../meta/object.ts';
import { compareQuantity, formatQuantity, milliQuantityOf, parseQuantity, quantityOf, type Quantity } from '../../../meta/quantity.ts';
import { podLimits, podRequests, type Amounts, type PodResourcesLike } from '../../../rules/pod-resources.ts';
import type { Core } from '../../core.ts';
import type { AdmissionPlugin, Attributes } from '../admission.ts';

type Quantities = Readonly<Record<string, string>>;

interface Item {
  readonly type: string;
  readonly max?: Quantities;
  readonly min?: Quantities;
  readonly default?: Quantities;
  readonly defaultRequest?: Quantities;
  readonly maxLimitRequestRatio?: Quantities;
}

interface Resources {
  readonly requests?: Quantities;
  readonly limits?: Quantities;
}

interface Container {
  readonly name: string;
  readonly resources?: Resources;
}

interface Spec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly resources?: Resources;
}

const ANNOTATION = 'kubernetes.io/limit-ranger';

/**
 * Gives containers the requests and limits their namespace's LimitRanges have for those that say nothing, and refuses pods
 * and claims outside their bounds (https://kubernetes.io/docs/concepts/policy/limit-range/).
 */
export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  on: { operations: ['CREATE', 'UPDATE'], resources: ['pods', 'persistentvolumeclaims'], subresources: ['', 'resize'] },

  mutate({ operation, kind, object, namespace }, core) {
    // A pod's containers never change by an update of the pod itself.
    if (kind.plural !== 'pods' || operation === 'UPDATE') return object;
    return itemsOf(core, namespace).reduce((pod, items) => withDefaults(pod, items), object);
  },

  validate(attributes, core) {
    const { operation, kind, subresource, namespace, name } = attributes;
    if (kind.plural === 'pods' && operation === 'UPDATE' && subresource !== 'resize') return;
    for (const items of itemsOf(core, namespace)) {
      const problems = items.flatMap((item) => [...problemsOf(item, attributes)]);
      if (problems.length > 0) {
        throw forbiddenRequest({ group: kind.group, plural: kind.plural }, name, problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`);
      }
    }
  },
};

function itemsOf({ resources }: Core, namespace: string): readonly (readonly Item[])[] {
  const cache = resources.of('', 'limitranges')?.cache;
  if (!cache || cache.size === 0) return [];
  return [...cache.list(namespace)].map(({ object }) => (object['spec'] as { readonly limits?: readonly Item[] } | undefined)?.limits ?? []);
}

function withDefaults(pod: AnyObject, items: readonly Item[]): AnyObject {
  const ofContainers = items.filter(({ type }) => type === 'Container');
  const limits = Object.assign({}, ...ofContainers.map((item) => item.default)) as Quantities;
  const requests = Object.assign({}, ...ofContainers.map((item) => item.defaultRequest)) as Quantities;
  const told: string[] = [];
  const filled = (sort: string) => <C extends Container>(container: C): C => {
    const missing = (has: Quantities | undefined, defaults: Quantities) => Object.keys(defaults).filter((name) => has?.[name] === undefined).sort();
    const { resources } = container;
    const [newRequests, newLimits] = [missing(resources?.requests, requests), missing(resources?.limits, limits)];
    if (newRequests.length > 0) told.push(`${newRequests.join(', ')} request for ${sort} ${container.name}`);
    if (newLimits.length > 0) told.push(`${newLimits.join(', ')} limit for ${sort} ${container.name}`);
    if (newRequests.length + newLimits.length === 0) return container;
    return {
      ...container,
      resources: {
        ...resources,
        ...(newLimits.length > 0 ? { limits: { ...limits, ...resources?.limits } } : {}),
        ...(newRequests.length > 0 ? { requests: { ...requests, ...resources?.requests } } : {}),
      },
    };
  };
  const spec = pod['spec'] as Spec;
  const after = {
    ...spec,
    containers: spec.containers.map(filled('container')),
    ...(spec.initContainers ? { initContainers: spec.initContainers.map(filled('init container')) } : {}),
  };
  if (told.length === 0) return pod;
  const annotations = { ...pod.metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${told.join('; ')}` };
  return { ...pod, metadata: { ...pod.metadata, annotations }, spec: after };
}

/** Amounts as they are written, and as they compare. */
type Amount = { readonly text: string; readonly quantity: Quantity };

interface Asked {
  readonly type: string;
  readonly requests: ReadonlyMap<string, Amount>;
  readonly limits: ReadonlyMap<string, Amount>;
}

function* problemsOf(item: Item, { kind, object }: Attributes): Iterable<string> {
  const spec = object['spec'] as Spec;
  if (kind.plural === 'persistentvolumeclaims') {
    if (item.type !== 'PersistentVolumeClaim') return;
    const claim = { type: item.type, requests: written(spec.resources?.requests), limits: new Map() };
    yield* tooSmall(item, claim);
    for (const [name, max] of written(item.max)) {
      const request = claim.requests.get(name);
      const bound = `maximum ${name} usage per ${item.type} is ${max.text}`;
      if (!request) yield `${bound}.  No request is specified`;
      else if (compareQuantity(request.quantity, max.quantity) > 0) yield `${bound}, but request is ${request.text}`;
    }
  } else if (item.type === 'Container') {
    for (const { resources } of [...spec.containers, ...(spec.initContainers ?? [])]) {
      yield* outside(item, { type: item.type, requests: written(resources?.requests), limits: written(resources?.limits) });
    }
  } else if (item.type === 'Pod') {
    const pod = { spec } as PodResourcesLike;
    yield* outside(item, { type: item.type, requests: summed(podRequests(pod)), limits: summed(podLimits(pod)) });
  }
}

const written = (list: Quantities | undefined): ReadonlyMap<string, Amount> =>
  new Map(Object.keys(list ?? {}).sort().map((name) => [name, { text: list![name]!, quantity: parseQuantity(list![name]!) }]));

const summed = (amounts: Amounts): ReadonlyMap<string, Amount> => new Map([...amounts].map(([name, amount]) => {
  const quantity = name === 'cpu' ? milliQuantityOf(amount) : quantityOf(amount, /^(memory|ephemeral-storage|hugepages-.*)$/.test(name) ? 'BinarySI' : 'DecimalSI');
  return [name, { text: formatQuantity(quantity), quantity }];
}));

function* outside(item: Item, asked: Asked): Iterable<string> {
  yield* tooSmall(item, asked);
  yield* tooLarge(item, asked);
  yield* tooUneven(item, asked);
}

function* tooSmall({ min }: Item, { type, requests, limits }: Asked): Iterable<string> {
  for (const [name, { text, quantity }] of written(min)) {
    const bound = `minimum ${name} usage per ${type} is ${text}`;
    const [request, limit] = [requests.get(name), limits.get(name)];
    if (!request) yield `${bound}.  No request is specified`;
    else if (compareQuantity(request.quantity, quantity) < 0) yield `${bound}, but request is ${request.text}`;
    else if (limit && compareQuantity(limit.quantity, quantity) < 0) yield `${bound}, but limit is ${limit.text}`;
  }
}

function* tooLarge({ max }: Item, { type, requests, limits }: Asked): Iterable<string> {
  for (const [name, { text, quantity }] of written(max)) {
    const bound = `maximum ${name} usage per ${type} is ${text}`;
    const [request, limit] = [requests.get(name), limits.get(name)];
    if (!limit) yield `${bound}.  No limit is specified`;
    else if (compareQuantity(limit.quantity, quantity) > 0) yield `${bound}, but limit is ${limit.text}`;
    else if (request && compareQuantity(request.quantity, quantity) > 0) yield `${bound}, but request is ${request.text}`;
  }
}

function* tooUneven({ maxLimitRequestRatio }: Item, { type, requests, limits }: Asked): Iterable<string> {
  for (const [name, { text, quantity }] of written(maxLimitRequestRatio)) {
    const bound = `${name} max limit to request ratio per ${type} is ${text}`;
    const [request, limit] = [requests.get(name)?.quantity.nanos ?? 0n, limits.get(name)?.quantity.nanos ?? 0n];
    if (request === 0n) yield `${bound}, but no request is specified or request is 0`;
    else if (limit === 0n) yield `${bound}, but no limit is specified or limit is 0`;
    else if (limit * 1_000_000_000n > quantity.nanos * request) yield `${bound}, but provided ratio is ${(Number(limit) / Number(request)).toFixed(6)}`;
  }
}
