import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Millis } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { readText, writeWhole } from '../files.ts';
import type { Layout } from '../layout.ts';
import { expiryOf, issueCa, issueLeaf, LEAF_LIFETIME, reissueCa, type KeyPair } from '../../wire/node/issue.ts';
import { isStale, leafSpecs, type ClusterNames, type Issuer, type LeafSpec } from './plan.ts';
import { ensureServiceAccountKey } from './service-account-key.ts';

const AUTHORITIES: Readonly<Record<Issuer, string>> = { ca: 'kubernetes', 'front-proxy-ca': 'front-proxy-ca' };
export const ISSUERS = Object.keys(AUTHORITIES) as readonly Issuer[];

/** An authority signs for another lifetime while its old certificate outlives every leaf, so that who trusts it has long to learn of that. */
const REISSUE_BEFORE: Millis = 2 * LEAF_LIFETIME;

export interface Effects {
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Makes what is missing and renews what wears out; what is good stays as it is.
 * @returns the names of the certificates that are new, without those of new authorities, which nobody knew before
 */
export async function ensurePki(layout: Layout, cluster: ClusterNames, effects: Effects): Promise<readonly string[]> {
  const now = effects.clock.now();
  await mkdir(layout.pki, { recursive: true, mode: 0o700 });
  const renewed: string[] = [];
  const authorities = {
    ca: await ensureAuthority(layout, 'ca', { ...effects, renewed }),
    'front-proxy-ca': await ensureAuthority(layout, 'front-proxy-ca', { ...effects, renewed }),
  };
  await ensureServiceAccountKey(layout);
  for (const spec of leafSpecs(cluster)) {
    const issuer = authorities[spec.issuer];
    const have = await readPair(layout, spec.name);
    if (have && isWhole(have) && !isStale(have.cert, spec, { issuerPem: issuer.cert, now })) continue;
    await writePair(layout, spec.name, issueLeaf(spec, issuer, { now, random: effects.random }));
    renewed.push(spec.name);
  }
  return renewed;
}

async function ensureAuthority(layout: Layout, name: Issuer, { clock, random, renewed }: Effects & { readonly renewed: string[] }): Promise<KeyPair> {
  const now = clock.now();
  const have = await readPair(layout, name);
  if (have && expiryOf(new X509Certificate(have.cert)) - now >= REISSUE_BEFORE) return have;
  const made = have ? reissueCa(have, { now, random }) : issueCa(AUTHORITIES[name], now, random);
  await writePair(layout, name, made);
  if (have) renewed.push(name);
  return made;
}

/** New certificates with new keys by the authorities that stand, whatever is left of the old ones. @throws where an authority is not whole */
export async function renewLeaves(layout: Layout, specs: readonly LeafSpec[], { clock, random }: Effects): Promise<void> {
  for (const spec of specs) {
    const issuer = await requirePair(layout, spec.issuer);
    await writePair(layout, spec.name, issueLeaf(spec, issuer, { now: clock.now(), random }));
  }
}

/** Whether key and certificate belong together: whoever wrote them may have died between the two. */
export function isWhole({ cert, key }: KeyPair): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** Both halves, or undefined when one is missing: a torn pair is made anew. */
export async function readPair(layout: Layout, name: string): Promise<KeyPair | undefined> {
  const [cert, key] = await Promise.all([readText(join(layout.pki, `${name}.crt`)), readText(join(layout.pki, `${name}.key`))]);
  return cert === undefined || key === undefined ? undefined : { cert, key };
}

/** @throws when it is not there: `up` makes every pair before it starts anyone who needs one. */
export async function requirePair(layout: Layout, name: string): Promise<KeyPair> {
  const pair = await readPair(layout, name);
  if (!pair) throw new Error(`no certificate ${name} in ${layout.pki}`);
  return pair;
}

/** The key goes first and the certificate last: a pair with a certificate is whole unless the key is from a later try. */
async function writePair(layout: Layout, name: string, pair: KeyPair): Promise<void> {
  await writeWhole(join(layout.pki, `${name}.key`), pair.key);
  await writeWhole(join(layout.pki, `${name}.crt`), pair.cert, 0o644);
}

/** Every certificate there is, with its end. */
export async function certificatesOf(layout: Layout): Promise<readonly { name: string; expires: Millis }[]> {
  const files = await readdir(layout.pki).catch(() => []);
  const names = files.filter((file) => file.endsWith('.crt')).map((file) => file.slice(0, -'.crt'.length)).toSorted();
  return Promise.all(names.map(async (name) => {
    const text = await readText(join(layout.pki, `${name}.crt`));
    return { name, expires: text === undefined ? 0 : expiryOf(new X509Certificate(text)) };
  }));
}
