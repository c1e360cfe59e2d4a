/** What is wrong with a node, and what of it may not change. */
import { deepEqual } from '../../base/deep-equal.ts';
import { duplicate, type FieldPath, forbidden, invalid, required } from '../../meta/field-error.ts';
import { cidrProblems, isIpv6 } from '../../meta/ip.ts';
import { labelValueProblems, qualifiedNameProblems } from '../../meta/names.ts';
import { among, type Errors, problemsAt } from '../checks.ts';
import { TAINT_EFFECTS } from './affinity-validation.ts';
import type { NodeStatus } from './node-status.ts';
import { amountErrors } from './resource-validation.ts';
import type { Taint } from './toleration.ts';

interface NodeLike {
  readonly spec: { readonly taints?: readonly Taint[]; readonly podCIDRs?: readonly string[]; readonly providerID?: string; readonly externalID?: string };
  readonly status: NodeStatus;
}

export function* nodeErrors({ spec, status }: NodeLike, at: FieldPath): Errors {
  yield* taintErrors(spec.taints ?? [], at.child('metadata').child('taints'));
  for (const list of ['capacity', 'allocatable'] as const) {
    for (const [name, amount] of Object.entries(status[list] ?? {})) yield* amountErrors(name, amount, at.child('status').child(list).child(name));
  }
  const here = at.child('spec').child('podCIDRs');
  const ranges = spec.podCIDRs ?? [];
  for (const [index, range] of ranges.entries()) {
    yield* problemsAt(here.index(index), range, cidrProblems(range));
    if (ranges.indexOf(range) < index) yield duplicate(here.index(index), range);
  }
  const families = new Set(ranges.map((range) => isIpv6(range.split('/')[0]!)));
  if (ranges.length > 2 || families.size < ranges.length) yield invalid(here, ranges, 'may specify no more than one CIDR for each IP family');
}

/** Upstream reports a node's taints below metadata. */
function* taintErrors(taints: readonly Taint[], at: FieldPath): Errors {
  const seen = new Set<string>();
  for (const [index, taint] of taints.entries()) {
    const { key, value = '', effect } = taint;
    const here = at.index(index);
    yield* problemsAt(here.child('key'), key, qualifiedNameProblems(key));
    const problems = labelValueProblems(value);
    if (problems.length > 0) yield invalid(here.child('value'), value, problems.join(';'));
    if (!effect) yield required(here.child('effect'));
    yield* among(here.child('effect'), effect, TAINT_EFFECTS);
    if (seen.has(`${effect} ${key}`)) {
      const error = duplicate(here, taint);
      yield { ...error, message: `${error.message}: taints must be unique by key and effect pair` };
    }
    seen.add(`${effect} ${key}`);
  }
}

export function* nodeUpdateErrors(node: NodeLike, old: NodeLike, at: FieldPath): Errors {
  const here = at.child('spec');
  const fixed = old.spec.podCIDRs ?? [];
  if (fixed.length > 0 && !deepEqual(fixed, node.spec.podCIDRs)) yield forbidden(here.child('podCIDRs'), 'node updates may not change podCIDR except from "" to valid');
  if (old.spec.providerID && old.spec.providerID !== node.spec.providerID) {
    yield forbidden(here.child('providerID'), 'node updates may not change providerID except from "" to valid');
  }
  if (node.spec.externalID !== old.spec.externalID) yield forbidden(here.child('externalID'), 'may not be updated');
}

export function* nodeStatusErrors({ status }: NodeLike, _old: NodeLike, at: FieldPath): Errors {
  const here = at.child('status');
  for (const list of ['capacity', 'allocatable'] as const) {
    for (const [name, amount] of Object.entries(status[list] ?? {})) yield* amountErrors(name, amount, here.child(list).child(name));
  }
  const seen = new Set<string>();
  for (const [index, address] of (status.addresses ?? []).entries()) {
    const text = `${address.type} ${address.address}`;
    if (seen.has(text)) yield duplicate(here.child('addresses').index(index), { Type: address.type, Address: address.address });
    seen.add(text);
  }
}
