import { deepEqual } from '../../base/deep-equal.ts';
import { Node } from '../../kinds/core/node.ts';
import { Service } from '../../kinds/core/service.ts';
import { EndpointSlice } from '../../kinds/discovery/endpoint-slice.ts';
import { defineController, watchOf, type Cache, type Context } from '../runtime/index.ts';
import { CLEANUP, decide, isOurs, type Ingress } from './plan.ts';

/**
 * Gives Services of type LoadBalancer the addresses of nodes, as small clusters do: what reaches a node at the Service's
 * port, the node's proxy takes on. A Service that names another class is left to whoever has that class.
 */
export const serviceLoadBalancer = defineController({
  name: 'service-lb',
  component: 'service-controller',
  for: Service,
  when: concerns,
  watches: [
    watchOf(Node, (node, cache, old) => (old && !isMoved(old, node) ? [] : keysOf(cache.list(Service).filter(isOurs)))),
    watchOf(EndpointSlice, ({ metadata }, cache) => keysOf(localService(metadata, cache))),
    // A port set free may be waited for.
    watchOf(Service, (service, cache, old) => (concerns(service) || (old && concerns(old)) ? keysOf(cache.list(Service).filter(isOurs)) : [])),
  ],

  async reconcile(service, context) {
    if (!isOurs(service)) return withdraw(service, context);
    const { cache, client, events } = context;
    const { namespace = '', name } = service.metadata;
    const slices = cache.list(EndpointSlice, namespace).filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name);
    const decision = decide(service, { nodes: cache.list(Node), slices, services: cache.list(Service) });
    const before = service.status.loadBalancer?.ingress ?? [];
    if ('taken' in decision) {
      events.event(service, 'Warning', 'SyncLoadBalancerFailed', `Error syncing load balancer: failed to ensure load balancer: ${decision.taken}`);
      await publish(service, [], context);
      return undefined;
    }
    if (deepEqual(before, decision.ingress)) return undefined;
    events.event(service, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer');
    const { finalizers = [] } = service.metadata;
    const held = finalizers.includes(CLEANUP) ? service : await client.update(Service, { ...service, metadata: { ...service.metadata, finalizers: [...finalizers, CLEANUP] } });
    await publish(held, decision.ingress, context);
    events.event(service, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer');
    return undefined;
  },
});

function concerns(service: Service): boolean {
  return isOurs(service) || (service.metadata.finalizers?.includes(CLEANUP) ?? false);
}

/** No longer ours to lead anywhere: the addresses go, then what held the Service. */
async function withdraw(service: Service, context: Context): Promise<undefined> {
  const { client, events } = context;
  const { finalizers = [] } = service.metadata;
  if (!finalizers.includes(CLEANUP)) return;
  events.event(service, 'Normal', 'DeletingLoadBalancer', 'Deleting load balancer');
  const cleared = await publish(service, [], context);
  await client.update(Service, { ...cleared, metadata: { ...cleared.metadata, finalizers: finalizers.filter((one) => one !== CLEANUP) } });
  events.event(service, 'Normal', 'DeletedLoadBalancer', 'Deleted load balancer');
}

async function publish(service: Service, ingress: Ingress, { client }: Context): Promise<Service> {
  if (deepEqual(service.status.loadBalancer?.ingress ?? [], ingress)) return service;
  return client.updateStatus(Service, { ...service, status: { ...service.status, loadBalancer: ingress.length > 0 ? { ingress } : {} } });
}

const isMoved = (before: Node, after: Node): boolean =>
  !deepEqual([before.metadata.labels, before.status.addresses, readiness(before)], [after.metadata.labels, after.status.addresses, readiness(after)]);
const readiness = ({ status }: Node) => status.conditions?.find(({ type }) => type === 'Ready')?.status;
const keysOf = (services: readonly Service[]): readonly string[] => services.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);

/** Where endpoints are matters to a Service whose traffic stays on its node. */
function localService({ labels, namespace }: EndpointSlice['metadata'], cache: Cache): readonly Service[] {
  const service = cache.get(Service, labels?.['kubernetes.io/service-name'] ?? '', namespace);
  return service && isOurs(service) && service.spec.externalTrafficPolicy === 'Local' ? [service] : [];
}
