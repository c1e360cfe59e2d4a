import type { Answer, Question } from 'dns-packet';
import type { EndpointSlice } from '../../kinds/discovery/endpoint-slice.ts';
import type { Service } from '../../kinds/core/service.ts';
import type { DnsPlugin, Next, Reply } from '../chain.ts';
import { reply } from '../chain.ts';
import { addressOfReverseName } from '../reverse-name.ts';

/** The version of the specification these records follow (kubernetes/dns, docs/specification.md). */
const SCHEMA_VERSION = '1.1.0';
export const DEFAULT_TTL_SECONDS = 5;
const TTL_SECONDS = DEFAULT_TTL_SECONDS;

/** What the plugin reads: the informers' caches, never a request. */
export interface ClusterView {
  /** Grows with every change of what is seen. */
  version(): number;
  service(namespace: string, name: string): Service | undefined;
  slices(namespace: string, service: string): readonly EndpointSlice[];
  hasNamespace(name: string): boolean;
  /** Names `service.namespace`, or `hostname.service.namespace`, that an address belongs to. */
  namesOf(address: string): readonly string[];
}

type Records = readonly Answer[] | undefined;

/**
 * Answers for the cluster's own zone and for the reverse zones of its addresses: A, AAAA, SRV, CNAME, PTR and TXT records
 * of Services, endpoints and pods. A name of the zone that does not exist is NXDOMAIN with the zone's SOA.
 */
export function kubernetes(view: ClusterView, domain: string, ttlSeconds = (): number => TTL_SECONDS): DnsPlugin {
  const found = (answers: readonly Answer[]): Reply => {
    const ttl = ttlSeconds();
    return reply('NOERROR', { authoritative: true, lasting: true, answers: ttl === TTL_SECONDS ? answers : answers.map((one) => ({ ...one, ttl }) as Answer) });
  };
  const plugin: DnsPlugin = {
    name: 'kubernetes',
    async resolve(question, next, signal) {
      const name = question.name.toLowerCase().replace(/\.$/, '');
      const address = question.type === 'PTR' ? addressOfReverseName(name) : undefined;
      if (address !== undefined) {
        const names = view.namesOf(address);
        if (names.length === 0) return next(question, signal);
        return found(names.map((data) => ({ type: 'PTR', name: question.name, ttl: TTL_SECONDS, data: `${data}.svc.${domain}` })));
      }
      if (name !== domain && !name.endsWith(`.${domain}`)) return next(question, signal);
      const records = lookUp(question, labelsOf(name, domain), view, domain);
      if (records === undefined) return reply('NXDOMAIN', { authoritative: true, lasting: true, authorities: [soa(domain)] });
      if (records.length === 0) return reply('NOERROR', { authoritative: true, lasting: true, authorities: [soa(domain)] });
      const [alias] = records;
      if (alias?.type !== 'CNAME' || question.type === 'CNAME') return found(records);
      // Programs look no further than the answer: it has to hold what the alias leads to.
      const target = await follow({ ...question, name: alias.data }, next, signal);
      return { ...found([...records, ...target]), lasting: false };
    },
  };

  /** The records an alias leads to, in this zone or elsewhere; none where it leads nowhere, or to itself. */
  async function follow(question: Question, next: Next, signal: AbortSignal): Promise<readonly Answer[]> {
    const leadsToAlias = lookUp(question, labelsOf(question.name, domain), view, domain)?.[0]?.type === 'CNAME';
    if (leadsToAlias) return [];
    return plugin.resolve(question, next, signal).then(({ answers }) => answers, () => []);
  }

  return plugin;
}

const labelsOf = (name: string, domain: string): readonly string[] => {
  const lower = name.toLowerCase().replace(/\.$/, '');
  return lower.endsWith(`.${domain}`) ? lower.slice(0, -domain.length - 1).split('.') : [];
};

const soa = (domain: string): Answer => ({
  type: 'SOA',
  name: domain,
  ttl: TTL_SECONDS,
  data: { mname: `ns.dns.${domain}`, rname: `hostmaster.${domain}`, serial: 1, refresh: 7200, retry: 1800, expire: 86400, minimum: TTL_SECONDS },
});

/** undefined: no such name. Empty: the name exists, without records of that type. */
function lookUp(question: Question, labels: readonly string[], view: ClusterView, domain: string): Records {
  const [last, namespace, ...rest] = labels.toReversed();
  if (last === undefined) return apexRecords(question, domain);
  if (last === 'dns' && namespace === 'ns' && rest.length === 0) return addressRecords(question, addressesOf(view.service('kube-system', 'kube-dns')));
  if (last === 'dns-version' && namespace === undefined) {
    return question.type === 'TXT' ? [{ type: 'TXT', name: question.name, ttl: TTL_SECONDS, data: SCHEMA_VERSION }] : [];
  }
  if (last === 'pod') return podRecords(question, namespace, rest, view);
  if (last !== 'svc') return undefined;
  if (namespace === undefined) return [];
  if (rest.length === 0) return view.hasNamespace(namespace) ? [] : undefined;
  const service = view.service(namespace, rest[0]!);
  if (!service) return undefined;
  return serviceRecords({ question, service, slices: view.slices(namespace, rest[0]!), domain }, rest.slice(1).toReversed());
}

/** The zone's own name. */
function apexRecords({ type, name }: Question, domain: string): Records {
  if (type === 'SOA') return [soa(domain)];
  return type === 'NS' ? [{ type: 'NS', name, ttl: TTL_SECONDS, data: `ns.dns.${domain}` }] : [];
}

/** `10-1-2-3.namespace.pod`: any address of any namespace that exists ("pods insecure" in CoreDNS's words). */
function podRecords(question: Question, namespace: string | undefined, rest: readonly string[], view: ClusterView): Records {
  if (namespace === undefined) return [];
  if (!view.hasNamespace(namespace)) return undefined;
  if (rest.length === 0) return [];
  if (rest.length > 1) return undefined;
  const dashed = rest[0]!;
  const v4 = /^\d{1,3}(-\d{1,3}){3}$/.test(dashed);
  if (!v4 && !/^[0-9a-f-]+$/.test(dashed)) return undefined;
  const address = v4 ? dashed.replaceAll('-', '.') : dashed.replaceAll('-', ':');
  return addressRecords(question, [address]);
}

interface Lookup {
  readonly question: Question;
  readonly service: Service;
  readonly slices: readonly EndpointSlice[];
  readonly domain: string;
}

interface Target {
  /** The name under the service at which this address is found. */
  readonly host: string;
  readonly address: string;
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
}

/** @param prefix the labels before the service's name: none, an endpoint's hostname, or `_port`, `_protocol`. */
function serviceRecords(at: Lookup, prefix: readonly string[]): Records {
  const { service, question } = at;
  if (service.spec.type === 'ExternalName') {
    if (prefix.length > 0) return undefined;
    return [{ type: 'CNAME', name: question.name, ttl: TTL_SECONDS, data: service.spec.externalName ?? '' }];
  }
  const headless = service.spec.clusterIP === 'None';
  const targets = headless ? endpointTargets(at.slices) : clusterTargets(service);
  if (prefix.length === 0) {
    if (headless && targets.length === 0) return undefined; // as if it were not there, until someone is ready
    if (question.type === 'SRV') return srvRecords(at, targets, () => true);
    return addressRecords(question, targets.map(({ address }) => address));
  }
  if (prefix.length === 2 && prefix.every((label) => label.startsWith('_'))) {
    const [port, protocol] = prefix.map((label) => label.slice(1));
    const has = targets.some(({ ports }) => ports.some((p) => p.name === port && p.protocol === protocol));
    if (!has) return undefined;
    return question.type === 'SRV' ? srvRecords(at, targets, (p) => p.name === port && p.protocol === protocol) : [];
  }
  if (prefix.length !== 1) return undefined;
  const named = endpointTargets(at.slices).filter(({ host }) => host === prefix[0]);
  return named.length === 0 ? undefined : addressRecords(question, named.map(({ address }) => address));
}

function clusterTargets(service: Service): readonly Target[] {
  const ports = (service.spec.ports ?? []).map(({ name, protocol, port }) => ({ name: name ?? '', protocol: (protocol ?? 'TCP').toLowerCase(), port }));
  return addressesOf(service).map((address) => ({ host: '', address, ports }));
}

function addressesOf(service: Service | undefined): readonly string[] {
  const addresses = service?.spec.clusterIPs ?? (service?.spec.clusterIP ? [service.spec.clusterIP] : []);
  return addresses.filter((address) => address !== '' && address !== 'None');
}

/** Ready endpoints; publishNotReadyAddresses has already made its endpoints ready in the slices. */
function endpointTargets(slices: readonly EndpointSlice[]): readonly Target[] {
  return slices.flatMap((slice) => {
    const ports = (slice.ports ?? []).map(({ name, protocol, port }) => ({ name: name ?? '', protocol: (protocol ?? 'TCP').toLowerCase(), port: port ?? 0 }));
    return (slice.endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ addresses, hostname }) => addresses.map((address) => ({ host: hostname ?? address.replaceAll(/[.:]/g, '-'), address, ports })));
  });
}

function addressRecords({ type, name }: Question, addresses: readonly string[]): Records {
  if (type !== 'A' && type !== 'AAAA') return [];
  const wanted = new Set(addresses.filter((address) => address.includes(':') === (type === 'AAAA')));
  return [...wanted].map((data) => ({ type, name, ttl: TTL_SECONDS, data }));
}

function srvRecords({ question, service, domain }: Lookup, targets: readonly Target[], wanted: (port: { name: string; protocol: string }) => boolean): Records {
  const base = `${service.metadata.name}.${service.metadata.namespace}.svc.${domain}`;
  const unique = new Map<string, Answer>();
  for (const { host, ports } of targets) {
    const target = host === '' ? base : `${host}.${base}`;
    for (const port of ports.filter(wanted)) {
      unique.set(`${target}:${port.port}`, {
        type: 'SRV', name: question.name, ttl: TTL_SECONDS, data: { priority: 0, weight: 100, port: port.port, target },
      });
    }
  }
  return [...unique.values()];
}
