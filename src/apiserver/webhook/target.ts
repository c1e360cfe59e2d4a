/** Where a webhook or an extension API server is: what a Service of that name leads to. */
import type { AnyObject } from '../../meta/object.ts';
import type { BackendTarget } from '../config.ts';
import type { Core } from '../core.ts';

export interface ServiceRef {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

/** Why a Service leads nowhere, in upstream's words. */
export class Unreachable extends Error {}

interface Slice extends AnyObject {
  readonly endpoints: readonly { readonly addresses: readonly string[]; readonly conditions?: { readonly ready?: boolean } }[] | null;
  readonly ports: readonly { readonly name?: string; readonly port?: number }[] | null;
}

interface ServiceSpec {
  readonly type?: string;
  readonly externalName?: string;
  readonly ports?: readonly { readonly name?: string; readonly port: number }[];
}

/** The name a Service's certificate must have. */
export const serviceName = ({ name, namespace }: Pick<ServiceRef, 'name' | 'namespace'>): string => `${name}.${namespace}.svc`;

type Around = Pick<Core, 'resources' | 'random'>;

/**
 * One of the Service's ready endpoints, whatever backs it. Asked directly, not by way of the cluster's address: the proxy of
 * this machine may lag behind the slices, and need not be there at all.
 * @throws Unreachable
 */
export function serviceEndpoint(around: Around, ref: ServiceRef): Pick<BackendTarget, 'host' | 'port'> {
  const { resources, random } = around;
  const { namespace, name, port } = ref;
  const service = resources.of('', 'services')?.cache.object(namespace, name);
  if (!service) throw new Unreachable(`service ${JSON.stringify(name)} not found`);
  const { type, externalName, ports = [] } = service['spec'] as ServiceSpec;
  if (type === 'ExternalName') return { host: externalName ?? '', port };
  const wanted = ports.find((one) => one.port === port);
  if (!wanted) throw new Unreachable(`no service port ${port} found for service ${JSON.stringify(name)}`);
  const found = endpointsOf(around, ref, wanted.name ?? '');
  if (found.length === 0) throw new Unreachable(`no endpoints available for service ${JSON.stringify(name)}`);
  return found[Math.floor(random.next() * found.length)]!;
}

function endpointsOf({ resources }: Pick<Core, 'resources'>, { namespace, name }: ServiceRef, portName: string): readonly Pick<BackendTarget, 'host' | 'port'>[] {
  const slices = [...resources.of('discovery.k8s.io', 'endpointslices')?.cache.list(namespace) ?? []].map(({ object }) => object as Slice);
  return slices.filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name).flatMap(({ ports, endpoints }) => {
    const port = ports?.find((one) => (one.name ?? '') === portName)?.port;
    if (port === undefined) return [];
    return (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false).flatMap(({ addresses }) => addresses.slice(0, 1).map((host) => ({ host, port })));
  });
}

/** Whether a Service has a ready endpoint behind this port. */
export const hasEndpoints = (core: Pick<Core, 'resources'>, ref: ServiceRef, portName: string): boolean => endpointsOf(core, ref, portName).length > 0;
