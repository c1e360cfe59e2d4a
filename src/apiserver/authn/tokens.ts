import { type CryptoKey, decodeJwt, importJWK, type JWK, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { AnyObject } from '../../meta/object.ts';
import type { ServiceAccountConfig } from '../config.ts';

/** An object that a token is bound to: it dies with it. */
export interface Bound {
  readonly name: string;
  readonly uid: string;
}

/** Claims of a bound service account token (KEP-1205, KEP-4193). */
export interface AccountClaims {
  readonly namespace: string;
  readonly serviceaccount: Bound;
  readonly pod?: Bound;
  readonly secret?: Bound;
  readonly node?: Bound;
  readonly warnafter?: number;
}

export interface VerifiedToken {
  readonly account: AccountClaims;
  readonly audiences: readonly string[];
  readonly jti: string | undefined;
  /** Seconds since the epoch; undefined for tokens kept in Secrets. */
  readonly expires: number | undefined;
}

/** Verified tokens kept, so that a signature is checked once and not with each request. */
const KEPT = 4_096;
const LEGACY_ISSUER = 'kubernetes/serviceaccount';
const LEGACY = 'kubernetes.io/serviceaccount/';

/** Signs and verifies service account tokens. Whether what they are bound to still lives is for the caller to check. */
export class Tokens {
  readonly #config: ServiceAccountConfig;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #verified = new Map<string, VerifiedToken>();
  readonly #watchers = new Set<(secret: AnyObject) => void>();
  #keys: Promise<readonly { readonly kid: string | undefined; readonly alg: string; readonly key: CryptoKey | Uint8Array }[]> | undefined;
  #signer: Promise<CryptoKey | Uint8Array> | undefined;

  constructor({ config, clock, random }: { config: ServiceAccountConfig; clock: Clock; random: Random }) {
    this.#config = config;
    this.#clock = clock;
    this.#random = random;
  }

  get audiences(): readonly string[] {
    return this.#config.audiences;
  }

  /** Calls back with the Secret of each token used that is kept in one. */
  onLegacyUse(watcher: (secret: AnyObject) => void): Disposable {
    this.#watchers.add(watcher);
    return { [Symbol.dispose]: () => void this.#watchers.delete(watcher) };
  }

  usedLegacy(secret: AnyObject): void {
    for (const watcher of this.#watchers) watcher(secret);
  }

  async sign(account: AccountClaims, { audiences, seconds }: { audiences: readonly string[]; seconds: number }): Promise<{ token: string; expires: number; jti: string }> {
    const { signingKey, issuer } = this.#config;
    const now = Math.floor(this.#clock.now() / 1000);
    const jti = this.#random.uuid();
    const token = await new SignJWT({ 'kubernetes.io': account })
      .setProtectedHeader({ alg: algOf(signingKey), ...(signingKey.kid ? { kid: signingKey.kid } : {}) })
      .setIssuer(issuer)
      .setSubject(`system:serviceaccount:${account.namespace}:${account.serviceaccount.name}`)
      .setAudience([...audiences])
      .setIssuedAt(now)
      .setNotBefore(now)
      .setExpirationTime(now + seconds)
      .setJti(jti)
      .sign(await (this.#signer ??= importJWK(signingKey, algOf(signingKey))));
    return { token, expires: now + seconds, jti };
  }

  /** @returns undefined for anything that is no valid token of ours. */
  async verify(token: string): Promise<VerifiedToken | undefined> {
    const now = this.#clock.now() / 1000;
    const kept = this.#verified.get(token);
    const verified = kept ?? (await this.#check(token));
    if (!verified || (verified.expires !== undefined && verified.expires <= now)) return undefined;
    if (!kept) {
      if (this.#verified.size >= KEPT) this.#verified.clear();
      this.#verified.set(token, verified);
    }
    return verified;
  }

  async #check(token: string): Promise<VerifiedToken | undefined> {
    // No key need be tried on what others issued.
    if (!saysItIsOf(token, [this.#config.issuer, LEGACY_ISSUER])) return undefined;
    for (const { key, alg } of await (this.#keys ??= this.#importKeys())) {
      try {
        const { payload } = await jwtVerify(token, key, { algorithms: [alg], currentDate: new Date(this.#clock.now()) });
        return readClaims(payload, this.#config.issuer);
      } catch {
        continue; // another key may have signed it
      }
    }
    return undefined;
  }

  async #importKeys() {
    const { signingKey, verificationKeys = [] } = this.#config;
    return Promise.all([publicPart(signingKey), ...verificationKeys].map(async (jwk) => ({ kid: jwk.kid, alg: algOf(jwk), key: await importJWK(jwk, algOf(jwk)) })));
  }

  /** The public keys, as `/openid/v1/jwks` serves them. */
  publicKeys(): readonly JWK[] {
    const { signingKey, verificationKeys = [] } = this.#config;
    return [publicPart(signingKey), ...verificationKeys.map(publicPart)].map((jwk) => ({ use: 'sig', ...jwk, alg: algOf(jwk) }));
  }
}

export const algOf = (jwk: JWK): string => jwk.alg ?? (jwk.kty === 'RSA' ? 'RS256' : 'ES256');

function publicPart({ d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, key_ops: _ops, ...jwk }: JWK): JWK {
  return jwk;
}

function saysItIsOf(token: string, issuers: readonly string[]): boolean {
  try {
    return issuers.includes(decodeJwt(token).iss ?? '');
  } catch {
    return false;
  }
}

type Payload = Readonly<Record<string, unknown>>;

function readClaims(payload: Payload, issuer: string): VerifiedToken | undefined {
  if (payload['iss'] === LEGACY_ISSUER) return legacyClaims(payload);
  const account = payload['kubernetes.io'] as AccountClaims | undefined;
  if (payload['iss'] !== issuer || !account?.namespace || !account.serviceaccount?.name) return undefined;
  const audience = payload['aud'];
  return {
    account,
    audiences: Array.isArray(audience) ? audience.map(String) : [String(audience)],
    jti: typeof payload['jti'] === 'string' ? payload['jti'] : undefined,
    expires: typeof payload['exp'] === 'number' ? payload['exp'] : undefined,
  };
}

/** Tokens that the token controller keeps in Secrets: no audience, no end but the Secret's. */
function legacyClaims(payload: Payload): VerifiedToken | undefined {
  const claim = (name: string) => String(payload[LEGACY + name] ?? '');
  const account: AccountClaims = {
    namespace: claim('namespace'),
    serviceaccount: { name: claim('service-account.name'), uid: claim('service-account.uid') },
    secret: { name: claim('secret.name'), uid: '' },
  };
  return account.namespace === '' || account.serviceaccount.name === '' ? undefined : { account, audiences: [], jti: undefined, expires: undefined };
}
