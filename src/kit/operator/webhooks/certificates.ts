import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { Millis } from '../../../base/clock.ts';
import type { Random } from '../../../base/random.ts';
import { CA_LIFETIME, DAY, expiryOf, issueCa, issueLeaf, LEAF_LIFETIME, type KeyPair } from '../../../wire/node/issue.ts';

/** What the copies of an operator share. */
export interface Certificates {
  /** The authority that signs from now on. */
  readonly ca: KeyPair;
  /** Whom the API server is to trust, PEM: this authority, and the one before it while its certificates are in use. */
  readonly bundle: string;
  readonly serving: KeyPair;
}

export interface ServerNames {
  readonly dnsNames: readonly string[];
  readonly addresses: readonly string[];
}

/** A certificate is renewed when a third of its life is left. */
const RENEW_SERVING: Millis = LEAF_LIFETIME / 3;
const RENEW_CA: Millis = CA_LIFETIME / 3;
/** How long a new authority is announced before it signs: by then every API server and every copy knows of it. */
const ANNOUNCED: Millis = DAY;
const SKEW: Millis = 300_000;

/**
 * The certificates as they should be, the very same where nothing needs to change.
 *
 *     CA wears out ─▶ new CA in the bundle, old certificate served ─ a day ─▶ certificate by the new CA ─▶ old CA leaves when it ends
 */
export function planCertificates(held: Certificates | undefined, names: ServerNames, { now, random }: { readonly now: Millis; readonly random: Random }): Certificates {
  const fresh = () => newAuthority(names, { now, random });
  if (!held) return fresh();
  let authorities: readonly X509Certificate[];
  let current: X509Certificate;
  let serving: X509Certificate;
  try {
    current = new X509Certificate(held.ca.cert);
    authorities = pemsIn(held.bundle).map((pem) => new X509Certificate(pem));
    serving = new X509Certificate(held.serving.cert);
    const signs = current.checkPrivateKey(createPrivateKey(held.ca.key)) && authorities.some(({ raw }) => raw.equals(current.raw));
    if (!signs || !serving.checkPrivateKey(createPrivateKey(held.serving.key))) return fresh();
  } catch {
    return fresh(); // torn, or written by somebody else
  }
  if (expiryOf(current) <= now) return fresh();
  const alive = authorities.filter((one) => expiryOf(one) > now);
  if (expiryOf(current) - now < RENEW_CA) {
    const ca = issueCa('webhooks', now, random);
    return { ca, bundle: [ca.cert, ...alive.map(textOf)].join(''), serving: held.serving };
  }
  const trusted = alive.length === authorities.length ? held : { ...held, bundle: alive.map(textOf).join('') };
  const isBySomeone = alive.some((one) => serving.verify(one.publicKey));
  const isByCurrent = serving.verify(current.publicKey);
  const left = expiryOf(serving) - now;
  const isAnnounced = now - Date.parse(current.validFrom) - SKEW >= ANNOUNCED;
  const isWorn = !isBySomeone || !covers(serving, names) || left < (isByCurrent || isAnnounced ? RENEW_SERVING : DAY) || (!isByCurrent && isAnnounced);
  return isWorn ? { ...trusted, serving: issueServing(held.ca, names, { now, random }) } : trusted;
}

function newAuthority(names: ServerNames, at: { readonly now: Millis; readonly random: Random }): Certificates {
  const ca = issueCa('webhooks', at.now, at.random);
  return { ca, bundle: ca.cert, serving: issueServing(ca, names, at) };
}

const issueServing = (ca: KeyPair, { dnsNames, addresses }: ServerNames, at: { readonly now: Millis; readonly random: Random }): KeyPair =>
  issueLeaf({ commonName: dnsNames[0] ?? addresses[0] ?? 'webhooks', organizations: [], use: 'server', dnsNames, addresses }, ca, at);

const covers = (certificate: X509Certificate, { dnsNames, addresses }: ServerNames): boolean =>
  dnsNames.every((name) => certificate.checkHost(name) !== undefined) && addresses.every((address) => certificate.checkIP(address) !== undefined);

const textOf = (certificate: X509Certificate): string => certificate.toString();
const pemsIn = (text: string): readonly string[] => text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/g) ?? [];
