import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';
import type { Millis } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { bitString, boolean, explicit, implicit, integer, octetString, oid, sequence, setOf, time, utf8String, type Der } from '../der.ts';

export const DAY: Millis = 86_400_000;
export const CA_LIFETIME: Millis = 3650 * DAY;
export const LEAF_LIFETIME: Millis = 365 * DAY;

/** What a leaf certificate says of its holder. */
export interface LeafNames {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly use: 'client' | 'server' | 'both';
  /** Subject alternative names; none for clients. */
  readonly dnsNames: readonly string[];
  readonly addresses: readonly string[];
}

/** A certificate and its key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** Clocks differ between machines. */
const SKEW: Millis = 300_000;
export const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  alternativeNames: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;
const USES = { client: [OID.clientAuth], server: [OID.serverAuth], both: [OID.clientAuth, OID.serverAuth] } as const;

/** What a certificate says, before it is signed (RFC 5280, 4.1). Names and the SubjectPublicKeyInfo are DER. */
export interface Statement {
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly notBefore: Millis;
  readonly notAfter: Millis;
  readonly extensions: readonly Der[];
}

/** A new self-signed authority on P-256. */
export function issueCa(commonName: string, now: Millis, random: Random): KeyPair {
  return selfSigned(nameOf([], commonName), generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, { now, random });
}

/** The same authority with its own key for another lifetime: what it signed stays good, by the old certificate and by the new one. */
export const reissueCa = ({ cert, key }: KeyPair, effects: { now: Millis; random: Random }): KeyPair =>
  selfSigned(authorityName(new X509Certificate(cert)), createPrivateKey(key), effects);

function selfSigned(name: Der, privateKey: KeyObject, { now, random }: { now: Millis; random: Random }): KeyPair {
  const publicKey = createPublicKey(privateKey);
  const cert = signed({
    issuer: name, subject: name, publicKey: spki(publicKey), notBefore: now - SKEW, notAfter: now + CA_LIFETIME,
    extensions: [
      extension(OID.basicConstraints, true, sequence(boolean(true))),
      extension(OID.keyUsage, true, bitString(Uint8Array.of(0b1000_0110), 1)), // digitalSignature, keyCertSign, cRLSign
      extension(OID.subjectKeyId, false, octetString(keyId(publicKey))),
    ],
  }, privateKey, random);
  return { cert, key: pkcs8(privateKey) };
}

/** A new leaf with a new key, signed by `issuer`; never valid for longer than it. */
export function issueLeaf(spec: LeafNames, issuer: KeyPair, { now, random }: { now: Millis; random: Random }): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const authority = new X509Certificate(issuer.cert);
  const names = [
    ...spec.dnsNames.map((name) => implicit(2, new TextEncoder().encode(name))),
    ...spec.addresses.map((address) => implicit(7, ipBytes(address))),
  ];
  const cert = signed({
    issuer: authorityName(authority),
    subject: nameOf(spec.organizations, spec.commonName),
    publicKey: spki(publicKey),
    notBefore: now - SKEW,
    notAfter: Math.min(now + LEAF_LIFETIME, expiryOf(authority)),
    extensions: [
      extension(OID.basicConstraints, true, sequence()),
      extension(OID.keyUsage, true, bitString(Uint8Array.of(0b1000_0000), 7)), // digitalSignature
      extension(OID.extendedKeyUsage, false, sequence(...USES[spec.use].map(oid))),
      extension(OID.authorityKeyId, false, sequence(implicit(0, keyId(authority.publicKey)))),
      ...(names.length === 0 ? [] : [extension(OID.alternativeNames, false, sequence(...names))]),
    ],
  }, createPrivateKey(issuer.key), random);
  return { cert, key: pkcs8(privateKey) };
}

/** @returns the certificate, PEM */
export function signed(statement: Statement, key: KeyObject, random: Random): string {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const serial = Uint8Array.from(random.bytes(16));
  serial[0] = (serial[0]! & 0x7f) | 0x40; // positive and of constant length
  const body = sequence(
    explicit(0, integer(Uint8Array.of(2))), // version 3
    integer(serial),
    algorithm,
    statement.issuer,
    sequence(time(statement.notBefore), time(statement.notAfter)),
    statement.subject,
    statement.publicKey,
    explicit(3, sequence(...statement.extensions)),
  );
  const whole = sequence(body, algorithm, bitString(sign('sha256', body, key)));
  const lines = Buffer.from(whole).toString('base64').replace(/.{1,64}/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`;
}

function nameOf(organizations: readonly string[], commonName: string): Der {
  const part = (type: string, value: string): Der => setOf(sequence(oid(type), utf8String(value)));
  return sequence(...organizations.map((name) => part(OID.organization, name)), part(OID.commonName, commonName));
}

export const extension = (id: string, critical: boolean, value: Der): Der =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value));
/** Authorities made here have a common name and nothing else. */
export const authorityName = ({ subject }: X509Certificate): Der => nameOf([], subject.replace(/^CN=/, ''));
const spki = (key: KeyObject): Uint8Array => key.export({ type: 'spki', format: 'der' });
const pkcs8 = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** RFC 5280, 4.2.1.2, first method: the SHA-1 of the public point, which ends the SubjectPublicKeyInfo of P-256. */
export function keyId(key: KeyObject): Uint8Array {
  return createHash('sha1').update(spki(key).subarray(-65)).digest();
}

function ipBytes(address: string): Uint8Array {
  if (isIPv4(address)) return Uint8Array.from(address.split('.').map(Number));
  return Uint8Array.from(expandIpv6(address).flatMap((group) => [group >> 8, group & 0xff]));
}

/** The eight groups of an IPv6 address. */
export function expandIpv6(address: string): readonly number[] {
  const [head = '', tail] = address.split('::');
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  if (tail === undefined) return groups(head);
  const [left, right] = [groups(head), groups(tail)];
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

export const expiryOf = (certificate: X509Certificate): Millis => Date.parse(certificate.validTo);
