/** Addresses that are taken, and the ranges they are taken from. */
import { deepEqual } from '../../base/deep-equal.ts';
import { type FieldPath, invalid, required } from '../../meta/field-error.ts';
import { cidrProblems, formatIp, ipProblems, parseCidr, parseIp } from '../../meta/ip.ts';
import { dnsSubdomainProblems, pathSegmentProblems } from '../../meta/names.ts';
import { type Errors, FIELD_IMMUTABLE, immutable, problemsAt } from '../checks.ts';
import type { IPAddressSpec } from './ip-address.ts';
import type { ServiceCIDRSpec } from './service-cidr.ts';

interface AddressLike {
  readonly metadata: { readonly name: string };
  readonly spec: IPAddressSpec;
}

/** An address has one spelling only, or two names could stand for it. */
function nameProblems(name: string): readonly string[] {
  const problems = ipProblems(name);
  const ip = parseIp(name);
  if (problems.length > 0 || !ip) return problems;
  const canonical = formatIp(ip);
  return canonical === name ? [] : [`must be in canonical form ("${canonical}")`];
}

export function* addressErrors({ metadata: { name }, spec: { parentRef } }: AddressLike, at: FieldPath): Errors {
  yield* problemsAt(at.child('metadata').child('name'), name, nameProblems(name));
  const here = at.child('spec').child('parentRef');
  if (!parentRef) return void (yield required(here));
  const { group, namespace } = parentRef;
  if (group) yield* problemsAt(here.child('group'), group, dnsSubdomainProblems(group));
  for (const field of ['resource', 'name'] as const) {
    if (!parentRef[field]) yield required(here.child(field));
    else yield* problemsAt(here.child(field), parentRef[field], pathSegmentProblems(parentRef[field]));
  }
  if (namespace) yield* problemsAt(here.child('namespace'), namespace, pathSegmentProblems(namespace));
}

export const addressUpdateErrors = ({ spec }: AddressLike, old: AddressLike, at: FieldPath): Errors =>
  immutable(at.child('spec').child('parentRef'), deepEqual(spec.parentRef, old.spec.parentRef), spec.parentRef);

export function* rangesErrors(spec: ServiceCIDRSpec, at: FieldPath): Errors {
  const { cidrs = [] } = spec;
  if (cidrs.length === 0) return void (yield required(at, 'at least one CIDR required'));
  if (cidrs.length > 2) return void (yield invalid(at, spec, 'may only hold up to 2 values'));
  const families = new Set(cidrs.map((cidr) => parseCidr(cidr)?.family));
  if (cidrs.length === 2 && (families.size === 1 || families.has(undefined))) {
    return void (yield invalid(at, spec, 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'));
  }
  for (const [index, cidr] of cidrs.entries()) yield* problemsAt(at.index(index), cidr, cidrProblems(cidr));
}

/** A single family may gain the other; nothing else changes. */
export function* rangesUpdateErrors(spec: ServiceCIDRSpec, { cidrs: old = [] }: ServiceCIDRSpec, at: FieldPath): Errors {
  const { cidrs = [] } = spec;
  const joined = old.length === 1 && cidrs.length === 2;
  if (!joined && cidrs.length !== old.length) return void (yield invalid(at, cidrs, FIELD_IMMUTABLE));
  for (const [index, cidr] of old.entries()) if (cidrs[index] !== cidr) yield invalid(at.index(index), cidrs[index], FIELD_IMMUTABLE);
  if (joined) yield* rangesErrors(spec, at);
}
