import { type FieldError, FieldPath, invalid } from '../../meta/field-error.ts';
import { addressErrors } from '../../kinds/core/service-validation.ts';
import type { ServiceSpec as WholeSpec } from '../../kinds/core/service.ts';
import { sameObject } from '../registry/equality.ts';
import { familyOf } from './ip-range.ts';
import { isHeadless, needsAddress, type ServiceSpec } from './service-spec.ts';

const SPEC = FieldPath.of('spec');
const POLICY = SPEC.child('ipFamilyPolicy');

export interface FamilyChoice {
  readonly spec: ServiceSpec;
  readonly errors: readonly FieldError[];
}

interface Surroundings {
  readonly old: ServiceSpec | undefined;
  /** Families of the cluster, the default one first. */
  readonly configured: readonly string[];
}

/** Settles a service's `ipFamilyPolicy` and `ipFamilies` from what is given, what was, and what the cluster has. */
export function chooseFamilies(given: ServiceSpec, { old, configured }: Surroundings): FamilyChoice {
  if (!needsAddress(given) || (old && staysPreferred(given, old))) return { spec: given, errors: [] };
  const stated = { ...given, ipFamilyPolicy: given.ipFamilyPolicy ?? old?.ipFamilyPolicy ?? (isOpen(given) ? 'RequireDualStack' : 'SingleStack') };
  const loose = [...addressErrors(stated as WholeSpec, SPEC)];
  if (loose.length > 0) return { spec: stated, errors: loose };
  const spec = old && stated.ipFamilyPolicy === 'SingleStack' ? downgraded(stated, old) : stated;
  const ipFamilies = familiesOf(spec, configured);
  const early = [...(old ? reductionErrors(spec, old) : []), ...numberErrors(spec), ...inferenceErrors(spec, configured)];
  if (early.length > 0) return { spec, errors: early };
  if (isOpen(spec)) return { spec: { ...spec, ipFamilies: completed(ipFamilies.length > 0 ? ipFamilies : configured.slice(0, 1), spec, ['IPv4', 'IPv6']) }, errors: [] };
  const late = [...clusterErrors({ ...spec, ipFamilies }, configured)];
  if (late.length > 0) return { spec, errors: late };
  return { spec: { ...spec, ipFamilies: completed(ipFamilies.length > 0 ? ipFamilies : configured.slice(0, 1), spec, configured) }, errors: [] };
}

/** Headless without a selector: whoever writes its endpoints may use families that the cluster has not. */
const isOpen = (spec: ServiceSpec): boolean => (spec.clusterIP === 'None' || isHeadless(spec)) && Object.keys(spec.selector ?? {}).length === 0;

/** A service that prefers two stacks neither gains nor loses one because the cluster's configuration changed meanwhile. */
function staysPreferred(spec: ServiceSpec, old: ServiceSpec): boolean {
  return spec.type === old.type && spec.ipFamilyPolicy === 'PreferDualStack' && (old.ipFamilyPolicy ?? 'PreferDualStack') === 'PreferDualStack'
    && sameAddresses(spec, old) && sameObject(spec.ipFamilies ?? [], old.ipFamilies ?? []);
}

const sameAddresses = (spec: ServiceSpec, old: ServiceSpec): boolean =>
  (spec.clusterIP ?? '') === (old.clusterIP ?? '') && sameObject(spec.clusterIPs ?? [], old.clusterIPs ?? []);

/** Asking for a single stack is enough to give the second address and family back. */
function downgraded(spec: ServiceSpec, old: ServiceSpec): ServiceSpec {
  const { clusterIPs = [], ipFamilies = [] } = spec;
  return {
    ...spec,
    ...(clusterIPs.length > 1 && sameAddresses(spec, old) ? { clusterIPs: clusterIPs.slice(0, 1) } : {}),
    ...(ipFamilies.length > 1 && sameObject(ipFamilies, old.ipFamilies ?? []) ? { ipFamilies: ipFamilies.slice(0, 1) } : {}),
  };
}

/** The given families, and those that further given addresses stand for. */
function familiesOf({ clusterIPs = [], ipFamilies = [] }: ServiceSpec, configured: readonly string[]): readonly string[] {
  const inferred = clusterIPs[0] === 'None' ? [] : clusterIPs.slice(ipFamilies.length).map(familyOf).filter((family) => configured.includes(family));
  return [...ipFamilies, ...inferred];
}

function completed(families: readonly string[], { ipFamilyPolicy }: ServiceSpec, all: readonly string[]): readonly string[] {
  return ipFamilyPolicy === 'SingleStack' || families.length !== 1 ? families : [...families, ...all.filter((family) => family !== families[0])];
}

function* reductionErrors(spec: ServiceSpec, old: ServiceSpec): Iterable<FieldError> {
  if (spec.ipFamilyPolicy === 'SingleStack') return;
  const reduced = (now: readonly string[] = [], before: readonly string[] = []) => now.length > 0 && now.length < before.length;
  if (!isHeadless(spec) && reduced(spec.clusterIPs, old.clusterIPs)) yield invalid(POLICY, spec.ipFamilyPolicy, "must be 'SingleStack' to release the secondary cluster IP");
  if (reduced(spec.ipFamilies, old.ipFamilies)) yield invalid(POLICY, spec.ipFamilyPolicy, "must be 'SingleStack' to release the secondary IP family");
}

function* numberErrors({ ipFamilyPolicy, clusterIPs = [], ipFamilies = [] }: ServiceSpec): Iterable<FieldError> {
  if (ipFamilyPolicy !== 'SingleStack') return;
  const why = (what: string) => invalid(POLICY, ipFamilyPolicy, `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`);
  if (clusterIPs.length === 2) yield why('cluster IPs');
  if (ipFamilies.length === 2) yield why('IP families');
}

function* inferenceErrors({ clusterIPs = [], ipFamilies = [] }: ServiceSpec, configured: readonly string[]): Iterable<FieldError> {
  if (clusterIPs[0] === 'None') return;
  for (const [at, ip] of clusterIPs.entries()) {
    if (at < ipFamilies.length || configured.includes(familyOf(ip))) continue;
    yield invalid(SPEC.child('clusterIPs').index(at), clusterIPs, `${familyOf(ip)} is not configured on this cluster`);
  }
}

function* clusterErrors({ ipFamilyPolicy, ipFamilies = [] }: ServiceSpec, configured: readonly string[]): Iterable<FieldError> {
  if (ipFamilyPolicy === 'RequireDualStack' && configured.length < 2) yield invalid(POLICY, ipFamilyPolicy, 'this cluster is not configured for dual-stack services');
  for (const [at, family] of ipFamilies.entries()) {
    if (!configured.includes(family)) yield invalid(SPEC.child('ipFamilies').index(at), family, 'not configured on this cluster');
  }
}
