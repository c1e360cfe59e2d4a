import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { AnyObject } from '../../meta/object.ts';
import type { Del, Put } from '../../store/index.ts';
import { timestamp } from '../registry/write-context.ts';
import type { Resources, Served } from '../resources.ts';
import { derived } from '../watch-cache/derived.ts';
import { canonicalIp, familyOf, formatIp, type IpFamily, type IpRange, offers, parseIpRange, usableOffsets } from './ip-range.ts';

export const FAMILY_LABEL = 'ipaddress.kubernetes.io/ip-family';
export const MANAGED_BY_LABEL = 'ipaddress.kubernetes.io/managed-by';
/** Who the IPAddresses made here are managed by. */
export const IP_ALLOCATOR = 'ipallocator.k8s.io';
const GROUP = 'networking.k8s.io';

export interface ParentRef {
  readonly group?: string;
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

export const parentOf = (address: AnyObject): ParentRef => (address['spec'] as { readonly parentRef?: ParentRef } | undefined)?.parentRef ?? {};

const rangesOf = derived((all): readonly IpRange[] => [...new Set(all.filter(isReady).flatMap(cidrsOf))].map(parseIpRange));

/**
 * Cluster IPs as upstream keeps them (KEP-1880): each taken one is an IPAddress whose parent is the Service, the ranges
 * they come from are the ServiceCIDRs. Unlike upstream, an IPAddress is written in the very transaction of its Service:
 * no crash leaves one without the other, and of two who want the same address one finds its key there.
 */
export class ClusterIps {
  readonly #resources: Resources;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor({ resources, clock, random }: { readonly resources: Resources; readonly clock: Clock; readonly random: Random }) {
    this.#resources = resources;
    this.#clock = clock;
    this.#random = random;
  }

  get #addresses(): Served {
    return this.#must('ipaddresses');
  }

  #must(plural: string): Served {
    const served = this.#resources.of(GROUP, plural);
    if (!served) throw new Error(`${plural}.${GROUP} is not served`);
    return served;
  }

  /** Ranges of the ServiceCIDRs that are ready and stay. */
  get ranges(): readonly IpRange[] {
    return rangesOf(this.#must('servicecidrs').cache);
  }

  isOffered(ip: string): boolean {
    return this.ranges.some((range) => offers(range, ip));
  }

  keyOf(ip: string): string {
    return this.#addresses.codec.keyOf('', canonicalIp(ip));
  }

  /** The IPAddress of that name. */
  get(ip: string): AnyObject | undefined {
    return this.#addresses.cache.get(this.keyOf(ip))?.object;
  }

  /** A free address: of the ranges' upper parts first, the rest being left to those who choose one themselves (KEP-3070). */
  free(family: IpFamily): string | undefined {
    const ranges = this.ranges.filter((range) => range.family === family);
    for (const range of ranges) {
      const { first, dynamic, last } = usableOffsets(range);
      const ip = this.#search(range, dynamic, last) ?? this.#search(range, first, dynamic - 1n);
      if (ip !== undefined) return ip;
    }
    return undefined;
  }

  /** From a place at random on, and round. */
  #search(range: IpRange, first: bigint, last: bigint): string | undefined {
    const count = last - first + 1n;
    if (count <= 0n) return undefined;
    const start = BigInt(Math.floor(this.#random.next() * Number(count)));
    for (let step = 0n; step < count; step++) {
      const ip = formatIp(range.base + first + ((start + step) % count), range.family);
      if (!this.#addresses.cache.get(this.#addresses.codec.keyOf('', ip))) return ip;
    }
    return undefined;
  }

  /** The IPAddress that takes `ip` for a service. */
  claim(ip: string, { metadata: { namespace, name } }: AnyObject): Put {
    const address = {
      metadata: {
        name: canonicalIp(ip),
        uid: this.#random.uuid(),
        creationTimestamp: timestamp(this.#clock.now()),
        labels: { [FAMILY_LABEL]: familyOf(ip), [MANAGED_BY_LABEL]: IP_ALLOCATOR },
      },
      spec: { parentRef: { resource: 'services', namespace: namespace ?? '', name } },
    };
    return { type: 'put', key: this.keyOf(ip), value: this.#addresses.codec.encode(address as unknown as AnyObject) };
  }

  /** Gives `ip` back, unless it is known to be someone else's. */
  release(ip: string, service: AnyObject): readonly Del[] {
    const address = this.get(ip);
    return address && !isParent(service, address) ? [] : [{ type: 'del', key: this.keyOf(ip) }];
  }
}

export function isParent({ metadata }: AnyObject, address: AnyObject): boolean {
  const { group = '', resource, namespace, name } = parentOf(address);
  return group === '' && resource === 'services' && namespace === metadata.namespace && name === metadata.name;
}

export const cidrsOf = (serviceCidr: AnyObject): readonly string[] => (serviceCidr['spec'] as { readonly cidrs?: readonly string[] }).cidrs ?? [];

interface Condition {
  readonly type: string;
  readonly status: string;
}

/** Ready unless said otherwise, so that ranges work where no controller tells. */
function isReady({ metadata, status }: AnyObject): boolean {
  const { conditions = [] } = (status ?? {}) as { readonly conditions?: readonly Condition[] };
  return metadata.deletionTimestamp === undefined && conditions.find(({ type }) => type === 'Ready')?.status !== 'False';
}
