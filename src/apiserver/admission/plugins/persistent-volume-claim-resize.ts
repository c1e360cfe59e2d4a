import { classOf } from '../../../kinds/core/storage-class-of.ts';
import { forbiddenRequest } from '../../../meta/api-error.ts';
import type { AnyObject } from '../../../meta/object.ts';
import { compareQuantity, parseQuantity, type Quantity } from '../../../meta/quantity.ts';
import type { Core } from '../../core.ts';
import type { AdmissionPlugin } from '../admission.ts';

const CLAIMS = { group: '', plural: 'persistentvolumeclaims' };

interface Claim extends AnyObject {
  readonly spec: { readonly storageClassName?: string; readonly resources?: { readonly requests?: Readonly<Record<string, string>> } };
  readonly status?: { readonly phase?: string };
}

/** Lets a claim grow only where its storage class says that its volumes can. */
export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  on: { operations: ['UPDATE'], resources: ['persistentvolumeclaims'] },

  validate({ object, old, name }, core) {
    const [claim, before] = [object as Claim, old as Claim];
    if (compareQuantity(sizeOf(claim), sizeOf(before)) <= 0) return;
    if (before.status?.phase !== 'Bound') throw forbiddenRequest(CLAIMS, name, 'Only bound persistent volume claims can be expanded');
    if (!mayGrow(claim, before, core)) {
      throw forbiddenRequest(CLAIMS, name, 'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize');
    }
  },
};

const sizeOf = ({ spec }: Claim): Quantity => parseQuantity(spec.resources?.requests?.['storage'] ?? '0');

function mayGrow(claim: Claim, before: Claim, { resources }: Core): boolean {
  const name = classOf(claim);
  if (name === '' || name !== classOf(before)) return false;
  return resources.of('storage.k8s.io', 'storageclasses')?.cache.object('', name)?.['allowVolumeExpansion'] === true;
}
