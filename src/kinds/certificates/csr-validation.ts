/** Certificate signing requests: what may be asked, who may answer, what stays as it was answered. */
import { deepEqual } from '../../base/deep-equal.ts';
import { duplicate, FieldPath, forbidden, invalid, notSupported, required, tooLong } from '../../meta/field-error.ts';
import { dnsLabelProblems, dnsSubdomainProblems, MAX_LABEL, MAX_SUBDOMAIN } from '../../meta/names.ts';
import { isDerSequence, pemBlocks, textOfBase64 } from '../../meta/pem.ts';
import type { Errors } from '../checks.ts';
import type { CertificateSigningRequestCondition, CertificateSigningRequestSpec, CertificateSigningRequestStatus } from './certificate-signing-request.ts';

export interface RequestLike {
  readonly spec: CertificateSigningRequestSpec;
  readonly status: CertificateSigningRequestStatus;
}

const USAGES = [
  'any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment', 'decipher only', 'digital signature',
  'email protection', 'encipher only', 'ipsec end system', 'ipsec tunnel', 'ipsec user', 'key agreement', 'key encipherment', 'microsoft sgc',
  'netscape sgc', 'ocsp signing', 's/mime', 'server auth', 'signing', 'timestamping',
];
const LEGACY_SIGNER = 'kubernetes.io/legacy-unknown';
const SHORTEST_SECONDS = 600;

/** Rules are not tightened for what is stored already: what was wrong with `old` may stay so. */
export function* csrErrors({ spec, status }: RequestLike, old: RequestLike | undefined, at: FieldPath): Errors {
  const here = at.child('spec');
  const problem = requestProblem(spec.request);
  if (problem) yield invalid(here.child('request'), spec.request, problem);
  yield* usageErrors(spec.usages ?? [], old?.spec.usages ?? [], here.child('usages'));
  if (spec.signerName === LEGACY_SIGNER && old?.spec.signerName !== LEGACY_SIGNER) {
    yield invalid(here.child('signerName'), spec.signerName, 'the legacy signerName is not allowed via this API version');
  } else yield* signerNameErrors(spec.signerName, here.child('signerName'));
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < SHORTEST_SECONDS) {
    yield invalid(here.child('expirationSeconds'), spec.expirationSeconds, 'may not specify a duration less than 600 seconds (10 minutes)');
  }
  yield* conditionErrors(status.conditions ?? [], old?.status.conditions ?? [], at.child('status').child('conditions'));
  const certificateAt = at.child('status').child('certificate');
  if (status.certificate !== old?.status.certificate && !certificateProblem(old?.status.certificate)) {
    const wrong = certificateProblem(status.certificate);
    if (wrong) yield invalid(certificateAt, '<certificate data>', wrong);
  }
}

/** The signature is left to the signer: checking it takes cryptography, which this room does not know. */
function requestProblem(base64: string): string | undefined {
  const [block] = pemBlocks(textOfBase64(base64) ?? '');
  if (block?.label !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST';
  return isDerSequence(block.der) ? undefined : 'asn1: syntax error: data truncated';
}

function certificateProblem(base64: string | undefined): string | undefined {
  if (!base64) return undefined;
  const blocks = pemBlocks(textOfBase64(base64) ?? '');
  for (const { label, hasHeaders, der } of blocks) {
    if (label !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(label)}`;
    if (hasHeaders) return 'no PEM block headers are permitted';
    if (!isDerSequence(der)) return 'x509: malformed certificate';
  }
  return blocks.length === 0 ? 'must contain at least one CERTIFICATE PEM block' : undefined;
}

const hasDuplicates = (items: readonly string[]): boolean => new Set(items).size < items.length;

function* usageErrors(usages: readonly string[], before: readonly string[], at: FieldPath): Errors {
  if (usages.length === 0) yield required(at);
  const [knowsAll, unique] = [before.every((usage) => USAGES.includes(usage)), !hasDuplicates(before)];
  for (const [index, usage] of usages.entries()) if (knowsAll && !USAGES.includes(usage)) yield notSupported(at.index(index), usage, USAGES);
  for (const [index, usage] of usages.entries()) if (unique && usages.indexOf(usage) < index) yield duplicate(at.index(index), usage);
}

/** `DOMAIN/NAME`, long enough for a namespace and a name behind the slash. */
export function* signerNameErrors(name: string, at: FieldPath): Errors {
  if (!name) return void (yield required(at));
  const [domain, path, ...rest] = name.split('/');
  if (path === undefined || rest.length > 0) return void (yield invalid(at, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'"));
  if (domain!.length > MAX_SUBDOMAIN) yield tooLong(at, MAX_SUBDOMAIN);
  yield* segmentErrors(domain!, dnsLabelProblems, at);
  if (!domain!.includes('.')) yield invalid(at, domain, 'should be a domain with at least two segments separated by dots');
  yield* segmentErrors(path, dnsSubdomainProblems, at);
  const longest = MAX_SUBDOMAIN + 1 + MAX_SUBDOMAIN + 1 + MAX_LABEL;
  if (name.length > longest) yield tooLong(at, longest);
}

/** The first bad label of a dotted name speaks for the rest. */
function* segmentErrors(segment: string, problemsOf: (label: string) => readonly string[], at: FieldPath): Errors {
  const bad = segment.split('.').find((label) => problemsOf(label).length > 0);
  if (bad === undefined) return;
  for (const problem of problemsOf(bad)) yield invalid(at, segment, `validating label ${JSON.stringify(bad)}: ${problem}`);
}

type Conditions = readonly CertificateSigningRequestCondition[];
const DECIDED = ['Approved', 'Denied'];
const ONLY_TRUE = [...DECIDED, 'Failed'];
const has = (conditions: Conditions, type: string): boolean => conditions.some((one) => one.type === type);

function* conditionErrors(conditions: Conditions, before: Conditions, at: FieldPath): Errors {
  const tolerates = {
    both: DECIDED.every((type) => has(before, type)), twice: hasDuplicates(before.map(({ type }) => type)), nameless: has(before, ''),
  };
  for (const [index, { type, status }] of conditions.entries()) {
    const here = at.index(index);
    const earlier = conditions.slice(0, index);
    if (!type && !tolerates.nameless) yield required(here.child('type'));
    const allowed = ONLY_TRUE.includes(type) ? ['True'] : ['False', 'True', 'Unknown'];
    if (!status) yield required(here.child('status'));
    else if (!allowed.includes(status)) yield notSupported(here.child('status'), status, allowed);
    if (!tolerates.both && DECIDED.includes(type) && DECIDED.some((other) => other !== type && has(earlier, other))) {
      yield invalid(here.child('type'), type, 'Approved and Denied conditions are mutually exclusive');
    }
    if (!tolerates.twice && has(earlier, type)) yield duplicate(here.child('type'), type);
  }
}

interface Allowed {
  /** The approval subresource decides. */
  readonly approval?: boolean;
  /** The status subresource answers. */
  readonly certificate?: boolean;
}

/** What an update of a request, of its status or of its approval may change. */
export function* csrChangeErrors({ status }: RequestLike, { status: before }: RequestLike, { approval = false, certificate = false }: Allowed): Errors {
  const at = FieldPath.of('status');
  const of = ({ conditions = [] }: CertificateSigningRequestStatus, type: string) => conditions.filter((one) => one.type === type);
  for (const type of ONLY_TRUE) {
    if (of(status, type).length < of(before, type).length) yield forbidden(at.child('conditions'), `updates may not remove a condition of type "${type}"`);
  }
  for (const type of approval ? [] : DECIDED) {
    const [now, was] = [of(status, type), of(before, type)];
    if (now.length > was.length) yield forbidden(at.child('conditions'), `updates may not add a condition of type "${type}"`);
    else if (now.length === was.length && !deepEqual(now, was)) yield forbidden(at.child('conditions'), `updates may not modify a condition of type "${type}"`);
  }
  if ((status.certificate ?? '') === (before.certificate ?? '')) return;
  if (!certificate) yield forbidden(at.child('certificate'), 'updates may not set certificate content');
  else if (before.certificate) yield forbidden(at.child('certificate'), 'updates may not modify existing certificate content');
}
