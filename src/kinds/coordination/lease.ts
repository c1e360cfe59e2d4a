import { forbidden, invalid } from '../../meta/field-error.ts';
import type { InstanceOf } from '../../meta/resource.ts';
import { int32, microTime, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';
import { among, nonNegative } from '../checks.ts';

export const leaseSpec = part(() =>
  object('api.coordination.v1.LeaseSpec', {
    holderIdentity: string().pointer().tag(1).describe('Who holds the lease.'),
    leaseDurationSeconds: int32().pointer().tag(2).describe('Seconds after renewTime at which others may take it.'),
    acquireTime: microTime().tag(3).describe('Since when the holder has it.'),
    renewTime: microTime().tag(4).describe('When the holder last said it is alive.'),
    leaseTransitions: int32().pointer().tag(5).describe('How often the holder changed.'),
    strategy: string().pointer().tag(6).describe('How the holder is chosen among candidates.'),
    preferredHolder: string().pointer().tag(7).describe('Who should have it next.'),
  }));
export type LeaseSpec = TypeOf<ReturnType<typeof leaseSpec>>;

export const Lease = defineKind({
  group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases',
  scope: 'Namespaced', package: 'api.coordination.v1',
  description: 'Says who holds something, and since when it last said so.',
  spec: leaseSpec(),
  columns: { Holder: ({ spec }) => spec.holderIdentity ?? '', Age: age },
  *validate({ spec }, at) {
    const here = at.child('spec');
    const { leaseDurationSeconds: duration, leaseTransitions: transitions, strategy, preferredHolder } = spec;
    if (duration !== undefined && duration <= 0) yield invalid(here.child('leaseDurationSeconds'), duration, 'must be greater than 0');
    yield* nonNegative(here.child('leaseTransitions'), transitions);
    if (strategy !== undefined) yield* among(here.child('strategy'), strategy, ['OldestEmulationVersion']);
    if (preferredHolder && !strategy) yield forbidden(here.child('preferredHolder'), 'may only be specified if `strategy` is defined');
  },
});
export type Lease = InstanceOf<typeof Lease>;
