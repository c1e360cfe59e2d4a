/** Asks a service by SubjectAccessReviews (https://kubernetes.io/docs/reference/access-authn-authz/webhook). */
import type { Millis } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import type { Program } from '../../cel/compile.ts';
import { subjectAccessReviewStatus, type SubjectAccessReviewStatus } from '../../kinds/authorization/access-review.ts';
import { object } from '../../schema/field.ts';
import type { Core } from '../core.ts';
import { callWebhook } from '../webhook/client.ts';
import { KeptAnswers } from '../webhook/kept-answers.ts';
import type { RemoteService } from '../webhook/remote.ts';
import type { AccessRequest, Authorizer, Verdict } from './authorizer.ts';
import { reviewSpec, reviewVariables, type ReviewSpec } from './subject-access-review.ts';

export interface WebhookAuthorizerConfig {
  readonly name: string;
  readonly service: RemoteService;
  readonly timeout: Millis;
  /** What is made of a webhook that does not answer, or of a condition that cannot be evaluated. */
  readonly failurePolicy: 'NoOpinion' | 'Deny';
  /** How long an answer holds; undefined where none is kept. */
  readonly authorizedTtl: Millis | undefined;
  readonly unauthorizedTtl: Millis | undefined;
  readonly reviewVersion: 'v1' | 'v1beta1';
  /** It is asked only where all of them hold. */
  readonly conditions: readonly Program[];
}

type Around = Pick<Core, 'config' | 'resources' | 'clock' | 'random' | 'log'>;

/** Characters of a question; who asks longer ones may want to fill the memory. */
const LONGEST_KEPT = 10_000;
const NO_OPINION: Verdict = { allowed: false, reason: '' };
const answer = object('authorization.v1.AnsweredReview', { status: subjectAccessReviewStatus() });
const encoder = new TextEncoder();

export class WebhookAuthorizer implements Authorizer {
  readonly #around: Around;
  readonly #config: WebhookAuthorizerConfig;
  readonly #kept: KeptAnswers<SubjectAccessReviewStatus>;

  constructor(around: Around, config: WebhookAuthorizerConfig) {
    this.#around = around;
    this.#config = config;
    this.#kept = new KeptAnswers(around.clock);
  }

  authorize(access: AccessRequest): Verdict | Promise<Verdict> {
    try {
      if (!this.#concerns(access)) return NO_OPINION;
    } catch (error) {
      return this.#failed(error);
    }
    const spec = reviewSpec(access);
    const key = JSON.stringify(spec);
    const known = this.#kept.get(key);
    return known ? verdictOf(known) : this.#ask(spec, key);
  }

  /** One condition that is false decides, whatever became of the others. */
  #concerns(access: AccessRequest): boolean {
    const { conditions } = this.#config;
    if (conditions.length === 0) return true;
    const variables = reviewVariables(access);
    const results = conditions.map((condition) => ({ condition, result: condition.evaluate(variables) }));
    if (results.some(({ result }) => result.ok && result.value !== true)) return false;
    const wrong = results.flatMap(({ condition, result }) => (result.ok ? [] : [`cel evaluation error: expression '${condition.source}' resulted in error: ${result.message}`]));
    if (wrong.length > 0) throw new Error(wrong.length === 1 ? wrong[0] : `[${wrong.join(', ')}]`);
    return true;
  }

  async #ask(spec: ReviewSpec, key: string): Promise<Verdict> {
    const { service, timeout, reviewVersion, authorizedTtl, unauthorizedTtl } = this.#config;
    const { groups, ...rest } = spec;
    // The older version calls groups by another name.
    const sent = reviewVersion === 'v1' ? spec : { ...rest, ...(groups ? { group: groups } : {}) };
    const body = encoder.encode(JSON.stringify({ kind: 'SubjectAccessReview', apiVersion: `authorization.k8s.io/${reviewVersion}`, metadata: {}, spec: sent, status: { allowed: false } }));
    try {
      const { status } = await callWebhook(this.#around, { client: service, body, answer, timeout });
      const said = { ...status, allowed: status?.allowed === true };
      const ttl = said.allowed ? authorizedTtl : unauthorizedTtl;
      if (ttl !== undefined && key.length < LONGEST_KEPT) this.#kept.set(key, said, ttl);
      return verdictOf(said);
    } catch (error) {
      this.#around.log.error('Failed to make webhook authorizer request', { authorizer: this.#config.name, error: messageOf(error) });
      return this.#failed(error);
    }
  }

  #failed(error: unknown): Verdict {
    return { ...NO_OPINION, error: messageOf(error), ...(this.#config.failurePolicy === 'Deny' ? { denied: true } : {}) };
  }
}

function verdictOf({ allowed, denied = false, reason = '' }: SubjectAccessReviewStatus): Verdict {
  if (allowed && denied) return { allowed: false, denied, reason, error: 'webhook subject access review returned both allow and deny response' };
  return { allowed, denied, reason };
}
