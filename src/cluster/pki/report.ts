import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { Millis } from '../../base/clock.ts';
import { expiryOf } from '../../wire/node/issue.ts';
import type { CertificateReport } from '../../cli/index.ts';
import { readText } from '../files.ts';
import type { Layout } from '../layout.ts';
import { ISSUERS, isWhole, readPair } from './ensure.ts';
import type { Issuer, LeafSpec } from './plan.ts';

/** What there is of every certificate that there should be: leaves first, then authorities. */
export async function reportOn(layout: Layout, leaves: readonly LeafSpec[], now: Millis): Promise<readonly CertificateReport[]> {
  const wanted: readonly { readonly name: string; readonly issuer?: Issuer }[] = [...leaves, ...ISSUERS.map((name) => ({ name }))];
  return Promise.all(wanted.map(async ({ name, issuer }): Promise<CertificateReport> => {
    const [pair, authority] = await Promise.all([readPair(layout, name), issuer && readCertificate(layout, issuer)]);
    const base = { name, ...(issuer ? { ca: issuer } : {}) };
    if (!pair) return { ...base, state: 'missing' };
    const certificate = parsed(pair.cert);
    if (!certificate || !isWhole(pair)) return { ...base, state: 'broken' };
    const expires = expiryOf(certificate);
    const trusted = !issuer || (authority !== undefined && certificate.verify(authority.publicKey));
    return {
      ...base, subject: certificate.subject.split('\n').join(', '), expires: new Date(expires).toISOString(), secondsLeft: Math.floor((expires - now) / 1000),
      state: expires <= now ? 'expired' : trusted ? 'valid' : 'untrusted',
    };
  }));
}

async function readCertificate(layout: Layout, name: string): Promise<X509Certificate | undefined> {
  return parsed(await readText(join(layout.pki, `${name}.crt`)));
}

function parsed(pem: string | undefined): X509Certificate | undefined {
  try {
    return pem === undefined ? undefined : new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
