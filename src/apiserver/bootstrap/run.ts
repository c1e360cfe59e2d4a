import type { ApiHandler } from '../../wire/api.ts';
import { type PolicyRule, uncovered } from '../authz/rules.ts';
import type { Core } from '../core.ts';
import { sameObject } from '../registry/equality.ts';
import { rbacObjects, type Wanted } from './rbac-objects.ts';
import { ifThere, send, urlOf } from './send.ts';
import { defaultServiceCidr, namespaceObjects, SERVICE_CIDR, systemObjects } from './system-objects.ts';

/** Brings what every cluster starts with into being; what is there already is kept, but for what it lacks. */
export async function bootstrap(core: Core, handler: ApiHandler): Promise<void> {
  // What everything else stands in or draws from.
  const first = [...namespaceObjects(), defaultServiceCidr(core.allocations.cidrs)];
  await Promise.all(first.map((wanted) => ensure(core, handler, wanted)));
  const all = [...rbacObjects(), ...systemObjects(core.config)];
  await Promise.all(all.map((wanted) => ensure(core, handler, wanted)));
}

/** Makes one object, or gives a present one what it lacks. */
export async function ensure(core: Core, handler: ApiHandler, wanted: Wanted): Promise<void> {
  const served = core.resources.of(wanted.group, wanted.plural);
  if (!served) return;
  const { name, namespace = '' } = wanted.object.metadata;
  const present = served.cache.object(namespace, name);
  if (!present) {
    await send(handler, { method: 'POST', url: urlOf(served, namespace), object: wanted.object }).catch(ifThere);
    return;
  }
  const mended = mend(wanted, present as unknown as Wanted['object']);
  if (mended) await send(handler, { method: 'PUT', url: `${urlOf(served, namespace)}/${encodeURIComponent(name)}`, object: mended });
}

/** The present object with what it lacks, or undefined when it lacks nothing. */
function mend({ plural, object }: Wanted, present: Wanted['object']): Wanted['object'] | undefined {
  if (plural === 'endpoints') return sameObject(object['subsets'], present['subsets']) ? undefined : { ...present, subsets: object['subsets'] };
  if (plural === 'endpointslices') {
    const wanted = { endpoints: object['endpoints'], ports: object['ports'] };
    return sameObject(wanted, { endpoints: present['endpoints'], ports: present['ports'] }) ? undefined : { ...present, ...wanted };
  }
  if (plural === 'configmaps') return mendData(object, present);
  if (plural === SERVICE_CIDR.plural) return mendServiceCidr(object, present);
  const annotations = present.metadata['annotations'] as Readonly<Record<string, string>> | undefined;
  if (annotations?.['rbac.authorization.kubernetes.io/autoupdate'] === 'false') return undefined;
  if (plural === 'clusterroles' || plural === 'roles') {
    if (object['aggregationRule']) return undefined;
    const rules = (present['rules'] ?? []) as readonly PolicyRule[];
    const missing = uncovered((object['rules'] ?? []) as readonly PolicyRule[], rules);
    return missing.length === 0 ? undefined : { ...present, rules: [...rules, ...missing] };
  }
  if (plural !== 'clusterrolebindings' && plural !== 'rolebindings') return undefined;
  const subjects = (present['subjects'] ?? []) as readonly unknown[];
  const missing = ((object['subjects'] ?? []) as readonly unknown[]).filter((one) => !subjects.some((other) => sameObject(one, other)));
  return missing.length === 0 ? undefined : { ...present, subjects: [...subjects, ...missing] };
}

/** What others put beside ours stays. */
function mendData({ data: wanted }: Wanted['object'], present: Wanted['object']): Wanted['object'] | undefined {
  const data = { ...(present['data'] as object | undefined), ...(wanted as object) };
  return sameObject(data, present['data']) ? undefined : { ...present, data };
}

/** A cluster that got its second family; any other difference is the administrator's to settle. */
function mendServiceCidr({ spec: wanted }: Wanted['object'], present: Wanted['object']): Wanted['object'] | undefined {
  const cidrs = (spec: unknown) => (spec as { readonly cidrs?: readonly string[] }).cidrs ?? [];
  const [want, have] = [cidrs(wanted), cidrs(present['spec'])];
  return want.length === 2 && have.length === 1 && want[0] === have[0] ? { ...present, spec: wanted } : undefined;
}
