import { createPrivateKey, createPublicKey, verify, X509Certificate } from 'node:crypto';
import type { Random } from '../../base/random.ts';
import type { CertificateAuthority, CertificateOrder } from '../../controllers/index.ts';
import type { CertificateRequest } from '../../wire/certificate-request.ts';
import { bitString, implicit, oid, sequence, type Der } from '../../wire/der.ts';
import { authorityName, expiryOf, extension, keyId, OID, signed, type KeyPair } from '../../wire/node/issue.ts';

/** Hashes by the algorithms requests are signed with; Ed25519 has its own (RFC 8410). */
const HASHES: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.11': 'sha256', '1.2.840.113549.1.1.12': 'sha384', '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256', '1.2.840.10045.4.3.3': 'sha384', '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
};

/** The cluster's CA as the signing controller sees it: what it may ask for, and not the key. */
export function clusterAuthority(pair: KeyPair, random: Random): CertificateAuthority {
  const certificate = new X509Certificate(pair.cert);
  const key = createPrivateKey(pair.key);
  return {
    notAfter: expiryOf(certificate),
    verifies: ownsKey,
    issue: (order) => signed({
      issuer: authorityName(certificate),
      subject: order.request.subject.der,
      publicKey: order.request.publicKey,
      notBefore: order.notBefore,
      notAfter: order.notAfter,
      extensions: extensionsOf(order, certificate),
    }, key, random),
  };
}

/** Requests of keys and algorithms that are not known are refused, not trusted. */
function ownsKey({ publicKey, signature }: CertificateRequest): boolean {
  const hash = HASHES[signature.oid];
  if (hash === undefined) return false;
  try {
    return verify(hash, signature.over, createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' }), signature.bytes);
  } catch {
    return false;
  }
}

/** Nothing of what the request itself wanted but its names. */
function extensionsOf({ request, keyUsageBits, extendedUsages }: CertificateOrder, authority: X509Certificate): readonly Der[] {
  const names = [
    ...request.dnsNames.map((name) => implicit(2, Buffer.from(name))),
    ...request.emailAddresses.map((name) => implicit(1, Buffer.from(name))),
    ...request.ipAddresses.map((address) => implicit(7, address)),
    ...request.uris.map((name) => implicit(6, Buffer.from(name))),
  ];
  return [
    ...(keyUsageBits.length === 0 ? [] : [extension(OID.keyUsage, true, namedBits(keyUsageBits))]),
    ...(extendedUsages.length === 0 ? [] : [extension(OID.extendedKeyUsage, false, sequence(...extendedUsages.map(oid)))]),
    extension(OID.basicConstraints, true, sequence()),
    extension(OID.authorityKeyId, false, sequence(implicit(0, keyId(authority.publicKey)))),
    ...(names.length === 0 ? [] : [extension(OID.alternativeNames, false, sequence(...names))]),
  ];
}

/** The first bit is the highest; what is zero at the end is not written (X.690, 11.2.2). */
function namedBits(bits: readonly number[]): Der {
  const length = Math.max(...bits) + 1;
  const bytes = new Uint8Array(Math.ceil(length / 8));
  for (const bit of bits) bytes[bit >> 3] = bytes[bit >> 3]! | (0x80 >> (bit & 7));
  return bitString(bytes, bytes.length * 8 - length);
}
