import { messageOf } from '../base/message-of.ts';
import { notFound } from '../meta/api-error.ts';
import { parseFieldSelector } from '../meta/field-selector.ts';
import { matchesRequirements, parseLabelSelector } from '../meta/label-selector.ts';
import type { AnyObject } from '../meta/object.ts';
import type { ApiResponse } from '../wire/api.ts';
import type { Core } from './core.ts';
import { answerObjects } from './list-answer.ts';
import { parseListQuery } from './query.ts';
import { answerObject, type ResourceRequest } from './resource-request.ts';
import { fieldReader } from './selectors.ts';
import type { Subresource } from './subresources/table.ts';

/** Resolves to what a healthy component says of itself. @throws what is wrong with it */
type Probe = (core: Core) => Promise<string>;

/** Components that live in this process live as long as it does; those elsewhere renew a Lease. */
const byLease = (name: string): Probe => async ({ resources, clock }) => {
  const lease = resources.of('coordination.k8s.io', 'leases')?.cache.object('kube-system', name);
  const { renewTime, leaseDurationSeconds = 0 } = (lease?.['spec'] ?? {}) as { readonly renewTime?: string; readonly leaseDurationSeconds?: number };
  if (renewTime !== undefined && Date.parse(renewTime) + leaseDurationSeconds * 1000 < clock.now()) throw new Error(`its lease was last renewed at ${renewTime}`);
  return 'ok';
};

const COMPONENTS: Readonly<Record<string, Probe>> = {
  'controller-manager': byLease('kube-controller-manager'),
  scheduler: byLease('kube-scheduler'),
  'etcd-0': async ({ driver }) => {
    await driver.range({ from: '\u0000', to: '\u0001', at: 0n, limit: 1 });
    return 'ok';
  },
};

async function statusOf(core: Core, name: string): Promise<AnyObject> {
  const condition = await COMPONENTS[name]!(core).then(
    (message) => ({ type: 'Healthy', status: 'True', message }),
    (error: unknown) => ({ type: 'Healthy', status: 'False', message: messageOf(error) }));
  return { kind: 'ComponentStatus', apiVersion: 'v1', metadata: { name, creationTimestamp: null }, conditions: [condition] } as unknown as AnyObject;
}

/** ComponentStatuses are stored nowhere: each answer is a look at how things are. */
export const componentStatus: Subresource = {
  async get(at) {
    const { name } = at.exchange.info;
    if (!Object.hasOwn(COMPONENTS, name)) throw notFound(at.served.kind, name);
    return answerObject(at, 200, await statusOf(at.core, name));
  },
  list: listStatuses,
};

async function listStatuses(at: ResourceRequest): Promise<ApiResponse> {
  const { labelSelector, fieldSelector } = parseListQuery(at.exchange.info.query, false);
  const labels = parseLabelSelector(labelSelector);
  const fields = parseFieldSelector(fieldSelector).map(({ field, operator, value }) => ({ read: fieldReader(at.served.kind, field), equal: operator === '=', value }));
  const all = await Promise.all(Object.keys(COMPONENTS).map((name) => statusOf(at.core, name)));
  return answerObjects(at, all.filter((object) => matchesRequirements(labels, undefined) && fields.every(({ read, equal, value }) => (read(object) === value) === equal)));
}
