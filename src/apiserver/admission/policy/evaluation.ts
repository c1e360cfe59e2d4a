/** One evaluation of a policy: what its expressions speak of, its variables, and what is left of its budget. */
import { authorizerOf, resourceCheckOf } from '../../../cel/libraries/authorizers.ts';
import type { Bindings, Compiled } from '../../../cel/compile.ts';
import { CelObject, EvaluationError } from '../../../cel/values.ts';
import { objectOf } from '../../../cel/types.ts';
import type { NamedExpression } from '../../../kinds/admissionregistration/expressions.ts';
import type { AnyObject } from '../../../meta/object.ts';
import { quote } from '../../../meta/field-error.ts';
import type { Core } from '../../core.ts';
import type { Attributes } from '../admission.ts';
import { equivalents, type Shape } from '../webhook/equivalents.ts';
import { seenObject } from '../webhook/review.ts';
import { placeOf } from '../webhook/select.ts';
import { decideFor } from './authorizer.ts';

/** As much as all expressions of a policy may cost together for one binding and one parameter (RuntimeCELCostBudget). */
export const POLICY_BUDGET = 10_000_000;
/** The same for match conditions. */
export const CONDITIONS_BUDGET = 2_500_000;

/** Nothing more is evaluated. */
export class OutOfBudget extends Error {
  constructor() {
    super('validation failed due to running out of cost budget, no further validation rules will be run');
  }
}

export type Result = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

/** What a request looks like to expressions, in the version a policy asked for. */
export function requestBindings(core: Core, shape: Shape, attributes: Attributes): Bindings {
  const { object, old, operation, name, subresource, user, dryRun, options, namespace } = attributes;
  const [own] = equivalents(core, attributes);
  const decide = decideFor(core, attributes);
  const place = placeOf(attributes);
  return {
    object: operation === 'DELETE' ? null : (seenObject(object, { shape }, attributes) ?? null),
    oldObject: seenObject(old, { shape }, attributes) ?? null,
    request: {
      kind: shape.kind, resource: shape.resource, requestKind: own.kind, requestResource: own.resource, operation, dryRun,
      ...(subresource === '' ? {} : { subResource: subresource, requestSubResource: subresource }),
      ...(name === '' ? {} : { name }),
      ...(place === '' ? {} : { namespace: place }),
      userInfo: { username: user.username, groups: user.groups, ...(user.uid ? { uid: user.uid } : {}), ...(user.extra ? { extra: user.extra } : {}) },
      options: options?.(operation) ?? null,
    },
    authorizer: authorizerOf(decide),
    'authorizer.requestResource': resourceCheckOf(decide, { group: own.resource.group, resource: own.resource.resource, subresource, namespace, name }),
  };
}

/** What of a namespace expressions may see. */
export function shownNamespace(namespace: AnyObject | undefined): unknown {
  if (!namespace) return null;
  const { managedFields: _managed, ownerReferences: _owners, selfLink: _link, ...metadata } = namespace.metadata as unknown as Record<string, unknown>;
  return { metadata, spec: namespace['spec'] ?? {}, status: namespace['status'] ?? {} };
}

const VARIABLES = objectOf('kubernetes.variables', {});

/** `variables.x`: computed when first asked for, and charged to whoever asks. */
class LazyVariables extends CelObject {
  readonly type = VARIABLES;
  readonly #programs: ReadonlyMap<string, Compiled>;
  readonly #results = new Map<string, Result>();
  readonly #run: (compiled: Compiled) => Result;

  constructor(variables: readonly NamedExpression[], run: (compiled: Compiled) => Result) {
    super();
    this.#programs = new Map(variables.map(({ name, compiled }) => [name, compiled]));
    this.#run = run;
  }

  override select(name: string): unknown {
    const compiled = this.#programs.get(name);
    if (!compiled) return undefined;
    if (!compiled.ok) throw new EvaluationError(`composited variable ${quote(name)} fails to compile: ${compiled.reason}`);
    let result = this.#results.get(name);
    if (!result) this.#results.set(name, (result = this.#run(compiled)));
    if (result.ok) return result.value;
    throw new EvaluationError(`composited variable ${quote(name)} fails to evaluate: ${result.message}`);
  }
}

export class Evaluation {
  readonly #bindings: Bindings;
  #left: number;

  constructor(bindings: Bindings, variables: readonly NamedExpression[], budget = POLICY_BUDGET) {
    this.#left = budget;
    const lazy = new LazyVariables(variables, (compiled) => this.#evaluate(compiled));
    this.#bindings = { ...bindings, variables: lazy };
  }

  /** @throws OutOfBudget */
  run(compiled: Compiled): Result {
    const result = this.#evaluate(compiled);
    if (this.#left < 0) throw new OutOfBudget();
    if (result.ok || !compiled.ok) return result;
    return { ok: false, message: `expression '${compiled.program.source}' resulted in error: ${result.message}` };
  }

  #evaluate(compiled: Compiled): Result {
    if (!compiled.ok) return { ok: false, message: `compilation error: ${compiled.reason}` };
    // Variables that an expression asks for are charged one by one: none more is computed once nothing is left.
    if (this.#left < 0) throw new OutOfBudget();
    const result = compiled.program.evaluate(this.#bindings);
    this.#left -= result.cost;
    return result.ok ? { ok: true, value: result.value } : { ok: false, message: result.message };
  }
}
