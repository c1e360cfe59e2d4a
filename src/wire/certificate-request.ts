/** What a certificate signing request (PKCS #10, RFC 2986) asks for, and when a certificate (RFC 5280) ends. Nothing is verified here. */
import { childrenOf, type DerElement, readOid, readOnly, readString, readTime } from './der-reader.ts';

export interface CertificateRequest {
  readonly subject: {
    readonly commonName: string;
    readonly organizations: readonly string[];
    /** The whole name as it was written. */
    readonly der: Uint8Array;
  };
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly dnsNames: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly uris: readonly string[];
  /** 4 or 16 bytes each. */
  readonly ipAddresses: readonly Uint8Array[];
  readonly signature: {
    /** The bytes that were signed. */
    readonly over: Uint8Array;
    /** Of the algorithm. */
    readonly oid: string;
    readonly bytes: Uint8Array;
  };
}

const SEQUENCE = 0x30;
const SET = 0x31;
const BIT_STRING = 0x03;
const CONTEXT_0 = 0xa0;
const OID = { commonName: '2.5.4.3', organization: '2.5.4.10', extensionRequest: '1.2.840.113549.1.9.14', alternativeNames: '2.5.29.17' };
/** GeneralName, RFC 5280, 4.2.1.6. */
const NAME = { email: 0x81, dns: 0x82, uri: 0x86, ip: 0x87 };

/** @throws Error where the bytes are no request */
export function readCertificateRequest(der: Uint8Array): CertificateRequest {
  const [info, algorithm, signature] = childrenOf(readOnly(der), SEQUENCE);
  const [, subject, publicKey, attributes] = childrenOf(info, SEQUENCE);
  const [oid] = childrenOf(algorithm, SEQUENCE);
  if (!subject || !publicKey || !oid || signature?.tag !== BIT_STRING) throw new Error('asn1: structure error: not a certificate request');
  const names = attributes?.tag === CONTEXT_0 ? alternativeNames(attributes) : [];
  const texts = (tag: number): readonly string[] => names.filter((name) => name.tag === tag).map(readString);
  return {
    subject: { ...readSubject(subject), der: subject.whole },
    publicKey: publicKey.whole,
    dnsNames: texts(NAME.dns),
    emailAddresses: texts(NAME.email),
    uris: texts(NAME.uri),
    ipAddresses: names.filter(({ tag }) => tag === NAME.ip).map(({ content }) => content),
    signature: { over: info!.whole, oid: readOid(oid), bytes: signature.content.subarray(1) },
  };
}

function readSubject(subject: DerElement): { readonly commonName: string; readonly organizations: readonly string[] } {
  const attributes = childrenOf(subject, SEQUENCE).flatMap((set) => childrenOf(set, SET)).map((attribute) => {
    const [type, value] = childrenOf(attribute, SEQUENCE);
    return { type: type ? readOid(type) : '', value: value ? readString(value) : '' };
  });
  const valuesOf = (oid: string): readonly string[] => attributes.filter(({ type }) => type === oid).map(({ value }) => value);
  return { commonName: valuesOf(OID.commonName).at(-1) ?? '', organizations: valuesOf(OID.organization) };
}

function alternativeNames(attributes: DerElement): readonly DerElement[] {
  const found: DerElement[] = [];
  for (const attribute of childrenOf(attributes, CONTEXT_0)) {
    const [type, values] = childrenOf(attribute, SEQUENCE);
    if (!type || readOid(type) !== OID.extensionRequest) continue;
    for (const extension of childrenOf(values, SET).flatMap((extensions) => childrenOf(extensions, SEQUENCE))) {
      const parts = childrenOf(extension, SEQUENCE);
      const value = parts.at(-1);
      if (parts[0] && value && readOid(parts[0]) === OID.alternativeNames) found.push(...childrenOf(readOnly(value.content), SEQUENCE));
    }
  }
  return found;
}

/** When a certificate ends, in milliseconds since the epoch. @throws Error where the bytes are no certificate */
export function certificateEnd(der: Uint8Array): number {
  const [body] = childrenOf(readOnly(der), SEQUENCE);
  const parts = childrenOf(body, SEQUENCE);
  // Version 1 does not say its version.
  const [, , , validity] = parts[0]?.tag === CONTEXT_0 ? parts.slice(1) : parts;
  const [, notAfter] = childrenOf(validity, SEQUENCE);
  if (!notAfter) throw new Error('asn1: structure error: not a certificate');
  return readTime(notAfter);
}
