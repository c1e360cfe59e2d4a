/** Webhook configurations of both sorts. */
import { deepEqual } from '../../base/deep-equal.ts';
import { duplicate, type FieldPath, invalid, notSupported, required } from '../../meta/field-error.ts';
import { dns1035LabelProblems, dnsSubdomainProblems } from '../../meta/names.ts';
import { type Errors, labelSelectorAt } from '../checks.ts';
import { clientConfigErrors } from './client-config.ts';
import { compileCondition } from './expressions.ts';
import type { MutatingWebhook } from './mutating-webhook-configuration.ts';
import { FAILURE_POLICIES, MATCH_POLICIES, matchConditionsErrors, REINVOCATION_POLICIES, ruleErrors, supported } from './matching-validation.ts';
import type { ValidatingWebhook } from './validating-webhook-configuration.ts';

/** What both sorts have; the mutating one also says when it is called again. */
type Webhook = ValidatingWebhook & Pick<MutatingWebhook, 'matchConditions'> & { readonly reinvocationPolicy?: string };

export interface WebhooksLike {
  readonly webhooks?: readonly Webhook[];
}

const REVIEW_VERSIONS = ['v1', 'v1beta1'];
const WITHOUT_SIDE_EFFECTS = ['None', 'NoneOnDryRun'];
const SIDE_EFFECTS = ['None', 'NoneOnDryRun', 'Some', 'Unknown'];

/** Rules that are not tightened for configurations stored already. */
interface Strictness {
  readonly noSideEffects: boolean;
  readonly knownVersion: boolean;
  readonly uniqueNames: boolean;
  readonly conditions: boolean;
}

const STRICT: Strictness = { noSideEffects: true, knownVersion: true, uniqueNames: true, conditions: true };

function strictnessFor({ webhooks = [] }: WebhooksLike, { webhooks: old = [] }: WebhooksLike): Strictness {
  return {
    noSideEffects: old.every(({ sideEffects }) => WITHOUT_SIDE_EFFECTS.includes(sideEffects)),
    knownVersion: old.every(({ admissionReviewVersions: versions }) => versions.length === 0 || versions.some((version) => REVIEW_VERSIONS.includes(version))),
    uniqueNames: new Set(old.map(({ name }) => name)).size === old.length,
    conditions: webhooks.length !== old.length || webhooks.some(({ matchConditions }, index) => !deepEqual(matchConditions, old[index]!.matchConditions)),
  };
}

export function* webhooksErrors(configuration: WebhooksLike, at: FieldPath): Errors {
  yield* allErrors(configuration, STRICT, at);
}

export function* webhooksUpdateErrors(configuration: WebhooksLike, old: WebhooksLike, at: FieldPath): Errors {
  yield* allErrors(configuration, strictnessFor(configuration, old), at);
}

function* allErrors({ webhooks = [] }: WebhooksLike, strict: Strictness, at: FieldPath): Errors {
  for (const [index, webhook] of webhooks.entries()) {
    const here = at.child('webhooks').index(index);
    yield* webhookErrors(webhook, strict, here);
    yield* versionErrors(webhook.admissionReviewVersions, strict, here.child('admissionReviewVersions'));
    const { name } = webhook;
    if (strict.uniqueNames && name && webhooks.findIndex((other) => other.name === name) < index) yield duplicate(here.child('name'), name);
  }
}

function* webhookErrors(webhook: Webhook, strict: Strictness, at: FieldPath): Errors {
  yield* nameErrors(webhook.name, at.child('name'));
  for (const [index, rule] of (webhook.rules ?? []).entries()) yield* ruleErrors(rule, at.child('rules').index(index));
  yield* supported(webhook.failurePolicy, FAILURE_POLICIES, at.child('failurePolicy'));
  yield* supported(webhook.matchPolicy, MATCH_POLICIES, at.child('matchPolicy'));
  const { sideEffects, timeoutSeconds } = webhook;
  const allowed = strict.noSideEffects ? WITHOUT_SIDE_EFFECTS : SIDE_EFFECTS;
  if (sideEffects === undefined) yield required(at.child('sideEffects'), `must specify one of ${allowed.join(', ')}`);
  else if (!allowed.includes(sideEffects)) yield notSupported(at.child('sideEffects'), sideEffects, allowed);
  if (timeoutSeconds > 30 || timeoutSeconds < 1) yield invalid(at.child('timeoutSeconds'), timeoutSeconds, 'the timeout value must be between 1 and 30 seconds');
  yield* labelSelectorAt(at.child('namespaceSelector'), webhook.namespaceSelector);
  yield* labelSelectorAt(at.child('objectSelector'), webhook.objectSelector);
  yield* supported(webhook.reinvocationPolicy, REINVOCATION_POLICIES, at.child('reinvocationPolicy'));
  yield* clientConfigErrors(webhook.clientConfig, at.child('clientConfig'));
  if (!strict.conditions) return;
  const compiled = webhook.matchConditions?.map((condition) => compileCondition(condition, { params: false, authorizer: true })) ?? [];
  yield* matchConditionsErrors(webhook.matchConditions, compiled, at.child('matchConditions'));
}

function* nameErrors(name: string, at: FieldPath): Errors {
  const problems = dnsSubdomainProblems(name);
  if (!name) yield required(at);
  else if (problems.length > 0) yield invalid(at, name, problems.join(','));
  else if (name.split('.').length < 3) yield invalid(at, name, 'should be a domain with at least three segments separated by dots');
}

function* versionErrors(versions: readonly string[], strict: Strictness, at: FieldPath): Errors {
  if (versions.length === 0) return void (yield required(at, `must specify one of ${REVIEW_VERSIONS.join(', ')}`));
  for (const [index, version] of versions.entries()) {
    if (versions.indexOf(version) < index) yield invalid(at.index(index), version, 'duplicate version');
    else for (const problem of dns1035LabelProblems(version)) yield invalid(at.index(index), version, problem);
  }
  if (strict.knownVersion && !versions.some((version) => REVIEW_VERSIONS.includes(version))) {
    yield invalid(at, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`);
  }
}
