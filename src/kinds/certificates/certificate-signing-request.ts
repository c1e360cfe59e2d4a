import type { InstanceOf } from '../../meta/resource.ts';
import { bytes, int32, list, map, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { humanDuration } from '../../meta/human-duration.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, NONE } from '../cells.ts';
import { withFields } from '../change.ts';
import { conditionText, keepDecisions, stampConditions } from './csr-conditions.ts';
import { csrChangeErrors, csrErrors } from './csr-validation.ts';

export const certificateSigningRequestCondition = part(() =>
  object('api.certificates.v1.CertificateSigningRequestCondition', {
    type: string().required().default('').tag(1).describe('Approved, Denied, Failed, or a word of the signer\'s own.'),
    reason: string().tag(2).describe('Why, as one CamelCase word.'),
    message: string().tag(3).describe('Details for people.'),
    lastUpdateTime: time().tag(4).describe('When the condition was last written.'),
    lastTransitionTime: time().tag(5).describe('When the status last changed.'),
    status: string().required().default('').tag(6).describe('True for the known types; else also False or Unknown.'),
  }));
export type CertificateSigningRequestCondition = TypeOf<ReturnType<typeof certificateSigningRequestCondition>>;

export const certificateSigningRequestSpec = part(() =>
  object('api.certificates.v1.CertificateSigningRequestSpec', {
    request: bytes().required().tag(1).describe('A PKCS #10 request in a PEM block CERTIFICATE REQUEST, in base64.'),
    username: string().tag(2).describe('Who asked; set by the server.'),
    uid: string().tag(3).describe('The UID of who asked; set by the server.'),
    groups: list(string()).tag(4).describe('The groups of who asked; set by the server.'),
    usages: list(string()).tag(5).describe('What the certificate is for, such as digital signature or server auth.'),
    extra: map(list(string())).tag(6).describe('What else is known of who asked; set by the server.'),
    signerName: string().required().tag(7).describe('Who is to sign, as DOMAIN/NAME.'),
    expirationSeconds: int32().pointer().tag(8).describe('For how long the certificate should be valid, at least ten minutes; the signer may decide otherwise.'),
  }));
export type CertificateSigningRequestSpec = TypeOf<ReturnType<typeof certificateSigningRequestSpec>>;

export const certificateSigningRequestStatus = part(() =>
  object('api.certificates.v1.CertificateSigningRequestStatus', {
    conditions: list(certificateSigningRequestCondition()).mapKeys('type').tag(1).describe('What is known of the object\'s state, one entry for each type.'),
    certificate: bytes().tag(2).describe('The certificate and those that vouch for it, as PEM, in base64.'),
  }));
export type CertificateSigningRequestStatus = TypeOf<ReturnType<typeof certificateSigningRequestStatus>>;

export const CertificateSigningRequest = defineKind({
  group: 'certificates.k8s.io', version: 'v1', kind: 'CertificateSigningRequest', plural: 'certificatesigningrequests',
  short: ['csr'], scope: 'Cluster', package: 'api.certificates.v1',
  description: 'Asks for a certificate.',
  nameRule: 'path-segment',
  subresources: ['approval'],
  spec: certificateSigningRequestSpec().required().describe('What is asked.'),
  status: certificateSigningRequestStatus(),
  columns: {
    Age: age,
    SignerName: ({ spec }) => spec.signerName || NONE,
    Requestor: ({ spec }) => spec.username ?? '',
    RequestedDuration: ({ spec }) => (spec.expirationSeconds === undefined ? NONE : humanDuration(spec.expirationSeconds * 1000)),
    Condition: ({ status }) => conditionText(status.conditions, status.certificate),
  },
  fieldSelectors: { 'spec.signerName': ({ spec }) => spec.signerName },
  prepareForUpdate: (request, old) => withFields(request, { spec: old.spec }),
  prepareForStatusUpdate: (request, old, now) => {
    const before = old.status.conditions ?? [];
    const kept = keepDecisions(request.status.conditions ?? [], before);
    return kept.length === 0 ? request : { ...request, status: { ...request.status, conditions: stampConditions(kept, before, now) } };
  },
  validateCreate: (request, at) => csrErrors(request, undefined, at),
  *validateUpdate(request, old, at) {
    yield* csrErrors(request, old, at);
    yield* csrChangeErrors(request, old, {});
  },
  *validateStatusUpdate(request, old, at) {
    yield* csrErrors(request, old, at);
    yield* csrChangeErrors(request, old, { certificate: true });
  },
});
export type CertificateSigningRequest = InstanceOf<typeof CertificateSigningRequest>;
