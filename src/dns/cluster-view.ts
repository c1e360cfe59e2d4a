import type { Informers } from '../client/index.ts';
import { Namespace } from '../kinds/core/namespace.ts';
import { Service } from '../kinds/core/service.ts';
import { EndpointSlice } from '../kinds/discovery/endpoint-slice.ts';
import type { ClusterView } from './plugins/kubernetes.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name';

/** The informers' caches as the kubernetes plugin reads them, with the indexes it needs. */
export function clusterView(informers: Informers): ClusterView {
  const services = informers.for(Service);
  const slices = informers.for(EndpointSlice);
  const namespaces = informers.for(Namespace);
  services.addIndex('clusterIP', addressesOf);
  slices.addIndex('service', (slice) => {
    const name = slice.metadata.labels?.[SERVICE_LABEL];
    return name === undefined ? [] : [`${slice.metadata.namespace}/${name}`];
  });
  slices.addIndex('address', (slice) => (slice.endpoints ?? []).flatMap(({ addresses }) => addresses));
  let version = 0;
  const changed = (): void => void version++;
  for (const informer of [services, slices, namespaces]) informer.addHandler({ onAdd: changed, onUpdate: changed, onDelete: changed });
  return {
    version: () => version,
    service: (namespace, name) => services.lister.get(name, namespace),
    slices: (namespace, service) => slices.lister.byIndex('service', `${namespace}/${service}`),
    hasNamespace: (name) => namespaces.lister.get(name) !== undefined,
    namesOf(address) {
      const own = services.lister.byIndex('clusterIP', address).map(({ metadata }) => `${metadata.name}.${metadata.namespace}`);
      return own.length > 0 ? own : slices.lister.byIndex('address', address).flatMap((slice) => endpointNames(slice, address));
    },
  };
}

function addressesOf(service: Service): readonly string[] {
  const addresses = service.spec.clusterIPs ?? (service.spec.clusterIP ? [service.spec.clusterIP] : []);
  return addresses.filter((address) => address !== '' && address !== 'None');
}

/** `hostname.service.namespace` of each endpoint with that address: pods behind headless Services. */
function endpointNames(slice: EndpointSlice, address: string): readonly string[] {
  const service = slice.metadata.labels?.[SERVICE_LABEL];
  if (service === undefined) return [];
  return (slice.endpoints ?? [])
    .filter(({ addresses }) => addresses.includes(address))
    .map(({ hostname }) => `${hostname ?? address.replaceAll(/[.:]/g, '-')}.${service}.${slice.metadata.namespace}`);
}
