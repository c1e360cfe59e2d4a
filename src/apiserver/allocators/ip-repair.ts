import type { AnyObject } from '../../meta/object.ts';
import { parseTime } from '../../meta/time.ts';
import type { Version } from '../watch-cache/version.ts';
import { FAMILY_LABEL, IP_ALLOCATOR, isParent, MANAGED_BY_LABEL, parentOf } from './cluster-ips.ts';
import { canonicalIp, familyOf } from './ip-range.ts';
import { heldBy } from './service.ts';
import { specOf } from './service-spec.ts';

/** How long an IPAddress may stand without its Service: other allocators write it first and the Service then. */
const GRACE = 60_000;

/** What is told about an object, as an Event. */
export interface Finding {
  readonly regarding: AnyObject;
  readonly reason: string;
  readonly action: string;
  readonly note: string;
}

/** One thing to mend: `taken` is what stands there and is replaced or removed. */
export interface IpRepair {
  readonly ip: string;
  readonly taken?: Version;
  /** Whose the address is to be; without it, it is removed. */
  readonly service?: Version;
  readonly finding?: Finding;
}

export interface IpRepairPlan {
  readonly repairs: readonly IpRepair[];
  /** What only someone else can mend. */
  readonly findings: readonly Finding[];
}

interface Present {
  readonly services: readonly Version[];
  readonly addresses: readonly Version[];
  /** Whether a ServiceCIDR has the address. */
  isOffered(ip: string): boolean;
  readonly now: number;
}

/** Makes Services and IPAddresses agree: each cluster IP has its IPAddress, each IPAddress made here its Service. */
export function planIpRepair(present: Present): IpRepairPlan {
  const services = new Map(present.services.map((version) => [`${version.object.metadata.namespace}/${version.object.metadata.name}`, version.object]));
  const addresses = new Map(present.addresses.map((version) => [version.object.metadata.name, version]));
  const checks = present.services.flatMap((service) => [...heldBy(specOf(service.object)).ips].map((ip) => checkHeld(ip, service, { present, services, addresses })));
  const mended = new Set(checks.flatMap((check) => ('ip' in check ? [check.ip] : [])));
  const orphans = present.addresses.filter(({ object }) => !mended.has(object.metadata.name)).map((version) => checkAddress(version, services, present.now));
  const all = [...checks, ...orphans];
  return {
    repairs: all.flatMap((one) => ('ip' in one ? [one] : [])),
    findings: all.flatMap((one) => ('note' in one ? [one] : [])),
  };
}

type Check = IpRepair | Finding | Record<never, never>;
const SOUND: Check = {};

interface Known {
  readonly present: Present;
  readonly services: ReadonlyMap<string, AnyObject>;
  readonly addresses: ReadonlyMap<string, Version>;
}

function checkHeld(ip: string, service: Version, { present, services, addresses }: Known): Check {
  const { metadata } = service.object;
  const family = familyOf(ip);
  const finding = (reason: string, note: string): Finding => ({ regarding: service.object, reason, action: 'ClusterIPAllocation', note });
  if (!present.isOffered(ip)) return finding('ClusterIPOutOfRange', `Cluster IP [${family}]: ${ip} is not within any configured Service CIDR; please recreate service`);
  const taken = addresses.get(ip);
  if (!taken) return { ip, service, finding: finding('ClusterIPNotAllocated', `Cluster IP [${family}]: ${ip} is not allocated; repairing`) };
  if (isParent(service.object, taken.object)) return hasLabels(taken.object) ? SOUND : { ip, service, taken };
  const parent = parentOf(taken.object);
  const other = parent.resource === 'services' ? services.get(`${parent.namespace}/${parent.name}`) : undefined;
  if (other && heldBy(specOf(other)).ips.has(ip)) {
    return finding('ClusterIPAlreadyAllocated', `Cluster IP [${family}]:${ip} was assigned to multiple services; please recreate service`);
  }
  const note = `the ClusterIP [${family}]: ${ip} for Service ${metadata.namespace}/${metadata.name} has a wrong reference; repairing`;
  return { ip, service, taken, finding: finding('ClusterIPNotAllocated', note) };
}

const isManaged = ({ metadata: { labels } }: AnyObject): boolean => labels?.[MANAGED_BY_LABEL] === IP_ALLOCATOR;
const hasLabels = (address: AnyObject): boolean => isManaged(address) && address.metadata.labels?.[FAMILY_LABEL] === familyOf(address.metadata.name);

/** IPAddresses that others made are theirs to look after. */
function checkAddress(taken: Version, services: ReadonlyMap<string, AnyObject>, now: number): Check {
  const { object } = taken;
  const { name: ip, creationTimestamp } = object.metadata;
  if (!isManaged(object)) return SOUND;
  const { group = '', resource = '', namespace = '', name = '' } = parentOf(object);
  const removed = (reason: string, note: string): IpRepair => ({ ip, taken, finding: { regarding: object, reason, action: 'IPAddressAllocation', note } });
  if (group !== '' || resource !== 'services') {
    const reference = `&ParentReference{Group:${group},Resource:${resource},Namespace:${namespace},Name:${name},}`;
    return removed('IPAddressNotAllocated', `IPAddress ${ip} appears to have been modified, not referencing a Service ${reference}: cleaning up`);
  }
  const service = services.get(`${namespace}/${name}`);
  if (service && heldBy(specOf(service)).ips.has(canonicalIp(ip))) return SOUND;
  if (now - (parseTime(creationTimestamp) ?? 0) <= GRACE) return SOUND;
  return service
    ? removed('IPAddressWrongReference', `IPAddress: ${ip} for Service ${namespace}/${name} has a wrong reference; cleaning up`)
    : removed('IPAddressNotAllocated', `IPAddress: ${ip} for Service ${namespace}/${name} appears to have leaked: cleaning up`);
}
