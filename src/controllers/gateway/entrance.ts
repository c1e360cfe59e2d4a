import { deepEqual } from '../../base/deep-equal.ts';
import type { Client } from '../../client/index.ts';
import { Service } from '../../kinds/core/service.ts';
import { Role } from '../../kinds/rbac/role.ts';
import { FURTHER_PORTS, furtherPortName, MAIN_PORTS, SERVED_ANNOTATION } from '../../rules/gateway/built-in-gateway.ts';
import { certificatesOf } from '../../rules/gateway/references.ts';
import { grantCertificates } from '../ingress/certificate-role.ts';
import { openEntrance } from '../ingress/ingress.ts';
import type { Cache } from '../runtime/index.ts';
import type { Served, World } from './world.ts';

/** In each namespace with certificates for Gateways. */
const READER = 'knarr:gateway';

type Ports = NonNullable<Service['spec']['ports']>;

/** The entrance's ports for these listeners beside Ingresses' own: each keeps its place on the nodes while it is wanted. Pure. */
export function planPorts(ports: Ports, wanted: readonly number[]): Ports {
  const names = new Set(wanted.map(furtherPortName));
  const kept = ports.filter(({ name = '' }) => !name.startsWith(furtherPortName(0).slice(0, -1)) || names.has(name));
  const taken = new Set(kept.map(({ targetPort }) => targetPort));
  const added = wanted.filter((port) => !kept.some(({ name }) => name === furtherPortName(port))).toSorted((a, b) => a - b).flatMap((port) => {
    let target: number = FURTHER_PORTS.first;
    while (taken.has(target)) target++;
    if (target > FURTHER_PORTS.last) return [];
    taken.add(target);
    return [{ name: furtherPortName(port), protocol: 'TCP' as const, port, targetPort: target }];
  });
  return [...kept, ...added] as Ports;
}

/** Leads the listeners' ports to the nodes and tells those what is served; while there is no Gateway they are told nothing. */
export async function ensureEntrance({ gateways, listeners, entrance }: Pick<World, 'gateways' | 'listeners' | 'entrance'>, served: Served, { client }: { readonly client: Client }): Promise<void> {
  if (!entrance) return gateways.length > 0 ? openEntrance({ client }) : undefined;
  const wanted = new Set(listeners.flatMap(({ accepted, listener: { port } }) => (accepted.ok && !MAIN_PORTS.has(port) ? [port] : [])));
  const ports = planPorts(entrance.spec.ports ?? [], [...wanted]);
  const { [SERVED_ANNOTATION]: _, ...others } = entrance.metadata.annotations ?? {};
  const annotations = gateways.length > 0 ? { ...others, [SERVED_ANNOTATION]: [...served].map(({ plural }) => plural).toSorted().join(',') } : others;
  if (deepEqual(ports, entrance.spec.ports) && deepEqual(annotations, entrance.metadata.annotations ?? {})) return;
  await client.update(Service, { ...entrance, metadata: { ...entrance.metadata, annotations }, spec: { ...entrance.spec, ports } });
}

/** Lets the agents read the certificates that listeners may use, and no longer those that none does. */
export async function ensureReaders({ listeners, grants }: Pick<World, 'listeners' | 'grants'>, readers: string, context: { readonly cache: Cache; readonly client: Client }): Promise<void> {
  const wanted = new Map<string, string[]>();
  for (const { listener, gateway, accepted } of listeners) {
    if (!accepted.ok || listener.protocol !== 'HTTPS') continue;
    for (const { name, namespace } of certificatesOf(listener, gateway.metadata.namespace ?? '', grants).secrets) wanted.set(namespace, [...(wanted.get(namespace) ?? []), name]);
  }
  const known = context.cache.list(Role).filter(({ metadata }) => metadata.name === READER).map(({ metadata }) => metadata.namespace ?? '');
  const namespaces = [...new Set([...wanted.keys(), ...known])];
  const done = await Promise.allSettled(namespaces.map((namespace) => grantCertificates({ name: READER, namespace, secrets: wanted.get(namespace) ?? [], readers }, context)));
  // One that ends takes no Role any more: the others do not wait for it.
  for (const one of done) if (one.status === 'rejected') throw one.reason;
}
