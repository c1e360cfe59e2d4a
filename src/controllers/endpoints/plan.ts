import type { EndpointAddress, Endpoints, EndpointSubset } from '../../kinds/core/endpoints.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { Service } from '../../kinds/core/service.ts';
import { deepEqual } from '../../base/deep-equal.ts';
import { isReady } from '../../rules/pod-conditions.ts';
import { hostnameIn, isHeadless, isIPv6, isReachable, resolvePorts, type ResolvedPort } from './service-pods.ts';

const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const HEADLESS = 'service.kubernetes.io/headless';
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
export const CHANGED_AT = 'endpoints.kubernetes.io/last-change-trigger-time';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** Addresses an Endpoints object holds at most; EndpointSlices have no such limit. */
const CAPACITY = 1000;

/** What the Endpoints object is to hold. */
export interface Plan {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly subsets: readonly EndpointSubset[];
}

export function plan(service: Service, pods: readonly Pod[]): Plan {
  const { subsets, truncated } = truncate(subsetsOf(service, pods));
  // What `kubectl apply` keeps on the Service is about the Service alone.
  const { [CHANGED_AT]: _at, [LAST_APPLIED]: _applied, ...annotations } = service.metadata.annotations ?? {};
  return {
    labels: { ...service.metadata.labels, [MANAGED_BY]: 'endpoint-controller', ...(isHeadless(service) ? { [HEADLESS]: '' } : {}) },
    annotations: { ...annotations, ...(truncated ? { [OVER_CAPACITY]: 'truncated' } : {}) },
    subsets,
  };
}

/** Whether the object already says so; when it was said does not count. */
export function isCurrent(endpoints: Endpoints, { labels, annotations, subsets }: Plan): boolean {
  const { [CHANGED_AT]: _, ...before } = endpoints.metadata.annotations ?? {};
  return deepEqual(endpoints.subsets ?? [], subsets) && deepEqual(endpoints.metadata.labels ?? {}, labels) && deepEqual(before, annotations);
}

interface Group {
  readonly ports: readonly ResolvedPort[];
  readonly addresses: EndpointAddress[];
  readonly notReadyAddresses: EndpointAddress[];
}

/** One subset for each set of ports that pods share. */
function subsetsOf(service: Service, pods: readonly Pod[]): readonly EndpointSubset[] {
  const groups = new Map<string, Group>();
  const { publishNotReadyAddresses = false, ports: wanted = [] } = service.spec;
  for (const pod of pods) {
    const ip = addressOf(service, pod);
    if (ip === undefined || (pod.metadata.deletionTimestamp !== undefined && !publishNotReadyAddresses)) continue;
    const ports = resolvePorts(service, pod).toSorted(byPort);
    if (ports.length === 0 && !(wanted.length === 0 && isHeadless(service))) continue;
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, addresses: [], notReadyAddresses: [] };
    groups.set(key, group);
    (publishNotReadyAddresses || isReady(pod) ? group.addresses : group.notReadyAddresses).push(endpointAddress(ip, pod, service));
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { ports, addresses, notReadyAddresses }]) => ({
    ...(addresses.length > 0 ? { addresses: addresses.sort(byAddress) } : {}),
    ...(notReadyAddresses.length > 0 ? { notReadyAddresses: notReadyAddresses.sort(byAddress) } : {}),
    ...(ports.length > 0 ? { ports } : {}),
  }));
}

/** The pod's address of the Service's first family. */
function addressOf({ spec }: Service, pod: Pod): string | undefined {
  if (!isReachable(pod)) return undefined;
  const family = spec.ipFamilies?.[0];
  const addresses = pod.status.podIPs?.map(({ ip }) => ip) ?? [pod.status.podIP!];
  return family === undefined ? pod.status.podIP : addresses.find((ip) => isIPv6(ip) === (family === 'IPv6'));
}

function endpointAddress(ip: string, pod: Pod, service: Service): EndpointAddress {
  const { name, namespace, uid } = pod.metadata;
  const hostname = hostnameIn(pod, service);
  return {
    ip,
    ...(hostname === undefined ? {} : { hostname }),
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: 'Pod', ...(namespace === undefined ? {} : { namespace }), name, uid },
  };
}

const byAddress = (a: EndpointAddress, b: EndpointAddress): number => compareText(a.ip, b.ip) || compareText(a.targetRef?.uid ?? '', b.targetRef?.uid ?? '');
const byPort = (a: ResolvedPort, b: ResolvedPort): number => compareText(a.name ?? '', b.name ?? '') || a.port - b.port || compareText(a.protocol, b.protocol);
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Ready addresses go first when not all fit. */
function truncate(subsets: readonly EndpointSubset[]): { readonly subsets: readonly EndpointSubset[]; readonly truncated: boolean } {
  const total = subsets.reduce((sum, one) => sum + (one.addresses?.length ?? 0) + (one.notReadyAddresses?.length ?? 0), 0);
  if (total <= CAPACITY) return { subsets, truncated: false };
  let left = CAPACITY;
  const take = <T>(list: readonly T[] = []): readonly T[] => {
    const taken = list.slice(0, left);
    left -= taken.length;
    return taken;
  };
  const ready = subsets.map(({ addresses }) => take(addresses));
  const kept = subsets.map(({ ports, notReadyAddresses }, at) => {
    const others = take(notReadyAddresses);
    return {
      ...(ready[at]!.length > 0 ? { addresses: ready[at]! } : {}),
      ...(others.length > 0 ? { notReadyAddresses: others } : {}),
      ...(ports ? { ports } : {}),
    };
  });
  return { subsets: kept.filter((one) => one.addresses ?? one.notReadyAddresses), truncated: true };
}
