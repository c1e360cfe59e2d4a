import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from 'jose';
import type { Clock, Millis } from '../../base/clock.ts';
import type { Program } from '../../cel/compile.ts';
import { toJson } from '../../cel/json.ts';
import { isRecord } from '../../meta/own.ts';
import type { UserInfo } from '../../wire/api.ts';
import type { JwtConfig, Mapping } from '../configuration/authentication.ts';

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'];
/** An issuer is asked for its keys no more often, whoever shows what. */
const ASK_AGAIN: Millis = 10_000;
/** How long, and of how many tokens, it is kept whom they name: signatures are dear, and clients ask often. */
const GOOD_FOR: Millis = 10_000;
const KEPT = 4_096;

export interface JwtAround {
  readonly clock: Clock;
  /** What is at an HTTPS address, as JSON. */
  fetchJson(url: string, caPem: string | undefined): Promise<unknown>;
}

/**
 * Tells who shows a token of one issuer (OpenID Connect; https://kubernetes.io/docs/reference/access-authn-authz/authentication/#openid-connect-tokens).
 * The issuer's keys are fetched when first needed, and again where a token names one that is not known.
 */
export class JwtAuthenticator {
  readonly #config: JwtConfig;
  readonly #around: JwtAround;
  #keys: { readonly verify: JWTVerifyGetKey; readonly at: Millis } | undefined;
  #asked: Millis | undefined;
  #asking: Promise<void> | undefined;
  /** By token. What is no good is not kept. */
  readonly #known = new Map<string, { readonly user: UserInfo; readonly until: Millis; readonly expires: number }>();

  constructor(config: JwtConfig, around: JwtAround) {
    this.#config = config;
    this.#around = around;
  }

  /**
   * For some seconds a token names the same object, though never once it is over.
   * @returns undefined for what is no token of this issuer. @throws Error for one that is, and is not good
   */
  async identify(token: string): Promise<UserInfo | undefined> {
    const { clock } = this.#around;
    const kept = this.#known.get(token);
    if (kept && clock.monotonic() < kept.until && clock.now() < kept.expires) return kept.user;
    this.#known.delete(token);
    if (!isOf(token, this.#config.issuer)) return undefined;
    const claims = await this.#verified(token);
    const user = this.#userOf(claims);
    if (this.#known.size >= KEPT) this.#known.clear();
    this.#known.set(token, { user, until: clock.monotonic() + GOOD_FOR, expires: claims.exp! * 1000 });
    return user;
  }

  /** @throws Error where a rule says no, or a claim is not what it should be */
  #userOf(claims: JWTPayload): UserInfo {
    this.#checkAudience(claims);
    checkClaims(this.#config, claims);
    const user = userOf(this.#config, claims);
    for (const { expression, message } of this.#config.userRules) {
      const shown = { username: user.username, uid: user.uid ?? '', groups: user.groups, extra: user.extra ?? {} };
      if (evaluate(expression, { user: shown }) !== true) throw new Error(`oidc: error evaluating user info validation rule: ${message || `validation expression '${expression.source}' failed`}`);
    }
    return user;
  }

  async #verified(token: string): Promise<JWTPayload> {
    if (!this.#keys) await this.#fetchKeys();
    const before = this.#keys!;
    try {
      return await this.#verifiedBy(before.verify, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      await this.#fetchKeys();
      if (this.#keys === before) throw error;
      return this.#verifiedBy(this.#keys!.verify, token);
    }
  }

  async #verifiedBy(verify: JWTVerifyGetKey, token: string): Promise<JWTPayload> {
    const options = { issuer: this.#config.issuer, algorithms: ALGORITHMS, currentDate: new Date(this.#around.clock.now()), requiredClaims: ['exp'] };
    try {
      return (await jwtVerify(token, verify, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      // The token does not say which key it is of.
      for await (const key of error) {
        try {
          return (await jwtVerify(token, key, options)).payload;
        } catch (failure) {
          if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
        }
      }
      throw new errors.JWSSignatureVerificationFailed();
    }
  }

  /** @throws Error where the issuer cannot be asked, and its keys are not known from before */
  async #fetchKeys(): Promise<void> {
    const now = this.#around.clock.monotonic();
    if (this.#asked !== undefined && now - this.#asked < ASK_AGAIN && !this.#asking) {
      if (this.#keys) return;
      throw new Error('oidc: authenticator not initialized');
    }
    this.#asked = now;
    await (this.#asking ??= this.#ask(now).finally(() => (this.#asking = undefined)));
  }

  async #ask(at: Millis): Promise<void> {
    const { issuer, discoveryUrl, caPem } = this.#config;
    const document = await this.#around.fetchJson(discoveryUrl, caPem);
    if (!isRecord(document) || document['issuer'] !== issuer) throw new Error(`oidc: issuer did not match the issuer returned by provider, expected ${JSON.stringify(issuer)} got ${JSON.stringify(isRecord(document) ? document['issuer'] : document)}`);
    const keys = await this.#around.fetchJson(String(document['jwks_uri']), caPem);
    this.#keys = { verify: createLocalJWKSet(keys as JSONWebKeySet), at };
  }

  #checkAudience({ aud = [] }: JWTPayload): void {
    const { audiences } = this.#config;
    const meant = typeof aud === 'string' ? [aud] : aud;
    if (!meant.some((one) => audiences.includes(one))) throw new Error(`oidc: verify token: oidc: expected audience in [${audiences.map((one) => JSON.stringify(one)).join(' ')}] got [${meant.map((one) => JSON.stringify(one)).join(' ')}]`);
  }
}

function isOf(token: string, issuer: string): boolean {
  try {
    return decodeJwt(token).iss === issuer;
  } catch {
    return false;
  }
}

function checkClaims({ claimRules }: JwtConfig, claims: JWTPayload): void {
  for (const rule of claimRules) {
    if ('expression' in rule) {
      if (evaluate(rule.expression, { claims }) !== true) throw new Error(`oidc: error evaluating claim validation expression: ${rule.message || `validation expression '${rule.expression.source}' failed`}`);
      continue;
    }
    const value = claims[rule.claim];
    if (value === undefined) throw new Error(`oidc: required claim ${rule.claim} not present in ID token`);
    if (typeof value !== 'string') throw new Error(`oidc: parse claim ${rule.claim}: json: cannot unmarshal into Go value of type string`);
    if (value !== rule.requiredValue) throw new Error(`oidc: required claim ${rule.claim} value does not match. Got = ${value}, want = ${rule.requiredValue}`);
  }
}

function userOf({ username, groups, uid, extra }: JwtConfig, claims: JWTPayload): UserInfo {
  const name = textOf(username, claims, 'username');
  if (name === undefined || name === '') throw new Error('oidc: username claim value is empty');
  if ('claim' in username && username.claim === 'email' && (claims['email_verified'] ?? true) !== true) throw new Error('oidc: email not verified');
  const id = uid && textOf(uid, claims, 'uid');
  const more = extra.flatMap(({ key, expression }) => {
    const values = textsOf(evaluate(expression, { claims }));
    return values.length === 0 ? [] : [[key, values] as const];
  });
  return {
    username: name,
    ...(id ? { uid: id } : {}),
    groups: groups ? groupsOf(groups, claims) : [],
    ...(more.length > 0 ? { extra: Object.fromEntries(more) } : {}),
  };
}

function textOf(mapping: Mapping, claims: JWTPayload, what: string): string | undefined {
  if ('expression' in mapping) {
    const value = evaluate(mapping.expression, { claims });
    if (typeof value !== 'string') throw new Error(`oidc: error evaluating ${what} claim expression: it did not evaluate to a string`);
    return value;
  }
  const value = claims[mapping.claim];
  if (value === undefined) throw new Error(`oidc: parse ${what} claims ${JSON.stringify(mapping.claim)}: claim not present`);
  if (typeof value !== 'string') throw new Error(`oidc: parse ${what} claims ${JSON.stringify(mapping.claim)}: json: cannot unmarshal into Go value of type string`);
  return mapping.prefix + value;
}

function groupsOf(mapping: Mapping, claims: JWTPayload): readonly string[] {
  if ('expression' in mapping) return textsOf(evaluate(mapping.expression, { claims }));
  const value = claims[mapping.claim];
  if (value === undefined) return [];
  return textsOf(value).map((group) => mapping.prefix + group);
}

/** A text, several, or none at all. @throws Error for anything else */
function textsOf(value: unknown): readonly string[] {
  if (value === null || value === undefined || value === '') return [];
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!values.every((one) => typeof one === 'string')) throw new Error('oidc: neither a string nor a list of strings');
  return values.filter((one) => one !== '');
}

function evaluate(program: Program, bindings: Readonly<Record<string, unknown>>): unknown {
  const result = program.evaluate(bindings);
  if (!result.ok) throw new Error(`oidc: expression '${program.source}' resulted in error: ${result.message}`);
  return toJson(result.value);
}
