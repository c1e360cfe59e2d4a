import type { DeviceRequest } from '../../../kinds/resource/device-claim.ts';
import type { DeviceRequestAllocationResult } from '../../../kinds/resource/device-claim-status.ts';
import { invalidObject } from '../../../meta/api-error.ts';
import { FieldPath, forbidden } from '../../../meta/field-error.ts';
import type { AnyObject } from '../../../meta/object.ts';
import type { AdmissionPlugin } from '../admission.ts';

const LABEL = 'resource.kubernetes.io/admin-access';

interface Claim extends AnyObject {
  /** A template's claim is one `spec` further down. */
  readonly spec?: { readonly devices?: Devices; readonly spec?: { readonly devices?: Devices } };
  readonly status?: { readonly allocation?: { readonly devices?: { readonly results?: readonly DeviceRequestAllocationResult[] } } };
}
interface Devices {
  readonly requests?: readonly DeviceRequest[] | null;
}

/** Who only looks on may look at what is others': claims for that are for namespaces marked for it. */
export const deviceAdminAccess: AdmissionPlugin = {
  name: 'DeviceAdminAccess',
  on: { operations: ['CREATE', 'UPDATE'], resources: ['resourceclaims.resource.k8s.io', 'resourceclaimtemplates.resource.k8s.io'], subresources: ['', 'status'] },

  validate({ kind, object, old, name, namespace, subresource }, { resources }) {
    // What is there already can not be changed.
    if (old && subresource === '') return;
    const at = subresource === 'status' ? grantedAt(object as Claim, old as Claim | undefined) : askedAt(object as Claim);
    if (!at) return;
    const labels = (resources.of('', 'namespaces')?.cache.object('', namespace)?.metadata as { readonly labels?: Readonly<Record<string, string>> } | undefined)?.labels;
    if (labels?.[LABEL] === 'true') return;
    throw invalidObject(kind, name, [forbidden(at, `admin access to devices requires the \`${LABEL}: true\` label on the containing namespace`)]);
  },
};

function askedAt({ spec }: Claim): FieldPath | undefined {
  const requests = (spec?.devices ?? spec?.spec?.devices)?.requests ?? [];
  const index = requests.findIndex(({ exactly }) => exactly?.adminAccess === true);
  return index < 0 ? undefined : FieldPath.of('spec').child('devices').child('requests').index(index).child('adminAccess');
}

const indexOfGranted = (claim: Claim | undefined): number => claim?.status?.allocation?.devices?.results?.findIndex(({ adminAccess }) => adminAccess === true) ?? -1;

function grantedAt(claim: Claim, old: Claim | undefined): FieldPath | undefined {
  const index = indexOfGranted(claim);
  if (index < 0 || indexOfGranted(old) >= 0) return undefined;
  return FieldPath.of('status').child('allocation').child('devices').child('results').index(index).child('adminAccess');
}
