import type { Node } from '../../kinds/core/node.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { Service } from '../../kinds/core/service.ts';
import type { Endpoint, EndpointPort } from '../../kinds/discovery/endpoint-slice.ts';
import { isReady } from '../../rules/pod-conditions.ts';
import { hostnameIn, isHeadless, isIPv6, isReachable, resolvePorts } from '../endpoints/service-pods.ts';
import { wantsTopology, ZONE } from './topology.ts';

/** Endpoints that go into slices together: same address family, same ports. */
export interface Group {
  readonly addressType: 'IPv4' | 'IPv6';
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/** What a Service's slices are to hold, by group. A Service without any endpoint has no group. */
export function desiredGroups(service: Service, pods: readonly Pod[], nodeOf: (name: string) => Node | undefined): ReadonlyMap<string, Group> {
  const groups = new Map<string, { addressType: Group['addressType']; ports: readonly EndpointPort[]; endpoints: Endpoint[] }>();
  for (const addressType of families(service)) {
    for (const pod of pods.filter(isReachable)) {
      const addresses = addressesOf(pod, addressType);
      if (addresses.length === 0) continue;
      const ports = portsOf(service, pod);
      const key = groupKey(addressType, ports);
      const group = groups.get(key) ?? { addressType, ports, endpoints: [] };
      groups.set(key, group);
      group.endpoints.push(endpointOf(service, pod, { addresses, node: nodeOf(pod.spec.nodeName ?? '') }));
    }
  }
  return groups;
}

/** The Service's families; one without, as before it had an address, is taken for IPv4 unless its address says otherwise. */
export function families({ spec }: Service): readonly Group['addressType'][] {
  if (spec.ipFamilies && spec.ipFamilies.length > 0) return spec.ipFamilies.map((family) => (family === 'IPv6' ? 'IPv6' : 'IPv4'));
  return [isIPv6(spec.clusterIP ?? '') ? 'IPv6' : 'IPv4'];
}

export const groupKey = (addressType: string, ports: readonly EndpointPort[] = []): string =>
  JSON.stringify([addressType, ports.map(({ name = '', protocol = 'TCP', port, appProtocol }) => [name, protocol, port, appProtocol]).sort()]);

function portsOf(service: Service, pod: Pod): readonly EndpointPort[] {
  if (isHeadless(service) && (service.spec.ports ?? []).length === 0) return [];
  return resolvePorts(service, pod).map(({ name = '', port, protocol, appProtocol }) => ({
    name, port, protocol, ...(appProtocol === undefined ? {} : { appProtocol }),
  }));
}

function addressesOf({ status }: Pod, addressType: Group['addressType']): readonly string[] {
  const all = status.podIPs?.map(({ ip }) => ip) ?? [status.podIP!];
  return all.filter((ip) => isIPv6(ip) === (addressType === 'IPv6'));
}

function endpointOf(service: Service, pod: Pod, { addresses, node }: { addresses: readonly string[]; node: Node | undefined }): Endpoint {
  const { name, namespace, uid, deletionTimestamp } = pod.metadata;
  const serving = isReady(pod);
  const terminating = deletionTimestamp !== undefined;
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const hostname = hostnameIn(pod, service);
  const zone = node?.metadata.labels?.[ZONE];
  const hints = ready ? hintsOf(service, { zone, node: pod.spec.nodeName }) : undefined;
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: 'Pod', ...(namespace === undefined ? {} : { namespace }), name, uid },
    ...(zone === undefined ? {} : { zone }),
    ...(hints ? { hints } : {}),
  };
}

/** Who should prefer the endpoint, by the Service's trafficDistribution (KEP-4444, KEP-3015); the older annotation comes first. */
function hintsOf(service: Service, { zone, node }: { readonly zone: string | undefined; readonly node: string | undefined }): Endpoint['hints'] {
  const { trafficDistribution } = service.spec;
  if (!NEAR.has(trafficDistribution ?? '') || wantsTopology(service)) return undefined;
  const forZones = zone === undefined ? {} : { forZones: [{ name: zone }] };
  const forNodes = trafficDistribution === 'PreferSameNode' && node ? { forNodes: [{ name: node }] } : {};
  return zone === undefined && !('forNodes' in forNodes) ? undefined : { ...forZones, ...forNodes };
}
const NEAR = new Set(['PreferClose', 'PreferSameZone', 'PreferSameNode']);
