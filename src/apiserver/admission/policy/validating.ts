import type { Millis } from '../../../base/clock.ts';
import { Turns } from '../../../base/turns.ts';
import { ApiError, forbiddenRequest, REASONS, type Reason } from '../../../meta/api-error.ts';
import type { AnyObject } from '../../../meta/object.ts';
import type { Core } from '../../core.ts';
import type { AdmissionPlugin, Attributes } from '../admission.ts';
import { isExempt } from '../webhook/rules.ts';
import { namespaceObject } from '../webhook/select.ts';
import { requestBindings, shownNamespace } from './evaluation.ts';
import { whenAnswered } from './authorizer.ts';
import { judge, type Refusal } from './judge.ts';
import { isQuestion, matches, shapeFor } from './match.ts';
import { countDecision } from './measure.ts';
import { paramsFor } from './params.ts';
import { type ValidatingInEffect, validatingPolicies } from './policies.ts';

/** Who refused, and what was said. */
interface Denial {
  readonly policy: string;
  readonly binding?: string;
  readonly message: string;
  readonly reason?: string;
}

const FAILURE_ANNOTATION = 'validation.policy.admission.k8s.io/validation_failure';

/** Holds what is written against the validating policies; the first refusal is told, warnings and audit get all. */
export const validatingAdmissionPolicy: AdmissionPlugin = {
  name: 'ValidatingAdmissionPolicy',
  on: { operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'], subresources: ['*'] },
  idle: (core) => validatingPolicies(core).length === 0,

  async validate(attributes, core) {
    if (isExempt(attributes) || isQuestion(attributes)) return undefined;
    const denials: Denial[] = [];
    for (const inEffect of validatingPolicies(core)) {
      // Most policies are about other things: those cost no turn of the loop.
      if (shapeFor(core, inEffect.policy.spec.matchConstraints, attributes)) denials.push(...await denialsOf(core, inEffect, attributes));
    }
    if (denials[0]) throw refusalOf(denials[0], attributes);
    return undefined;
  },
};

async function denialsOf(core: Core, inEffect: ValidatingInEffect, attributes: Attributes): Promise<readonly Denial[]> {
  const { policy, bindings } = inEffect;
  const { name } = policy.metadata;
  const failsOpen = policy.spec.failurePolicy === 'Ignore';
  const misconfigured = (error: unknown, binding?: string): readonly Denial[] => {
    if (!(error instanceof Error)) throw error;
    if (failsOpen) return [];
    return [{ policy: name, ...(binding === undefined ? {} : { binding }), message: `failed to configure ${binding === undefined ? 'policy' : 'binding'}: ${error.message}` }];
  };
  const shape = await attempt(() => matches(core, policy.spec.matchConstraints, attributes));
  if (shape instanceof Error) return misconfigured(shape);
  if (!shape) return [];
  const request = requestBindings(core, shape, attributes);
  const annotations = new Map<string, Set<string>>();
  const denials: Denial[] = [];
  for (const binding of bindings) {
    const bound = binding.metadata.name;
    const concerned = await attempt(() => matches(core, binding.spec.matchResources, attributes));
    const params = concerned && await attempt(() => paramsFor(core, { kind: policy.spec.paramKind, ref: binding.spec.paramRef }, attributes.namespace));
    const trouble = concerned instanceof Error ? concerned : params instanceof Error ? params : undefined;
    if (trouble) denials.push(...misconfigured(trouble, bound));
    if (trouble || !params || params instanceof Error) continue;
    const namespace = shownNamespace(await namespaceOf(core, attributes));
    for (const param of params) {
      const since = core.clock.monotonic();
      const judgement = await whenAnswered(() => judge(inEffect, { ...request, params: param, namespaceObject: namespace }, Turns.of(core.clock)));
      for (const refusal of judgement.refusals) denials.push(...act(core, refusal, { policy: name, binding: bound, actions: binding.spec.validationActions, attributes, since }));
      for (const { key, value } of judgement.annotations) annotations.set(key, (annotations.get(key) ?? new Set()).add(value));
      for (const message of judgement.failedAnnotations) denials.push({ policy: name, binding: bound, message });
    }
  }
  for (const [key, values] of annotations) attributes.annotate?.(`${name}/${key}`, [...values].join(', '));
  return denials;
}

/** The error instead of the result, where there is one. */
async function attempt<T>(work: () => T | Promise<T>): Promise<T | Error> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

/** The namespace it happens in; none around a namespace itself. @throws ApiError NotFound */
export async function namespaceOf(core: Core, { kind, namespace }: Attributes): Promise<AnyObject | undefined> {
  if (namespace === '' || (kind.group === '' && kind.kind === 'Namespace')) return undefined;
  return namespaceObject(core, namespace);
}

interface Acting {
  readonly policy: string;
  readonly binding: string;
  readonly actions: readonly string[];
  readonly attributes: Attributes;
  readonly since: Millis;
}

/** Does what the binding says is done about a refusal, and gives those that are final. */
function act(core: Core, { index, message, reason, failed }: Refusal, { policy, binding, actions, attributes, since }: Acting): readonly Denial[] {
  for (const action of ['deny', 'audit', 'warn'] as const) {
    if (actions.some((one) => one.toLowerCase() === action)) countDecision(core, 'validating', { policy, binding, action, since, ...(failed ? { failure: message } : {}) });
  }
  if (actions.includes('Audit')) {
    attributes.annotate?.(FAILURE_ANNOTATION, JSON.stringify([{ message, policy, binding, expressionIndex: index, validationActions: actions }]));
  }
  if (actions.includes('Warn')) attributes.warn(`Validation failed for ValidatingAdmissionPolicy '${policy}' with binding '${binding}': ${message}`);
  return actions.includes('Deny') ? [{ policy, binding, message, ...(reason === undefined ? {} : { reason }) }] : [];
}

const isReason = (text: string): text is Reason => Object.hasOwn(REASONS, text);

function refusalOf({ policy, binding, message, reason = 'Invalid' }: Denial, { kind, name }: Attributes): ApiError {
  const text = `ValidatingAdmissionPolicy '${policy}' ${binding === undefined ? '' : `with binding '${binding}' `}denied request: ${message}`;
  const forbidden = forbiddenRequest(kind, name, text);
  const known = isReason(reason) ? reason : 'Invalid';
  return new ApiError(known, forbidden.message, { details: { ...forbidden.details, causes: [{ message: text }] } });
}
