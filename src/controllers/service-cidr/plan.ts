import type { Millis } from '../../base/clock.ts';
import type { IPAddress } from '../../kinds/networking/ip-address.ts';
import type { ServiceCIDR } from '../../kinds/networking/service-cidr.ts';
import { isInCidr, parseCidr } from '../../meta/ip.ts';
import { parseTime } from '../../meta/time.ts';

export const FINALIZER = 'networking.k8s.io/service-cidr-finalizer';
const MANAGED_BY = 'ipaddress.kubernetes.io/managed-by';
const ALLOCATOR = 'ipallocator.k8s.io';
/** Until every API server knows that the range gives out no more. */
const GRACE: Millis = 10_000;

interface Condition {
  readonly type: 'Ready';
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** What is next for a ServiceCIDR. */
export type Step =
  | { readonly type: 'protect' }
  | { readonly type: 'tell'; readonly condition: Condition }
  | { readonly type: 'wait'; readonly millis: Millis }
  | { readonly type: 'let-go' };

const READY: Condition = { type: 'Ready', status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' };
const IN_USE: Condition = {
  type: 'Ready', status: 'False', reason: 'Terminating',
  message: 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
};

export interface Around {
  readonly all: readonly ServiceCIDR[];
  readonly addresses: readonly IPAddress[];
  readonly now: Millis;
}

/** A range that is deleted stays as long as it alone holds an address that is taken. */
export function planServiceCidr(cidr: ServiceCIDR, around: Around): readonly Step[] {
  const { deletionTimestamp, finalizers = [] } = cidr.metadata;
  if (deletionTimestamp === undefined) {
    const told = cidr.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    return [...(finalizers.includes(FINALIZER) ? [] : [{ type: 'protect' } as const]), ...(told ? [] : [{ type: 'tell', condition: READY } as const])];
  }
  if (!mayGo(cidr, around)) return [{ type: 'tell', condition: IN_USE }];
  const left = (parseTime(deletionTimestamp) ?? 0) + GRACE - around.now;
  if (left > 0) return [{ type: 'wait', millis: left }];
  return finalizers.includes(FINALIZER) ? [{ type: 'let-go' }] : [];
}

const cidrsOf = ({ spec }: ServiceCIDR): readonly string[] => spec.cidrs ?? [];

function mayGo(cidr: ServiceCIDR, { all, addresses }: Around): boolean {
  const others = all.filter(({ metadata }) => metadata.name !== cidr.metadata.name).flatMap(cidrsOf);
  if (cidrsOf(cidr).every((range) => others.some((other) => holds(other, range)))) return true;
  return !addresses.some(({ metadata: { name, labels } }) =>
    labels?.[MANAGED_BY] === ALLOCATOR && cidrsOf(cidr).some((range) => isInCidr(name, range)) && !others.some((other) => isInCidr(name, other)));
}

/** Whether one range lies within another, or is the same. */
function holds(outer: string, inner: string): boolean {
  const [address = ''] = inner.split('/');
  return isInCidr(address, outer) && (parseCidr(outer)?.prefix ?? 129) <= (parseCidr(inner)?.prefix ?? -1);
}

/** Ranges that an address, or a change of another range, may hold up or set free. */
export const concerned = (all: readonly ServiceCIDR[], isConcerned: (range: string) => boolean): readonly string[] =>
  all.filter((cidr) => cidrsOf(cidr).some(isConcerned)).map(({ metadata }) => metadata.name);

export const overlaps = (one: string, other: string): boolean => holds(one, other) || holds(other, one);
