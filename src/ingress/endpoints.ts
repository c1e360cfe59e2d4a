import type { Lister } from '../client/index.ts';
import type { Service, ServicePort } from '../kinds/core/service.ts';
import type { EndpointSlice } from '../kinds/discovery/endpoint-slice.ts';
import type { BackendRef } from './routes.ts';

/** How a backend is spoken to, from its port's `appProtocol` (KEP-3726). */
export type Speech = 'http' | 'h2c' | 'https';

/** Where a backend's requests may go. */
export interface Backend {
  readonly speech: Speech;
  /** `host:port`; empty where nothing is ready. */
  readonly endpoints: readonly string[];
}

const SERVICE_NAME = 'kubernetes.io/service-name';
/** The index of slices by the `namespace/name` of their Service. */
export const BY_SERVICE = 'ingress-service';
export const serviceOfSlice = ({ metadata }: EndpointSlice): readonly string[] => [`${metadata.namespace}/${metadata.labels?.[SERVICE_NAME] ?? ''}`];

/** The backend behind a reference; undefined where there is no such Service or port. Pure but for the caches it reads. */
export function resolveBackend(ref: BackendRef, services: Pick<Lister<Service>, 'get'>, slices: Pick<Lister<EndpointSlice>, 'byIndex'>): Backend | undefined {
  const service = services.get(ref.service, ref.namespace);
  const port = service?.spec.ports?.find(({ name, port: number }) => (typeof ref.port === 'string' ? name === ref.port : number === ref.port));
  if (service?.spec.type === 'ExternalName') {
    const number = port?.port ?? ref.port;
    return typeof number === 'number' && number > 0 ? { speech: ref.speech ?? speechOf(port), endpoints: [`${service.spec.externalName}:${number}`] } : undefined;
  }
  if (!service || !port) return undefined;
  const own = slices.byIndex(BY_SERVICE, `${ref.namespace}/${ref.service}`);
  return { speech: ref.speech ?? speechOf(port), endpoints: endpointsOf(own, port) };
}

/** The ready ones; while there are none, those that end but still serve (KEP-1669). */
function endpointsOf(slices: readonly EndpointSlice[], { name: portName = '' }: ServicePort): readonly string[] {
  const [ready, ending] = [new Set<string>(), new Set<string>()];
  for (const { ports = [], endpoints = [] } of slices) {
    const number = (ports ?? []).find(({ name = '' }) => name === portName)?.port;
    if (number === undefined) continue;
    for (const { addresses, conditions } of endpoints ?? []) {
      const address = addresses[0];
      if (address === undefined) continue;
      const target = address.includes(':') ? `[${address}]:${number}` : `${address}:${number}`;
      if (conditions?.ready !== false) ready.add(target);
      else if (conditions.serving && conditions.terminating) ending.add(target);
    }
  }
  return [...(ready.size > 0 ? ready : ending)];
}

function speechOf(port: ServicePort | undefined): Speech {
  const said = port?.appProtocol?.toLowerCase() ?? '';
  if (said === 'kubernetes.io/h2c' || said === 'grpc' || said === 'h2c') return 'h2c';
  return said === 'https' || said === 'kubernetes.io/wss' ? 'https' : 'http';
}
