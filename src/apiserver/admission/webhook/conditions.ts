import { Turns } from '../../../base/turns.ts';
import { compileCondition, type NamedExpression } from '../../../kinds/admissionregistration/expressions.ts';
import { forbiddenRequest } from '../../../meta/api-error.ts';
import type { Core } from '../../core.ts';
import type { Attributes } from '../admission.ts';
import { whenAnswered } from '../policy/authorizer.ts';
import { evaluateConditions } from '../policy/conditions.ts';
import { requestBindings } from '../policy/evaluation.ts';
import type { Hook } from './hooks.ts';
import type { Invocation } from './select.ts';

const compiled = new WeakMap<Hook, readonly NamedExpression[]>();

function conditionsOf(hook: Hook): readonly NamedExpression[] {
  const known = compiled.get(hook);
  if (known) return known;
  const made = (hook.matchConditions ?? []).map((condition) => ({ name: condition.name, compiled: compileCondition(condition, { params: false, authorizer: true }) }));
  compiled.set(hook, made);
  return made;
}

/** Whether all of a webhook's match conditions hold. @throws ApiError where one cannot be evaluated and the webhook must not fail open */
export async function matchesConditions(core: Core, { hook, shape }: Invocation, attributes: Attributes): Promise<boolean> {
  const conditions = conditionsOf(hook);
  if (conditions.length === 0) return true;
  const bindings = { ...requestBindings(core, shape, attributes), namespaceObject: null };
  const matched = await whenAnswered(() => evaluateConditions(conditions, bindings, Turns.of(core.clock)));
  if (matched.ok) return matched.matches;
  if (hook.failurePolicy === 'Ignore') return false;
  throw forbiddenRequest(attributes.kind, attributes.name, matched.message);
}
