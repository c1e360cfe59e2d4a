/** Where a proxied request goes: `[scheme:]name[:port]` in the path of a pod, a service or a node. */
import { ApiError, badRequest } from '../../meta/api-error.ts';
import { isInCidr, parseIp } from '../../meta/ip.ts';
import type { AnyObject } from '../../meta/object.ts';
import type { DialTarget } from '../config.ts';
import type { Core } from '../core.ts';

export interface Named {
  readonly scheme: 'http' | 'https';
  readonly name: string;
  readonly port: string;
}

/** @param what is asked for, in the message of a refusal */
export function parseNamed(text: string, what: 'pod' | 'service' | 'node'): Named {
  const parts = text.split(':');
  const [scheme, name, port] = parts.length === 3 ? parts : ['', ...parts];
  if (parts.length > 3 || !name || !['http', 'https', ''].includes(scheme!)) throw badRequest(`invalid ${what} request ${JSON.stringify(text)}`);
  return { scheme: scheme === 'https' ? 'https' : 'http', name, port: port ?? '' };
}

/**
 * The API server's own machine is nobody's to reach through it, nor are its neighbours' link-local services.
 * @throws ApiError in upstream's words
 */
export function checkProxyable(address: string): void {
  if (address === '' || isOwn(address.toLowerCase())) throw badRequest('address not allowed');
}

/** Loopback, unspecified, link-local, also as IPv6 writes IPv4's; and multicast that stays on the link. */
const OWN = [
  '127.0.0.0/8', '0.0.0.0/8', '169.254.0.0/16', '224.0.0.0/24', '::1/128', '::/128', 'fe80::/10', 'ff01::/16', 'ff02::/16',
  '::ffff:127.0.0.0/104', '::ffff:0.0.0.0/104', '::ffff:169.254.0.0/112',
];

/** A name that is no address is the far side's, unless it is this machine's for certain. */
function isOwn(address: string): boolean {
  return parseIp(address) ? OWN.some((range) => isInCidr(address, range)) : address === 'localhost' || address.endsWith('.localhost');
}

interface PodToProxy {
  readonly spec?: { readonly containers?: readonly { readonly ports?: readonly { readonly containerPort: number }[] }[] };
  readonly status?: { readonly podIP?: string; readonly podIPs?: readonly { readonly ip: string }[] };
}

export function podTarget(pod: AnyObject, { scheme, port }: Named): DialTarget {
  const { spec, status } = pod as PodToProxy;
  const host = status?.podIPs?.[0]?.ip ?? status?.podIP ?? '';
  checkProxyable(host);
  const first = spec?.containers?.find(({ ports = [] }) => ports.length > 0)?.ports?.[0]?.containerPort;
  return { scheme, host, port: port === '' ? (first ?? (scheme === 'https' ? 443 : 80)) : portNumber(port) };
}

function portNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new ApiError('ServiceUnavailable', `error trying to reach service: dial tcp: lookup tcp/${text}: unknown port`);
  return Number(text);
}

interface ServicePort {
  readonly name?: string;
  readonly port: number;
}
interface Slice extends AnyObject {
  readonly endpoints: readonly {
    readonly addresses: readonly string[]; readonly conditions?: { readonly ready?: boolean };
    readonly targetRef?: { readonly kind?: string; readonly namespace?: string; readonly name?: string };
  }[] | null;
  readonly ports: readonly { readonly name?: string; readonly port?: number }[] | null;
}
type Endpoint = NonNullable<Slice['endpoints']>[number];

/** One of the service's ready endpoints, by the service port's name or number. Only pods count: a slice may name any address. */
export function serviceTarget(core: Core, service: AnyObject, { scheme, name, port }: Named, asked: string): DialTarget {
  const namespace = service.metadata.namespace ?? '';
  const portName = portNameOf(service, name, port);
  const slices = [...core.resources.of('discovery.k8s.io', 'endpointslices')?.cache.list(namespace) ?? []]
    .map(({ object }) => object as Slice).filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name);
  if (slices.every(({ endpoints }) => (endpoints?.length ?? 0) === 0)) throw new ApiError('ServiceUnavailable', `no endpoints available for service ${JSON.stringify(name)}`);
  const found = slices.flatMap(({ ports, endpoints }) => {
    const number = ports?.find((one) => (one.name ?? '') === portName)?.port;
    return number === undefined ? [] : (endpoints ?? []).filter((one) => isPod(core, namespace, one)).map((one) => ({ scheme, host: one.addresses[0]!, port: number }));
  });
  if (found.length === 0) throw new ApiError('ServiceUnavailable', `no endpoints available for service ${JSON.stringify(asked)}`);
  const target = found[Math.floor(core.random.next() * found.length)]!;
  checkProxyable(target.host);
  return target;
}

function portNameOf(service: AnyObject, name: string, port: string): string {
  if (!/^[+-]?\d+$/.test(port)) return port;
  const { ports = [] } = service['spec'] as { readonly ports?: readonly ServicePort[] };
  const found = ports.find((one) => one.port === Number(port));
  if (!found) throw new ApiError('ServiceUnavailable', `no service port ${Number(port)} found for service ${JSON.stringify(name)}`);
  return found.name ?? '';
}

function isPod({ resources }: Core, namespace: string, { addresses, conditions, targetRef }: Endpoint): boolean {
  if (conditions?.ready === false || targetRef?.kind !== 'Pod' || (targetRef.namespace ?? namespace) !== namespace) return false;
  const pod = resources.of('', 'pods')?.cache.object(namespace, targetRef.name ?? '') as PodToProxy | undefined;
  return (pod?.status?.podIPs ?? []).some(({ ip }) => ip === addresses[0]);
}
