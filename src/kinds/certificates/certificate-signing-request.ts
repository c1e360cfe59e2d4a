import type { InstanceOf } from '../../meta/resource.ts';
import { bytes, int32, list, map, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';

export const certificateSigningRequestCondition = part(() =>
  object('api.certificates.v1.CertificateSigningRequestCondition', {
    type: string().required().default('').tag(1),
    reason: string().tag(2),
    message: string().tag(3),
    lastUpdateTime: time().tag(4).describe('When the condition was last written.'),
    lastTransitionTime: time().tag(5).describe('When the status last changed.'),
    status: string().required().default('').tag(6),
  }));
export type CertificateSigningRequestCondition = TypeOf<ReturnType<typeof certificateSigningRequestCondition>>;

export const certificateSigningRequestSpec = part(() =>
  object('api.certificates.v1.CertificateSigningRequestSpec', {
    request: bytes().required().tag(1),
    username: string().tag(2),
    uid: string().tag(3),
    groups: list(string()).tag(4),
    usages: list(string()).tag(5),
    extra: map(list(string())).tag(6),
    signerName: string().required().tag(7),
    expirationSeconds: int32().pointer().tag(8),
  }));
export type CertificateSigningRequestSpec = TypeOf<ReturnType<typeof certificateSigningRequestSpec>>;

export const certificateSigningRequestStatus = part(() =>
  object('api.certificates.v1.CertificateSigningRequestStatus', {
    conditions: list(certificateSigningRequestCondition()).mapKeys('type').tag(1).describe('What is known of the object\'s state, one entry for each type.'),
    certificate: bytes().tag(2),
  }));
export type CertificateSigningRequestStatus = TypeOf<ReturnType<typeof certificateSigningRequestStatus>>;

export const CertificateSigningRequest = defineKind({
  group: 'certificates.k8s.io', version: 'v1', kind: 'CertificateSigningRequest', plural: 'certificatesigningrequests',
  short: ['csr'], scope: 'Cluster', package: 'api.certificates.v1',
  description: 'Asks for a certificate.',
  subresources: ['approval'],
  spec: certificateSigningRequestSpec().required(),
  status: certificateSigningRequestStatus(),
});
export type CertificateSigningRequest = InstanceOf<typeof CertificateSigningRequest>;
