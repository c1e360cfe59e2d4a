import type { Millis } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import { SubjectAccessReview } from '../../kinds/authorization/subject-access-review.ts';
import {
  CertificateSigningRequest, type CertificateSigningRequestCondition,
} from '../../kinds/certificates/certificate-signing-request.ts';
import { isApiError } from '../../meta/api-error.ts';
import { parseTime } from '../../meta/time.ts';
import type { CertificateRequest } from '../../wire/certificate-request.ts';
import { defineController, definePeriodic, type Context, type Controller } from '../runtime/index.ts';
import { isDecided, isOurs, isStale, isToSign, kubeletRequest, refusal, requestOf, usagesOf, validity } from './plan.ts';

/** What a certificate is to say. */
export interface CertificateOrder {
  readonly request: CertificateRequest;
  readonly notBefore: Millis;
  readonly notAfter: Millis;
  readonly keyUsageBits: readonly number[];
  /** Object identifiers. */
  readonly extendedUsages: readonly string[];
}

/** Who holds the cluster's CA key; no key comes into this room. */
export interface CertificateAuthority {
  /** When its own certificate ends. */
  readonly notAfter: Millis;
  /** Whether whoever made the request has the private key to its public one. */
  verifies(request: CertificateRequest): boolean;
  /** @returns the certificate, PEM */
  issue(order: CertificateOrder): string;
}

const GROUP = 'certificates.k8s.io';

/** Approves what kubelets ask for as clients, where RBAC lets those who ask have it approved. */
export const csrApprovingController = defineController({
  name: 'csrapproving',
  component: 'certificate-controller',
  for: CertificateSigningRequest,
  when: (csr) => !isDecided(csr) && !csr.status.certificate,

  async reconcile(csr, context) {
    if (isDecided(csr) || csr.status.certificate) return undefined;
    const kubelet = readable(csr, (request) => kubeletRequest(csr, request));
    if (!kubelet) return undefined;
    if (kubelet.own && (await mayHave(csr, 'selfnodeclient', context))) {
      return approve(csr, 'Auto approving self kubelet client certificate after SubjectAccessReview.', context);
    }
    if (await mayHave(csr, 'nodeclient', context)) {
      return approve(csr, 'Auto approving kubelet client certificate after SubjectAccessReview.', context);
    }
    // Who may not now may later: asked again after as long as it has waited.
    const waited = context.now - (parseTime(csr.metadata.creationTimestamp) ?? context.now);
    return Math.min(Math.max(waited, 1000), 1_000_000);
  },
});

/** What cannot be read concerns nobody. */
function readable<T>(csr: CertificateSigningRequest, use: (request: CertificateRequest) => T): T | undefined {
  try {
    return use(requestOf(csr));
  } catch {
    return undefined;
  }
}

async function mayHave({ spec }: CertificateSigningRequest, subresource: string, { client }: Context): Promise<boolean> {
  const { username, uid, groups, extra } = spec;
  const review = await client.create(SubjectAccessReview, {
    spec: {
      ...(username === undefined ? {} : { user: username }), ...(uid === undefined ? {} : { uid }),
      ...(groups ? { groups } : {}), ...(extra ? { extra } : {}),
      resourceAttributes: { group: GROUP, resource: 'certificatesigningrequests', verb: 'create', subresource },
    },
  });
  return review.status.allowed;
}

async function approve(csr: CertificateSigningRequest, message: string, { client }: Context): Promise<undefined> {
  await client.updateSubresource(CertificateSigningRequest, withCondition(csr, { type: 'Approved', status: 'True', reason: 'AutoApproved', message }), 'approval');
}

const withCondition = (csr: CertificateSigningRequest, condition: CertificateSigningRequestCondition): CertificateSigningRequest =>
  ({ ...csr, status: { ...csr.status, conditions: [...(csr.status.conditions ?? []), condition] } });

/** Signs what was approved, as the four signers a cluster has of its own. */
export const csrSigningController = (authority: CertificateAuthority): Controller => defineController({
  name: 'csrsigning',
  component: 'certificate-controller',
  for: CertificateSigningRequest,
  when: (csr) => isOurs(csr) && isToSign(csr),

  async reconcile(csr, { client, now, log }) {
    if (!isOurs(csr) || !isToSign(csr)) return;
    const request = readable(csr, (one) => one);
    if (!request) return log.debug('unable to parse csr', { name: csr.metadata.name });
    const why = refusal(csr, request);
    if (why !== undefined) {
      await client.updateStatus(CertificateSigningRequest, withCondition(csr, { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message: why }));
      return;
    }
    if (!authority.verifies(request)) throw new Error('error auto signing csr: unable to verify certificate request signature');
    if (now >= authority.notAfter) throw new Error('error auto signing csr: refusing to sign a certificate that expired in the past');
    const { usages, expirationSeconds } = csr.spec;
    const pem = authority.issue({ request, ...validity(expirationSeconds, now, authority.notAfter), ...usagesOf(usages) });
    await client.updateStatus(CertificateSigningRequest, { ...csr, status: { ...csr.status, certificate: btoa(pem) } });
  },
});

/** Removes requests nobody needs any more, once an hour. */
export const csrCleaner = definePeriodic({
  name: 'csrcleaner',
  every: 3_600_000,
  reads: [CertificateSigningRequest],

  async round({ cache, client, log, now }) {
    for (const csr of cache.list(CertificateSigningRequest).filter((one) => isStale(one, now))) {
      await client.delete(CertificateSigningRequest, csr.metadata.name).catch((error: unknown) => {
        if (!isApiError(error, 'NotFound')) log.warn('unable to delete CSR', { name: csr.metadata.name, error: messageOf(error) });
      });
    }
  },
});
