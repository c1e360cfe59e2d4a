import { join } from 'node:path';
import type { JWK } from 'jose';
import type { Layout } from '../layout.ts';
import { readText, writeWhole } from '../files.ts';

/** The key that signs service-account tokens, as a private JWK (RFC 7517). */
export type SigningKey = JWK & { readonly kid: string; readonly alg: string };

/** Reads `pki/sa.jwk`, made once: a new one would void every token there is. */
export async function ensureServiceAccountKey(layout: Layout): Promise<SigningKey> {
  const file = join(layout.pki, 'sa.jwk');
  const text = await readText(file);
  if (text !== undefined) return JSON.parse(text) as SigningKey;
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  // The key's id is the digest of its public part, as upstream's: the same key has the same id on every server.
  const spki = await crypto.subtle.exportKey('spki', keys.publicKey);
  const kid = Buffer.from(await crypto.subtle.digest('SHA-256', spki)).toString('base64url');
  const { crv, kty, x, y, d } = await crypto.subtle.exportKey('jwk', keys.privateKey);
  const key = { kty, crv, x, y, d, kid, alg: 'ES256', use: 'sig' } as SigningKey;
  await writeWhole(file, `${JSON.stringify(key)}\n`);
  return key;
}

export function publicPart({ d: _secret, ...rest }: SigningKey): Omit<SigningKey, 'd'> {
  return rest;
}
