import { deepEqual } from '../../base/deep-equal.ts';
import { CustomResourceDefinition } from '../../kinds/apiextensions/custom-resource-definition.ts';
import { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { ResourceQuota } from '../../kinds/core/resource-quota.ts';
import { builtinKinds } from '../../kinds/index.ts';
import type { KubeObject } from '../../meta/object.ts';
import { formatQuantity, quantityOf } from '../../meta/quantity.ts';
import type { Resource } from '../../meta/resource.ts';
import { isTerminalPhase } from '../../rules/pod-conditions.ts';
import { addUsage, DEVICES, inScope, usageOf, type Usage } from '../../rules/quota-usage.ts';
import { defineController, watchOf, type Cache, type Context, type Controller, type Watch } from '../runtime/index.ts';

/** How often what quotas say is used is counted anew though nothing announced a change. */
const RESYNC = 5 * 60_000;
/** Nothing announces what becomes of custom resources, whose kinds are known at run time only. */
const LOOK_AGAIN = 5_000;

/** What a quota can count: every namespaced kind that is stored. */
const COUNTED = builtinKinds.filter(({ scope, verbs }) => scope === 'Namespaced' && (verbs === undefined || verbs.includes('list')));

const countName = ({ group, plural }: Pick<Resource, 'group' | 'plural'>): string => `count/${plural}${group === '' ? '' : `.${group}`}`;

/** Which kinds the names of a quota's `hard` concern. */
function concerned(hard: Readonly<Record<string, string>>): readonly Resource[] {
  const names = Object.keys(hard);
  return COUNTED.filter(({ group, plural }) => names.some((name) => {
    if (name.startsWith('count/')) return name === countName({ group, plural });
    if (plural === 'resourceclaims') return name.endsWith(DEVICES);
    if (group !== '') return false;
    if (plural === 'services') return name === 'services' || name.startsWith('services.');
    if (plural === 'persistentvolumeclaims') return name === plural || name === 'requests.storage' || name.includes('.storageclass.storage.k8s.io/');
    if (plural === 'pods') return !NOT_OF_PODS.test(name);
    return name === plural;
  }));
}
const NOT_OF_PODS = /^(services(\..*)?|configmaps|secrets|replicationcontrollers|resourcequotas|persistentvolumeclaims|requests\.storage|.*\.storageclass\.storage\.k8s\.io\/.*|.*\.deviceclass\.resource\.k8s\.io\/devices)$/;

/**
 * Counts what each ResourceQuota's namespace uses. Admission adds to the count in the same write as the object; here what
 * is given back is found. The count is written only if the quota has not moved since before the objects were read, so
 * that none admitted meanwhile is lost from it.
 */
export const resourceQuotaController: Controller = defineController({
  name: 'resourcequota',
  component: 'resourcequota-controller',
  for: ResourceQuota,
  watches: [
    ...COUNTED.filter(({ kind }) => kind !== 'Pod' && kind !== 'ResourceQuota' && kind !== 'Event').map(given),
    watchOf(Pod, (pod, cache, old) => (old && isTerminalPhase(old.status.phase) === isTerminalPhase(pod.status.phase) ? [] : quotasIn(pod.metadata.namespace, cache))),
  ],
  async reconcile(quota, context) {
    const { hard = {} } = quota.spec;
    const declared = await declaredAt(hard, context);
    await count(quota, declared, context);
    return declared.length > 0 ? LOOK_AGAIN : RESYNC;
  },
});

/** Coming and going, and of claims growing. */
function given(resource: Resource): Watch {
  const grows = resource.plural === PersistentVolumeClaim.plural || resource.plural === 'services';
  return watchOf(resource, (object: KubeObject, cache, old) => (old && !grows ? [] : quotasIn(object.metadata.namespace, cache)));
}

const quotasIn = (namespace: string | undefined, cache: Cache): readonly string[] =>
  cache.list(ResourceQuota, namespace).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);

/** The resources that `count/widgets.example.com` and the like concern, where a definition declares them. */
async function declaredAt(hard: Readonly<Record<string, string>>, { client }: Context): Promise<readonly Resource[]> {
  const builtin = new Set(COUNTED.map(countName));
  const names = Object.keys(hard).filter((name) => /^count\/[^.]+\../.test(name) && !builtin.has(name)).map((name) => name.slice('count/'.length));
  const found = await Promise.all(names.map((name) => client.list(CustomResourceDefinition, { fieldSelector: `metadata.name=${name}` })));
  return found.flatMap(({ items }) => items).flatMap(({ spec: { group, scope, names: { plural, kind }, versions } }) => {
    const served = versions.find((version) => version.served);
    return served && scope === 'Namespaced' ? [{ group, version: served.name, kind, plural, scope }] : [];
  });
}

async function count(seen: ResourceQuota, declared: readonly Resource[], { client, now }: Context): Promise<void> {
  const { name, namespace = '' } = seen.metadata;
  // First the quota, then the objects: what is admitted in between moves the quota on, and the write below fails.
  const quota = await client.get(ResourceQuota, name, { namespace });
  const { hard = {} } = quota.spec;
  let used: Usage = new Map();
  for (const resource of [...concerned(hard), ...declared]) {
    const { items } = await client.list(resource, { namespace });
    for (const object of items) {
      if (inScope(quota.spec, resource, object)) used = addUsage(used, usageOf(resource, object, now));
    }
  }
  const none = formatQuantity(quantityOf(0));
  const sums = Object.keys(hard).map((one) => [one, used.has(one) ? formatQuantity(used.get(one)!) : none]);
  const status = sums.length > 0 ? { hard, used: Object.fromEntries(sums) as Readonly<Record<string, string>> } : {};
  if (!deepEqual(quota.status, status)) await client.updateStatus(ResourceQuota, { ...quota, status });
}
