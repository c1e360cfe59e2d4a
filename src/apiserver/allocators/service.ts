import { ApiError, invalidObject } from '../../meta/api-error.ts';
import { type FieldError, FieldPath, invalid } from '../../meta/field-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import type { SideWrites } from '../registry/storage.ts';
import type { Allocations } from './allocations.ts';
import { chooseFamilies } from './ip-families.ts';
import { canonicalIp, type IpFamily } from './ip-range.ts';
import { allocatePorts, portsOf } from './service-ports.ts';
import { carriedOver, isHeadless, needsAddress, type ServiceSpec, specOf, withoutStale } from './service-spec.ts';

export interface ServiceAllocation {
  readonly object: AnyObject;
  readonly side: SideWrites;
}

/**
 * Fills in a Service's cluster IPs, families and node ports, and says which keys that takes and gives back.
 * @throws ApiError Invalid where what was asked for cannot be had, InternalError where a range is full
 */
export function allocateService(allocations: Allocations, service: AnyObject, old: AnyObject | undefined): ServiceAllocation {
  const { name } = service.metadata;
  const before = old && specOf(old);
  const choice = chooseFamilies(carriedOver(specOf(service), before), { old: before, configured: allocations.families });
  refuse(name, choice.errors);
  const held = heldBy(before);
  const addressed = withAddresses(choice.spec, { allocations, name, held: held.ips });
  const ported = allocatePorts(addressed, { ports: allocations.ports, name, old: before });
  const spec = before ? withoutStale(ported, before) : ported;
  const object = { ...service, spec };
  return { object, side: sideOf(allocations, object, { now: heldBy(spec), held, old }) };
}

/** What a deleted Service gives back. */
export function releaseService(allocations: Allocations, service: AnyObject): SideWrites {
  return sideOf(allocations, service, { now: heldBy(undefined), held: heldBy(specOf(service)), old: service });
}

/** The addresses and node ports that a spec keeps from others. */
export interface Held {
  readonly ips: ReadonlySet<string>;
  readonly ports: ReadonlySet<number>;
}

export function heldBy(spec: ServiceSpec | undefined): Held {
  if (!spec) return { ips: new Set(), ports: new Set() };
  const ips = needsAddress(spec) && !isHeadless(spec) ? (spec.clusterIPs ?? []) : [];
  return { ips: new Set(ips.filter((ip) => ip !== '').map(canonicalIp)), ports: new Set(portsOf(spec)) };
}

function sideOf({ ips, ports }: Allocations, service: AnyObject, { now, held, old }: { now: Held; held: Held; old: AnyObject | undefined }): SideWrites {
  const { namespace, name } = service.metadata;
  const joined = <T>(these: ReadonlySet<T>, others: ReadonlySet<T>) => [...these].filter((one) => !others.has(one));
  return {
    claim: [
      ...joined(now.ips, held.ips).map((ip) => ips.claim(ip, service)),
      ...joined(now.ports, held.ports).map((port) => ports.claim(port, `${namespace}/${name}`)),
    ],
    release: [
      ...joined(held.ips, now.ips).flatMap((ip) => ips.release(ip, old ?? service)),
      ...joined(held.ports, now.ports).map((port) => ports.release(port)),
    ],
  };
}

function refuse(name: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject({ group: '', kind: 'Service' }, name, errors);
}

interface Work {
  readonly allocations: Allocations;
  readonly name: string;
  /** Addresses the Service has already. */
  readonly held: ReadonlySet<string>;
}

/** An address for each family that has none. */
function withAddresses(spec: ServiceSpec, work: Work): ServiceSpec {
  if (!needsAddress(spec) || isHeadless(spec)) return spec;
  const given = spec.clusterIPs ?? [];
  const clusterIPs = (spec.ipFamilies ?? []).map((family, at) => {
    const ip = given[at];
    return ip === undefined || ip === '' ? freeAddress(family as IpFamily, work) : takeAddress(ip, given, work);
  });
  return { ...spec, clusterIP: clusterIPs[0] ?? '', clusterIPs };
}

function freeAddress(family: IpFamily, { allocations: { ips } }: Work): string {
  const ip = ips.free(family);
  if (ip === undefined) throw new ApiError('InternalError', 'Internal error occurred: failed to allocate a serviceIP: range is full');
  return ip;
}

function takeAddress(ip: string, asked: readonly string[], { allocations: { ips }, name, held }: Work): string {
  if (held.has(canonicalIp(ip))) return ip;
  const why = !ips.isOffered(ip) ? 'the provided network does not match the current range' : ips.get(ip) ? 'provided IP is already allocated' : undefined;
  if (why !== undefined) refuse(name, [invalid(FieldPath.of('spec.clusterIPs'), asked, `failed to allocate IP ${ip}: ${why}`)]);
  return ip;
}
