/** Asks a service whose a token is, by TokenReviews (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication). */
import type { Millis } from '../../base/clock.ts';
import { tokenReviewStatus } from '../../kinds/authentication/token-review.ts';
import { object } from '../../schema/field.ts';
import type { UserInfo } from '../../wire/api.ts';
import type { Core } from '../core.ts';
import { callWebhook } from '../webhook/client.ts';
import { KeptAnswers } from '../webhook/kept-answers.ts';
import type { RemoteService } from '../webhook/remote.ts';

/** `--authentication-token-webhook-cache-ttl` upstream. */
const TTL: Millis = 120_000;
const PATIENCE: Millis = 30_000;
const answer = object('authentication.v1.AnsweredReview', { status: tokenReviewStatus() });
const encoder = new TextEncoder();

export interface TokenOwner {
  readonly user: UserInfo;
  /** Those wanted that the token is for. */
  readonly audiences: readonly string[];
}

export class TokenWebhook {
  readonly #around: Pick<Core, 'config' | 'resources' | 'clock' | 'random'>;
  readonly #service: RemoteService;
  /** That a token is nobody's is known as well; what went wrong is not. */
  readonly #kept: KeptAnswers<{ readonly owner: TokenOwner | undefined }>;

  constructor(around: Pick<Core, 'config' | 'resources' | 'clock' | 'random'>, service: RemoteService) {
    this.#around = around;
    this.#service = service;
    this.#kept = new KeptAnswers(around.clock);
  }

  /**
   * @param wanted audiences, at least one of which the token must be for
   * @param ours the server's own: those that a service which knows of none speaks for
   * @throws Error where nobody can tell
   */
  async identify(token: string, { wanted, ours }: { readonly wanted: readonly string[]; readonly ours: readonly string[] }): Promise<TokenOwner | undefined> {
    const key = JSON.stringify([token, wanted]);
    const known = this.#kept.get(key);
    if (known) return known.owner;
    const owner = await this.#ask(token, wanted, ours);
    this.#kept.set(key, { owner }, TTL);
    return owner;
  }

  async #ask(token: string, wanted: readonly string[], ours: readonly string[]): Promise<TokenOwner | undefined> {
    const review = { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', metadata: {}, spec: { token, audiences: wanted }, status: { user: {} } };
    const { status } = await callWebhook(this.#around, { client: this.#service, body: encoder.encode(JSON.stringify(review)), answer, timeout: PATIENCE });
    const { authenticated = false, user, audiences: told = [], error } = status ?? {};
    const meant = told.length > 0 ? told : ours;
    const audiences = wanted.filter((one) => meant.includes(one));
    if (audiences.length === 0) return undefined;
    if (!authenticated && error) throw new Error(error);
    if (!authenticated) return undefined;
    const { username = '', uid, groups, extra } = user ?? {};
    return { user: { username, groups: groups ?? [], ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) }, audiences };
  }
}
