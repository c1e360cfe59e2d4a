import { forbiddenRequest } from '../../../meta/api-error.ts';
import type { AnyObject } from '../../../meta/object.ts';
import { addQuantity, compareQuantity, formatQuantity, parseQuantity, subtractQuantity, type Quantity } from '../../../meta/quantity.ts';
import { inScope, unsaid, usageOf, type QuotaLike, type Usage } from '../../../rules/quota-usage.ts';
import type { Replacement } from '../../registry/storage.ts';
import type { Version } from '../../watch-cache/version.ts';
import type { AdmissionPlugin, Attributes } from '../admission.ts';

type Quantities = Readonly<Record<string, string>>;

interface Quota extends AnyObject {
  readonly spec?: QuotaLike;
  readonly status?: { readonly hard?: Quantities; readonly used?: Quantities };
}

/** Kinds whose updates can use more than before. */
const GROWING = new Set(['pods', 'services', 'persistentvolumeclaims']);

/**
 * Refuses what a namespace's quotas have no room for, and charges them for what they have: the charge and the object are
 * one write, so that creations side by side never exceed a quota together and a failed one costs nothing.
 */
export const resourceQuota: AdmissionPlugin = {
  name: 'ResourceQuota',
  on: { operations: ['CREATE', 'UPDATE'], subresources: ['', 'resize'] },

  validate(attributes, core) {
    const { operation, kind, namespace, dryRun } = attributes;
    if (kind.scope !== 'Namespaced' || (operation === 'UPDATE' && !(kind.group === '' && GROWING.has(kind.plural)))) return undefined;
    const cache = core.resources.of('', 'resourcequotas')?.cache;
    if (!cache || cache.size === 0) return undefined;
    const charges: Replacement[] = [];
    for (const version of cache.list(namespace)) {
      const charged = charge(version, attributes, core.clock.now());
      if (charged) charges.push(charged);
    }
    return dryRun || charges.length === 0 ? undefined : charges;
  },
};

/** @throws ApiError Forbidden where there is no room. @returns the quota with what the object uses added */
function charge(version: Version, { kind, object, old, name }: Attributes, now: number): Replacement | undefined {
  const quota = version.object as Quota;
  const spec = quota.spec ?? {};
  if (!inScope(spec, kind, object)) return undefined;
  const refuse = (why: string) => forbiddenRequest({ group: kind.group, plural: kind.plural }, name, why);
  const hard = quota.status?.hard;
  const names = Object.keys(spec.hard ?? {});
  const silent = kind.group === '' && kind.plural === 'pods' && !old ? unsaid(spec.hard ?? {}, object) : undefined;
  if (silent !== undefined) throw refuse(`failed quota: ${quota.metadata.name}: ${silent}`);
  const before: Usage = old && inScope(spec, kind, old) ? usageOf(kind, old, now) : new Map();
  const delta = growth(usageOf(kind, object, now), before, names);
  if (delta.size === 0) return undefined;
  const unknown = [...delta.keys()].filter((resource) => hard?.[resource] === undefined || quota.status?.used?.[resource] === undefined);
  if (unknown.length > 0) throw refuse(`status unknown for quota: ${quota.metadata.name}, resources: ${unknown.sort().join()}`);
  const used = quota.status!.used!;
  const sums = new Map([...delta].map(([resource, more]) => [resource, addQuantity(parseQuantity(used[resource]!), more)]));
  const exceeded = [...sums].filter(([resource, sum]) => compareQuantity(sum, parseQuantity(hard![resource]!)) > 0).map(([resource]) => resource).sort();
  if (exceeded.length > 0) {
    const list = (of: (resource: string) => string) => exceeded.map((resource) => `${resource}=${of(resource)}`).join();
    throw refuse(`exceeded quota: ${quota.metadata.name}, requested: ${list((one) => formatQuantity(delta.get(one)!))}, used: ${list((one) => used[one]!)}, limited: ${list((one) => hard![one]!)}`);
  }
  const charged = { ...quota, status: { ...quota.status, used: { ...used, ...Object.fromEntries([...sums].map(([one, sum]) => [one, formatQuantity(sum)])) } } };
  return { put: { type: 'put', key: version.key, value: version.codec.encode(charged) }, base: version.revision };
}

/** What is used more than before, of what the quota limits. */
function growth(now: Usage, before: Usage, names: readonly string[]): ReadonlyMap<string, Quantity> {
  const more = new Map<string, Quantity>();
  for (const name of names) {
    const used = now.get(name);
    if (!used) continue;
    const delta = before.has(name) ? subtractQuantity(used, before.get(name)!) : used;
    if (delta.nanos > 0n) more.set(name, delta);
  }
  return more;
}
