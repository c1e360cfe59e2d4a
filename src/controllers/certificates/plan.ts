/** What the cluster's own signers sign, for whom, and in which words they refuse. */
import type { Millis } from '../../base/clock.ts';
import type { CertificateSigningRequest } from '../../kinds/certificates/certificate-signing-request.ts';
import { pemBlocks, textOfBase64 } from '../../meta/pem.ts';
import { parseTime } from '../../meta/time.ts';
import { findCondition, isConditionTrue } from '../../rules/pod-conditions.ts';
import { certificateEnd, readCertificateRequest, type CertificateRequest } from '../../wire/certificate-request.ts';

export const SIGNERS = {
  client: 'kubernetes.io/kube-apiserver-client',
  kubeletClient: 'kubernetes.io/kube-apiserver-client-kubelet',
  kubeletServing: 'kubernetes.io/kubelet-serving',
  legacy: 'kubernetes.io/legacy-unknown',
} as const;

/** @throws Error in upstream's words */
export function requestOf({ spec }: CertificateSigningRequest): CertificateRequest {
  const [block] = pemBlocks(textOfBase64(spec.request) ?? '');
  if (block?.label !== 'CERTIFICATE REQUEST') throw new Error('PEM block type must be CERTIFICATE REQUEST');
  return readCertificateRequest(block.der);
}

export const isDecided = ({ status }: CertificateSigningRequest): boolean => ['Approved', 'Denied'].some((type) => findCondition(status.conditions, type));

/** Approved, not denied, and neither answered nor given up. */
export const isToSign = ({ status }: CertificateSigningRequest): boolean =>
  findCondition(status.conditions, 'Approved') !== undefined && !findCondition(status.conditions, 'Denied') &&
  !isConditionTrue(status.conditions, 'Failed') && !status.certificate;

type Rule = (request: CertificateRequest, usages: readonly string[]) => string | undefined;

/** Who signs what: each says why it refuses, or nothing. */
const RULES: Readonly<Record<string, Rule>> = {
  [SIGNERS.client]: (_request, usages) => clientUsageProblem(usages),
  [SIGNERS.kubeletClient]: (request, usages) => kubeletProblem(request, usages, 'client auth'),
  [SIGNERS.kubeletServing]: (request, usages) => kubeletProblem(request, usages, 'server auth'),
  [SIGNERS.legacy]: () => undefined,
};

export const isOurs = ({ spec }: CertificateSigningRequest): boolean => Object.hasOwn(RULES, spec.signerName);

/** Why the signer that is asked refuses; undefined where it does not. */
export const refusal = ({ spec }: CertificateSigningRequest, request: CertificateRequest): string | undefined =>
  RULES[spec.signerName]?.(request, spec.usages ?? []);

function clientUsageProblem(usages: readonly string[]): string | undefined {
  const wrong = usages.find((usage) => !['digital signature', 'key encipherment', 'client auth'].includes(usage));
  if (wrong !== undefined) return `invalid usage for client certificate: ${wrong}`;
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
}

function kubeletProblem(request: CertificateRequest, usages: readonly string[], purpose: 'client auth' | 'server auth'): string | undefined {
  const { subject: { organizations, commonName }, dnsNames, emailAddresses, ipAddresses, uris } = request;
  if (organizations.length !== 1 || organizations[0] !== 'system:nodes') return 'subject organization is not system:nodes';
  if (purpose === 'client auth') {
    if (dnsNames.length > 0) return 'DNS subjectAltNames are not allowed';
    if (emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
    if (ipAddresses.length > 0) return 'IP subjectAltNames are not allowed';
  } else {
    if (dnsNames.length === 0 && ipAddresses.length === 0) return 'DNS or IP subjectAltName is required';
    if (emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  }
  if (uris.length > 0) return 'URI subjectAltNames are not allowed';
  const problems = [
    commonName.startsWith('system:node:') ? undefined : 'subject common name does not begin with system:node:',
    usageSetProblem(usages, purpose),
  ];
  // The first of these that upstream looks at differs.
  return (purpose === 'client auth' ? problems : problems.toReversed()).find((problem) => problem !== undefined);
}

/** Encryption with the key is for RSA; whoever has another key need not ask for it. */
function usageSetProblem(usages: readonly string[], purpose: string): string | undefined {
  const asked = new Set(usages);
  const least = ['digital signature', purpose];
  const most = [...least, 'key encipherment'];
  if (least.every((usage) => asked.has(usage)) && usages.every((usage) => most.includes(usage))) return undefined;
  return `usages did not match [${most.toSorted().join(' ')}]`;
}

/** Whether a kubelet asks for its client certificate, and if so whether for its own name. */
export function kubeletRequest(csr: CertificateSigningRequest, request: CertificateRequest): { readonly own: boolean } | undefined {
  const { signerName, usages = [], username } = csr.spec;
  if (signerName !== SIGNERS.kubeletClient || kubeletProblem(request, usages, 'client auth') !== undefined) return undefined;
  return { own: username === request.subject.commonName };
}

const HOUR: Millis = 3_600_000;
/** Clocks differ between machines; of a short life no minute is taken. */
const BACKDATE: Millis = 5 * 60_000;
const SHORT: Millis = 8 * HOUR;
const LONGEST: Millis = 365 * 24 * HOUR;
const SHORTEST: Millis = 10 * 60_000;

/** From when to when a certificate is valid; never beyond its authority. */
export function validity(expirationSeconds: number | undefined, now: Millis, authorityEnd: Millis): { readonly notBefore: Millis; readonly notAfter: Millis } {
  const life = expirationSeconds === undefined ? LONGEST : Math.min(LONGEST, Math.max(SHORTEST, expirationSeconds * 1000));
  return { notBefore: now - BACKDATE, notAfter: Math.min(authorityEnd, now + life - (life < SHORT ? 0 : BACKDATE)) };
}

const BY_BIT: readonly (readonly string[])[] = [
  ['signing', 'digital signature'], ['content commitment'], ['key encipherment'], ['data encipherment'], ['key agreement'], ['cert sign'], ['crl sign'],
  ['encipher only'], ['decipher only'],
];
/** In the order in which they are written. */
const EXTENDED: readonly (readonly [string, ...string[]])[] = [
  ['2.5.29.37.0', 'any'], ['1.3.6.1.5.5.7.3.1', 'server auth'], ['1.3.6.1.5.5.7.3.2', 'client auth'], ['1.3.6.1.5.5.7.3.3', 'code signing'],
  ['1.3.6.1.5.5.7.3.4', 'email protection', 's/mime'], ['1.3.6.1.5.5.7.3.5', 'ipsec end system'], ['1.3.6.1.5.5.7.3.6', 'ipsec tunnel'],
  ['1.3.6.1.5.5.7.3.7', 'ipsec user'], ['1.3.6.1.5.5.7.3.8', 'timestamping'], ['1.3.6.1.5.5.7.3.9', 'ocsp signing'],
  ['1.3.6.1.4.1.311.10.3.3', 'microsoft sgc'], ['2.16.840.1.113730.4.1', 'netscape sgc'],
];

/** What a certificate of these usages says: bits of its key usage (RFC 5280, 4.2.1.3), object identifiers of the extended one. */
export function usagesOf(usages: readonly string[] = []): { readonly keyUsageBits: readonly number[]; readonly extendedUsages: readonly string[] } {
  const asks = (names: readonly string[]): boolean => names.some((name) => usages.includes(name));
  return {
    keyUsageBits: BY_BIT.flatMap((names, bit) => (asks(names) ? [bit] : [])),
    extendedUsages: EXTENDED.flatMap(([oid, ...names]) => (asks(names) ? [oid] : [])),
  };
}

/** Whether nobody needs the request any more: answered, denied or failed for an hour, pending for a day, or its certificate at its end. */
export function isStale({ metadata, status }: CertificateSigningRequest, now: Millis): boolean {
  const { conditions = [], certificate } = status;
  const older = (time: string | undefined, age: Millis): boolean => (parseTime(time) ?? now) < now - age;
  const aged = (type: string): boolean => conditions.some((one) => one.type === type && older(one.lastUpdateTime, HOUR));
  if (conditions.length === 0 && older(metadata.creationTimestamp, 24 * HOUR)) return true;
  if (aged('Denied') || aged('Failed')) return true;
  return Boolean(certificate) && (aged('Approved') || (findCondition(conditions, 'Approved') !== undefined && hasEnded(certificate!, now)));
}

function hasEnded(certificate: string, now: Millis): boolean {
  const [block] = pemBlocks(textOfBase64(certificate) ?? '');
  try {
    return block !== undefined && now > certificateEnd(block.der);
  } catch {
    return false; // not a certificate: age alone removes it
  }
}
