import { deepEqual } from '../../../base/deep-equal.ts';
import { forbiddenRequest } from '../../../meta/api-error.ts';
import type { AnyObject } from '../../../meta/object.ts';
import { pemBlocks, textOfBase64 } from '../../../meta/pem.ts';
import { readCertificateRequest } from '../../../wire/certificate-request.ts';
import { MASTERS } from '../../authz/union.ts';
import type { Core } from '../../core.ts';
import type { AdmissionPlugin, Attributes } from '../admission.ts';

const GROUP = 'certificates.k8s.io';
const RESOURCE = `certificatesigningrequests.${GROUP}`;
const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client';

interface Request {
  readonly spec: { readonly signerName: string; readonly request: string };
  readonly status?: { readonly certificate?: string; readonly conditions?: readonly object[] };
}
const requestOf = (object: AnyObject): Request => object as unknown as Request;

/** Who approves or denies must be let to for the signer that is asked, beside being let to write the approval. */
export const certificateApproval: AdmissionPlugin = {
  name: 'CertificateApproval',
  on: { operations: ['UPDATE'], resources: [RESOURCE], subresources: ['approval'] },
  validate: (attributes, core) => requireSigner(attributes, core, 'approve'),
};

/** Who answers must be let to as the signer. */
export const certificateSigning: AdmissionPlugin = {
  name: 'CertificateSigning',
  on: { operations: ['UPDATE'], resources: [RESOURCE], subresources: ['status'] },

  validate(attributes, core) {
    const [now, before] = [requestOf(attributes.object).status, attributes.old && requestOf(attributes.old).status];
    const changed = now?.certificate !== before?.certificate || !deepEqual(now?.conditions ?? [], before?.conditions ?? []);
    if (changed) return requireSigner(attributes, core, 'sign');
  },
};

/** Nobody asks for a certificate to which RBAC does not apply. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  on: { operations: ['CREATE'], resources: [RESOURCE] },

  validate({ object, name, kind }) {
    const { signerName, request } = requestOf(object).spec;
    if (signerName !== CLIENT_SIGNER) return;
    if (organizationsOf(request).includes(MASTERS)) {
      throw forbiddenRequest(kind, name, `use of ${CLIENT_SIGNER} signer with system:masters group is not allowed`);
    }
  },
};

/** What cannot be read names nobody: validation and the signer refuse it. */
function organizationsOf(request: string): readonly string[] {
  const [block] = pemBlocks(textOfBase64(request) ?? '');
  try {
    return block ? readCertificateRequest(block.der).subject.organizations : [];
  } catch {
    return [];
  }
}

/** By the signer's own name, or by `DOMAIN/*`. */
async function requireSigner({ user, old, object, name, kind }: Attributes, core: Core, verb: 'approve' | 'sign'): Promise<void> {
  const { signerName } = requestOf(old ?? object).spec;
  for (const signer of [signerName, `${signerName.split('/')[0]}/*`]) {
    const verdict = await core.authorizer.authorize({ user, verb, isResource: true, group: GROUP, version: '*', resource: 'signers', subresource: '', namespace: '', name: signer, path: '' });
    if (verdict.allowed) return;
  }
  throw forbiddenRequest(kind, name, `user not permitted to ${verb} requests with signerName ${JSON.stringify(signerName)}`);
}
