/**
 * Variables that tell a container of the Services around it
 * (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
 */
import type { Service } from '../../kinds/core/service.ts';

/** The Services whose variables a pod of `namespace` gets: its own namespace's if it wants links, and always the API server's. */
export function servicesFor(services: readonly Service[], { namespace, links }: { readonly namespace: string; readonly links: boolean }): readonly Service[] {
  const byName = new Map<string, Service>();
  for (const service of services) {
    const { name, namespace: home } = service.metadata;
    if (!service.spec.clusterIP || service.spec.clusterIP === 'None') continue;
    if (home === namespace && links) byName.set(name, service);
    else if (home === 'default' && name === 'kubernetes' && !byName.has(name)) byName.set(name, service);
  }
  return [...byName.values()].toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

export function serviceEnvironment(services: readonly Service[]): ReadonlyMap<string, string> {
  const env = new Map<string, string>();
  for (const { metadata: { name }, spec } of services) {
    const prefix = variable(name);
    const address = spec.clusterIP!;
    const ports = spec.ports ?? [];
    const [first] = ports;
    if (!first) continue;
    env.set(`${prefix}_SERVICE_HOST`, address);
    env.set(`${prefix}_SERVICE_PORT`, String(first.port));
    for (const port of ports) if (port.name) env.set(`${prefix}_SERVICE_PORT_${variable(port.name)}`, String(port.port));
    const host = address.includes(':') ? `[${address}]` : address;
    for (const [index, { port, protocol = 'TCP' }] of ports.entries()) {
      const url = `${protocol.toLowerCase()}://${host}:${port}`;
      const portPrefix = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
      if (index === 0) env.set(`${prefix}_PORT`, url);
      env.set(portPrefix, url);
      env.set(`${portPrefix}_PROTO`, protocol.toLowerCase());
      env.set(`${portPrefix}_PORT`, String(port));
      env.set(`${portPrefix}_ADDR`, address);
    }
  }
  return env;
}

const variable = (name: string): string => name.toUpperCase().replaceAll('-', '_');
