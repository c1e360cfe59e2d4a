/** Warnings of PersistentVolumes and their claims. */
import { FieldPath } from '../../meta/field-error.ts';
import { parseQuantity } from '../../meta/quantity.ts';
import { nodeTermWarnings } from './node-label-warnings.ts';
import type { PersistentVolumeClaimSpec } from './persistent-volume-claim.ts';
import type { PersistentVolumeSpec } from './persistent-volume-spec.ts';
import { CLASS_ANNOTATION as CLASS } from './storage-class-of.ts';
import { sourceWarnings } from './volume-warnings.ts';

const NANO = 1_000_000_000n;
const OPTIONS = 'volume.beta.kubernetes.io/mount-options';

interface Annotated {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
}

export function* claimSpecWarnings({ resources }: PersistentVolumeClaimSpec, at: FieldPath): Iterable<string> {
  for (const list of ['requests', 'limits'] as const) {
    const amount = resources?.[list]?.storage;
    if (amount !== undefined && parseQuantity(amount).nanos % NANO !== 0n) {
      yield `${at.child('resources').child(list).key('storage')}: fractional byte value ${JSON.stringify(amount)} is invalid, must be an integer`;
    }
  }
}

export function* claimWarnings({ metadata, spec }: Annotated & { readonly spec: PersistentVolumeClaimSpec }): Iterable<string> {
  if (metadata.annotations?.[CLASS] !== undefined) yield `metadata.annotations[${CLASS}]: deprecated since v1.8; use "storageClassName" attribute instead`;
  yield* claimSpecWarnings(spec, FieldPath.of('spec'));
}

export function* volumeWarnings({ metadata, spec }: Annotated & { readonly spec: PersistentVolumeSpec }): Iterable<string> {
  const here = FieldPath.of('spec');
  if (metadata.annotations?.[CLASS] !== undefined) yield `metadata.annotations[${CLASS}]: deprecated since v1.8; use "storageClassName" attribute instead`;
  if (metadata.annotations?.[OPTIONS] !== undefined) yield `metadata.annotations[${OPTIONS}]: deprecated since v1.31; use "mountOptions" attribute instead`;
  if (spec.persistentVolumeReclaimPolicy === 'Recycle') {
    yield 'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.';
  }
  for (const [index, term] of (spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).entries()) {
    yield* nodeTermWarnings(term, false, here.child('nodeAffinity').child('required').child('nodeSelectorTerms').index(index));
  }
  yield* sourceWarnings(spec, here);
}
