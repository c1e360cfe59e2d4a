/** `authorizer.group('apps').resource('deployments').namespace('x').check('create').allowed()`. Whoever evaluates gives the authorizer. */
import type { Library } from '../signature.ts';
import { type CelType, opaque } from '../types.ts';
import { CelObject, EvaluationError } from '../values.ts';

const typeFor = (name: string): CelType => opaque(`kubernetes.authorization.${name}`);
export const AUTHORIZER = typeFor('Authorizer');
export const RESOURCE_CHECK = typeFor('ResourceCheck');
const TYPES = { path: typeFor('PathCheck'), group: typeFor('GroupCheck'), resource: RESOURCE_CHECK, decision: typeFor('Decision') };

/** What is asked about. */
export interface Question {
  /** `namespace/name` of an account asked for instead of who made the request. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
  readonly verb: string;
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}
export interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
  readonly error?: string;
}
export type Decide = (question: Question) => Decision;

/** The authorizer and each step of a question being put to it. */
export class Asking extends CelObject {
  readonly type: CelType;
  readonly decide: Decide;
  readonly question: Omit<Question, 'verb'>;
  constructor(type: CelType, decide: Decide, question: Omit<Question, 'verb'>) {
    super();
    this.type = type;
    this.decide = decide;
    this.question = question;
  }
}

class DecisionValue extends CelObject {
  readonly type = TYPES.decision;
  readonly decision: Decision;
  constructor(decision: Decision) {
    super();
    this.decision = decision;
  }
}

export const authorizerOf = (decide: Decide): Asking => new Asking(AUTHORIZER, decide, {});
/** A question of which only the verb is missing: `authorizer.requestResource`. */
export const resourceCheckOf = (decide: Decide, question: Omit<Question, 'verb'>): Asking => new Asking(RESOURCE_CHECK, decide, question);

const more = (type: CelType, field: keyof Question) => ({ decide, question }: Asking, value: string): Asking => {
  if (value === '' && (field === 'resource' || field === 'path')) throw new EvaluationError(`${field} must not be empty`);
  return new Asking(type, decide, { ...question, [field]: value });
};
const check = ({ decide, question }: Asking, verb: string): DecisionValue => new DecisionValue(decide({ ...question, verb }));

const A = 'kubernetes.authorization';
export const authorizers: Library = {
  [`${A}.Authorizer.path(string): ${A}.PathCheck`]: more(TYPES.path, 'path'),
  [`${A}.Authorizer.group(string): ${A}.GroupCheck`]: more(TYPES.group, 'group'),
  [`${A}.Authorizer.serviceAccount(string, string): ${A}.Authorizer`]: ({ decide, question }: Asking, namespace: string, name: string) =>
    new Asking(AUTHORIZER, decide, { ...question, serviceAccount: { namespace, name } }),
  [`${A}.GroupCheck.resource(string): ${A}.ResourceCheck`]: more(TYPES.resource, 'resource'),
  [`${A}.ResourceCheck.subresource(string): ${A}.ResourceCheck`]: more(TYPES.resource, 'subresource'),
  [`${A}.ResourceCheck.namespace(string): ${A}.ResourceCheck`]: more(TYPES.resource, 'namespace'),
  [`${A}.ResourceCheck.name(string): ${A}.ResourceCheck`]: more(TYPES.resource, 'name'),
  [`${A}.ResourceCheck.fieldSelector(string): ${A}.ResourceCheck`]: more(TYPES.resource, 'fieldSelector'),
  [`${A}.ResourceCheck.labelSelector(string): ${A}.ResourceCheck`]: more(TYPES.resource, 'labelSelector'),
  [`${A}.PathCheck.check(string): ${A}.Decision`]: check,
  [`${A}.ResourceCheck.check(string): ${A}.Decision`]: check,
  [`${A}.Decision.allowed(): bool`]: ({ decision }: DecisionValue) => decision.allowed,
  [`${A}.Decision.errored(): bool`]: ({ decision }: DecisionValue) => decision.error !== undefined,
  [`${A}.Decision.error(): string`]: ({ decision }: DecisionValue) => decision.error ?? '',
  [`${A}.Decision.reason(): string`]: ({ decision }: DecisionValue) => decision.reason,
};
