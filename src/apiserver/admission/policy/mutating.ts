import { Turns } from '../../../base/turns.ts';
import { ApiError, forbiddenRequest } from '../../../meta/api-error.ts';
import type { AnyObject } from '../../../meta/object.ts';
import { decodeObject } from '../../../schema/decode.ts';
import type { Core } from '../../core.ts';
import { sameObject } from '../../registry/equality.ts';
import type { AdmissionPlugin, Attributes } from '../admission.ts';
import { brought, type Shape, showable } from '../webhook/equivalents.ts';
import { isExempt } from '../webhook/rules.ts';
import { seenObject } from '../webhook/review.ts';
import { whenAnswered } from './authorizer.ts';
import { evaluateConditions } from './conditions.ts';
import { Evaluation, OutOfBudget, requestBindings, shownNamespace } from './evaluation.ts';
import { isQuestion, matches, shapeFor } from './match.ts';
import { countDecision } from './measure.ts';
import { MutationError, mutated } from './mutation.ts';
import { paramsFor } from './params.ts';
import { type MutatingInEffect, mutatingPolicies } from './policies.ts';
import { namespaceOf } from './validating.ts';

const NAME = 'MutatingAdmissionPolicy';

/** One policy with one of its bindings and one of that binding's parameters. */
interface Invocation {
  readonly inEffect: MutatingInEffect;
  readonly binding: string;
  readonly shape: Shape;
  readonly param: AnyObject | null;
  /** Tells it from all others. */
  readonly key: string;
}

interface Failure {
  readonly policy: string;
  readonly binding?: string;
  readonly message: string;
  /** Forbidden unless given. */
  readonly reason?: 'Invalid';
}

/** What is kept from the first pass to the second, as the webhooks do. */
interface Kept {
  readonly asked: Set<string>;
  readonly again: Set<string>;
  last: AnyObject | undefined;
}

/** Lets the mutating policies change the object, one after the other. */
export const mutatingAdmissionPolicy: AdmissionPlugin = {
  name: NAME,
  on: { operations: ['CREATE', 'UPDATE', 'CONNECT'], subresources: ['*'] },
  idle: (core) => mutatingPolicies(core).length === 0,

  async mutate(attributes, core) {
    if (isExempt(attributes) || isQuestion(attributes)) return attributes.object;
    const { rounds } = attributes;
    const kept = (rounds?.kept.get(NAME) as Kept | undefined) ?? { asked: new Set(), again: new Set(), last: undefined };
    rounds?.kept.set(NAME, kept);
    const isSecond = rounds?.number === 1;
    if (isSecond && kept.last && attributes.object && !sameObject(kept.last, attributes.object)) promote(kept);
    const failures: Failure[] = [];
    const invocations = await invocationsOf(core, attributes, failures);
    const namespace = invocations.length === 0 ? undefined : shownNamespace(await namespaceOf(core, attributes));
    let { object } = attributes;
    for (const invocation of invocations) {
      if (isSecond && !kept.again.has(invocation.key)) continue;
      const next = await invoke(core, invocation, { attributes: { ...attributes, object }, namespace, failures });
      if (next === undefined) continue;
      if (next !== object) promote(kept);
      if (next !== object && rounds) rounds.wantsAnother = true;
      object = next;
      if (invocation.inEffect.policy.spec.reinvocationPolicy === 'IfNeeded') kept.asked.add(invocation.key);
    }
    kept.last = object;
    if (failures[0]) throw refusalOf(failures as [Failure, ...Failure[]], attributes);
    return object;
  },
};

function promote({ asked, again }: Kept): void {
  for (const key of asked) again.add(key);
  asked.clear();
}

/** Every invocation due; what is wrong with policies and bindings goes to `failures`, unless they fail open. */
async function invocationsOf(core: Core, attributes: Attributes, failures: Failure[]): Promise<readonly Invocation[]> {
  const invocations: Invocation[] = [];
  for (const inEffect of mutatingPolicies(core)) {
    const { policy, bindings } = inEffect;
    const { name } = policy.metadata;
    let bound: string | undefined;
    if (!shapeFor(core, policy.spec.matchConstraints, attributes)) continue;
    try {
      const shape = await matches(core, policy.spec.matchConstraints, attributes);
      if (!shape) continue;
      for (const binding of bindings) {
        bound = binding.metadata.name;
        if (!(await matches(core, binding.spec.matchResources, attributes))) continue;
        for (const param of paramsFor(core, { kind: policy.spec.paramKind, ref: binding.spec.paramRef }, attributes.namespace)) {
          const { namespace = '', name: paramName = '' } = param?.metadata ?? {};
          invocations.push({ inEffect, binding: bound, shape, param, key: JSON.stringify([name, bound, namespace, paramName]) });
        }
      }
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (policy.spec.failurePolicy === 'Ignore') continue;
      failures.push({ policy: name, ...(bound === undefined ? {} : { binding: bound }), message: `failed to configure ${bound === undefined ? 'policy' : 'binding'}: ${error.message}` });
    }
  }
  return invocations;
}

interface Invoking {
  readonly attributes: Attributes;
  readonly namespace: unknown;
  readonly failures: Failure[];
}

/** The object as the policy leaves it; undefined where its conditions do not hold. */
async function invoke(core: Core, { inEffect: { policy, programs }, binding, shape, param }: Invocation, { attributes, namespace, failures }: Invoking): Promise<AnyObject | undefined> {
  const failed = (message: string): void => {
    if (policy.spec.failurePolicy !== 'Ignore') failures.push({ policy: policy.metadata.name, binding, message, reason: 'Invalid' });
  };
  const more = { params: param, namespaceObject: namespace };
  await showable(shape, attributes);
  const turns = Turns.of(core.clock);
  const asked = { ...requestBindings(core, shape, attributes), ...more };
  const matched = await whenAnswered(() => evaluateConditions(programs.matchConditions, asked, turns));
  if (!matched.ok) return void failed(matched.message);
  if (!matched.matches) return undefined;
  let { object } = attributes;
  for (const compiled of programs.mutations) {
    if (!object) break;
    const present = { ...attributes, object };
    await showable(shape, present);
    const wait = turns.take();
    if (wait) await wait;
    const since = core.clock.monotonic();
    const done = (failure?: string) => countDecision(core, 'mutating', { policy: policy.metadata.name, binding, since, ...(failure === undefined ? {} : { failure }) });
    const bindings = { ...requestBindings(core, shape, present), ...more };
    try {
      const result = await whenAnswered(() => new Evaluation(bindings, programs.variables).run(compiled));
      if (result.ok) object = await laidOver(shape, present, result.value);
      else failed(result.message);
      done(result.ok ? undefined : result.message);
    } catch (error) {
      if (!(error instanceof OutOfBudget) && !(error instanceof MutationError)) throw error;
      failed(error.message);
      done(error.message);
    }
  }
  return object;
}

/** The object with a mutation's value applied to it, decoded and defaulted; itself where nothing changed. @throws MutationError, ApiError */
async function laidOver(shape: Shape, attributes: Attributes, value: unknown): Promise<AnyObject> {
  const { object, kind, shown } = attributes;
  const seen = seenObject(object, { shape }, attributes)!;
  const changed = mutated(shown ? undefined : shape.of, seen, value);
  if (changed === seen) return object;
  if (shown) return shown.take ? shown.take(object, changed) : object;
  const { value: read } = decodeObject(shape.of, changed);
  const own = shape.of === kind ? read : decodeObject(kind, await brought(read, shape.of, kind)).value;
  const { resourceVersion } = object.metadata;
  const next = resourceVersion === undefined || own.metadata.resourceVersion === resourceVersion ? own : { ...own, metadata: { ...own.metadata, resourceVersion } };
  return sameObject(next, object) ? object : next;
}

function refusalOf(failures: readonly [Failure, ...Failure[]], { kind, name }: Attributes): ApiError {
  const messages = failures.map(({ policy, binding, message }) => `policy '${policy}' ${binding === undefined ? '' : `with binding '${binding}' `}denied request: ${message}`);
  const { details } = forbiddenRequest(kind, name, '');
  // Upstream changes the reason and leaves the code.
  return new ApiError(failures[0].reason ?? 'Forbidden', messages[0]!, { code: 403, details: { ...details, causes: messages.map((message) => ({ message })) } });
}
