import { messageOf } from '../../base/message-of.ts';
import { Endpoints, type EndpointAddress, type EndpointSubset } from '../../kinds/core/endpoints.ts';
import { Service } from '../../kinds/core/service.ts';
import { EndpointSlice, type Endpoint } from '../../kinds/discovery/endpoint-slice.ts';
import { isApiError } from '../../meta/api-error.ts';
import { CHANGED_AT } from '../endpoints/plan.ts';
import { isIPv6 } from '../endpoints/service-pods.ts';
import { isNamespaceTerminating } from '../pod-control.ts';
import { controllerReference, defineController, watchOf } from '../runtime/index.ts';
import { carryOut } from './carry-out.ts';
import { groupKey, type Group } from './desired.ts';
import { MANAGED_BY, plan, SERVICE_NAME } from './plan.ts';

const MIRROR = 'endpointslicemirroring-controller.k8s.io';
const SKIP = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER = 'control-plane.alpha.kubernetes.io/leader';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** Addresses of a subset that are mirrored at most. */
const CAPACITY = 1000;

/** Turns Endpoints that someone writes by hand, for a Service without selector, into the slices that proxies read (KEP-752). */
export const endpointSliceMirroringController = defineController({
  name: 'endpoint-slice-mirroring',
  for: Endpoints,
  owns: [EndpointSlice],
  watches: [watchOf(Service, ({ metadata }) => [`${metadata.namespace}/${metadata.name}`])],

  async reconcile(endpoints, context) {
    const { cache, events } = context;
    const { name, namespace = '', annotations = {} } = endpoints.metadata;
    const slices = cache.owned(EndpointSlice, endpoints).filter(({ metadata }) => metadata.labels?.[MANAGED_BY] === MIRROR);
    const desired = isMirrored(endpoints, cache.get(Service, name, namespace)) ? mirroredGroups(endpoints.subsets ?? []) : new Map<string, Group>();
    const labels = { ...endpoints.metadata.labels, [SERVICE_NAME]: name, [MANAGED_BY]: MIRROR };
    const { [LAST_APPLIED]: _applied, [CHANGED_AT]: _at, ...kept } = annotations;
    try {
      const todo = plan({ labels, placeholders: [] }, slices, desired);
      await carryOut(todo, { name, namespace, labels, annotations: kept, owner: controllerReference(Endpoints, endpoints) }, context);
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      if (!isApiError(error, 'Conflict', 'NotFound')) {
        events.event(endpoints, 'Warning', 'FailedToUpdateEndpointSlices', `Error updating Endpoint Slices for Endpoints ${namespace}/${name}: ${messageOf(error)}`);
      }
      throw error;
    }
  },
});

/** Of Services with a selector the other controller makes the slices; a leader election's Endpoints are no addresses. */
export function isMirrored({ metadata }: Endpoints, service: Service | undefined): boolean {
  if (!service || Object.keys(service.spec.selector ?? {}).length > 0) return false;
  return metadata.labels?.[SKIP] !== 'true' && metadata.annotations?.[LEADER] === undefined;
}

export function mirroredGroups(subsets: readonly EndpointSubset[]): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group & { readonly endpoints: Endpoint[] }>();
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of subsets) {
    const named = ports.map(({ name = '', ...port }) => ({ name, ...port }));
    const all = [...addresses.map((one) => mirrored(one, true)), ...notReadyAddresses.map((one) => mirrored(one, false))];
    for (const endpoint of all.slice(0, CAPACITY)) {
      const addressType = isIPv6(endpoint.addresses[0]!) ? 'IPv6' : 'IPv4';
      const key = groupKey(addressType, named);
      const group = groups.get(key) ?? { addressType, ports: named, endpoints: [] };
      groups.set(key, group);
      group.endpoints.push(endpoint);
    }
  }
  return groups;
}

const mirrored = ({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint => ({
  addresses: [ip],
  conditions: { ready },
  ...(hostname === undefined ? {} : { hostname }),
  ...(nodeName === undefined ? {} : { nodeName }),
  ...(targetRef === undefined ? {} : { targetRef }),
});
