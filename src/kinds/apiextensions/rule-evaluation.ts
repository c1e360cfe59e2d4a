import type { Evaluation, Program } from '../../cel/compile.ts';
import { NONE, optionalOf } from '../../cel/values.ts';
import { nextTurn } from '../../base/clock.ts';
import { deepEqual } from '../../base/deep-equal.ts';
import { duplicate, type FieldError, FieldPath, forbidden, invalid, required } from '../../meta/field-error.ts';
import type { KubeObject } from '../../meta/object.ts';
import { isRecord } from '../../meta/own.ts';
import { formerItems, NEW } from '../../schema/json/check.ts';
import type { CompiledRule, RuleTree } from './cel-rules.ts';
import type { ValidationRule } from './json-schema-props.ts';

/** What all rules of one object may cost together. */
const BUDGET = 10_000_000;
const MAX_MESSAGE_BYTES = 5 * 1024;

/** Of the budget, what is spent at a stretch, and how many rules are looked at; then others have their turn. A unit is some ten to a hundred nanoseconds. */
const SLICE = { budget: 200_000, rules: 5000 };

/** What an object's x-kubernetes-validations say of it, and of its change from `old`: at once, or in slices where that takes long. */
export function expressionErrors(tree: RuleTree, object: KubeObject, old: KubeObject | undefined): readonly FieldError[] | Promise<readonly FieldError[]> {
  const run: Run = { budget: BUDGET, errors: [] };
  const questions = walk(tree, { value: object, former: old ?? NEW, oldSelf: old, isSame: () => old !== undefined && deepEqual(object, old), at: FieldPath.of() });
  return isThrough(questions, run, SLICE) ? run.errors : others(questions, run);
}

async function others(questions: Iterator<Question>, run: Run): Promise<readonly FieldError[]> {
  do await nextTurn();
  while (!isThrough(questions, run, SLICE));
  return run.errors;
}

/** What a schema's rules say of its own default, which is what it was before, too. */
export const defaultRuleErrors = (tree: RuleTree, value: unknown, at: FieldPath): readonly FieldError[] => errorsAt(tree, { value, former: NEW, oldSelf: value, isSame: () => false, at });

function errorsAt(tree: RuleTree, place: Place): readonly FieldError[] {
  const run: Run = { budget: BUDGET, errors: [] };
  isThrough(walk(tree, place), run, { budget: Infinity, rules: Infinity });
  return run.errors;
}

/** Evaluates one rule after the other, as many as the slice has room for; whether none is left. */
function isThrough(questions: Iterator<Question>, run: Run, slice: { readonly budget: number; readonly rules: number }): boolean {
  const until = run.budget - slice.budget;
  try {
    for (let count = 0; count < slice.rules && run.budget > until; count++) {
      const next = questions.next();
      if (next.done) return true;
      evaluate(next.value, run);
    }
    return false;
  } catch (error) {
    if (!(error instanceof Spent)) throw error;
    return true;
  }
}

/** A rule, and the value it is about. */
interface Question {
  readonly rule: CompiledRule;
  readonly type: string;
  readonly place: Place;
}

interface Run {
  budget: number;
  readonly errors: FieldError[];
}

/** No further rule is looked at. */
class Spent extends Error {}

interface Place {
  readonly value: unknown;
  /** The value before, where it can be told which it was: unchanged ones may stay as wrong as they were. */
  readonly former: unknown;
  /** The same for rules that compare: items of keyed lists alone are told again. */
  readonly oldSelf: unknown;
  /** Whether the value, or the next above that can be told again, is as it was. */
  readonly isSame: () => boolean;
  readonly at: FieldPath;
}

function* walk(tree: RuleTree, place: Place): Generator<Question> {
  const { value } = place;
  if (value === null || value === undefined) return;
  for (const rule of tree.rules) yield { rule, type: tree.schema.type ?? '', place };
  if (Array.isArray(value)) yield* walkItems(tree, place);
  else if (isRecord(value)) yield* walkFields(tree, value, place);
}

function* walkItems({ schema, items }: RuleTree, { value, former, oldSelf, isSame, at }: Place): Generator<Question> {
  if (!items) return;
  const isKeyed = schema['x-kubernetes-list-type'] === 'map';
  const formerOf = former === NEW ? undefined : formerItems(schema, former);
  const oldOf = isKeyed && oldSelf !== undefined ? formerItems(schema, oldSelf) : undefined;
  for (const [position, item] of (value as readonly unknown[]).entries()) {
    const before = formerOf?.(item, position) ?? NEW;
    const old = oldOf?.(item, position);
    yield* walk(items, { value: item, ...correlated(item, before, isSame), oldSelf: old === NEW ? undefined : old, at: at.index(position) });
  }
}

function* walkFields({ schema, values, properties }: RuleTree, value: Readonly<Record<string, unknown>>, { former, oldSelf, isSame, at }: Place): Generator<Question> {
  const isAtomic = schema['x-kubernetes-map-type'] === 'atomic';
  const within = (bag: unknown, key: string): unknown => (isRecord(bag) && Object.hasOwn(bag, key) ? bag[key] : undefined);
  for (const key of Object.keys(value)) {
    const tree = properties.get(key) ?? (schema.properties && Object.hasOwn(schema.properties, key) ? undefined : values);
    if (!tree) continue;
    const part = value[key];
    const before = within(former === NEW ? undefined : former, key);
    const place = { value: part, ...correlated(part, before ?? NEW, isSame), oldSelf: isAtomic ? undefined : within(oldSelf, key) };
    yield* walk(tree, { ...place, at: tree === values ? at.key(key) : at.child(key) });
  }
}

/** What has no former self of its own is as unchanged as what it lies in. */
const correlated = (value: unknown, before: unknown, isSame: () => boolean): Pick<Place, 'former' | 'isSame'> =>
  ({ former: before, isSame: before === NEW ? isSame : () => deepEqual(value, before) });

const worded = ({ message, rule }: ValidationRule): string => (message ? message : rule).trim();

function evaluate({ rule: compiled, type, place: { value, oldSelf, isSame, at } }: Question, run: Run): void {
  const { rule, program, problem, usesOld } = compiled;
  if (!program) return void run.errors.push(invalid(at, type, `rule compile error: ${problem ?? ''}`));
  const isOptional = rule.optionalOldSelf === true;
  if (usesOld && oldSelf === undefined && !isOptional) return;
  const bindings = { self: value, oldSelf: isOptional ? (oldSelf === undefined ? NONE : optionalOf(oldSelf)) : oldSelf };
  if (run.budget <= 0) return stop(run, at, type, OUT_OF_BUDGET);
  const result = program.evaluate(bindings);
  if (result.cost > run.budget) return stop(run, at, type, OUT_OF_BUDGET);
  run.budget -= result.cost;
  if (!result.ok) return fail(result, rule, { at, type }, run);
  if (result.value === true) return;
  const detail = messageOf(compiled, bindings, { at, type }, run) ?? (rule.message ? rule.message.trim() : `failed rule: ${rule.rule.trim()}`);
  if (!usesOld && isSame()) return;
  run.errors.push(errorOf(rule, compiled.path.reduce((path, step) => path.child(step), at), { type, detail }));
}

const OUT_OF_BUDGET = 'validation failed due to running out of cost budget, no further validation rules will be run';

function stop(run: Run, at: FieldPath, type: string, detail: string): never {
  run.errors.push(invalid(at, type, detail));
  throw new Spent();
}

interface Site {
  readonly at: FieldPath;
  readonly type: string;
}

function fail({ message, overBudget }: Extract<Evaluation, { ok: false }>, rule: ValidationRule, { at, type }: Site, run: Run): void {
  if (overBudget) return stop(run, at, type, `'${message}': no further validation rules will be run due to call cost exceeds limit for rule: ${worded(rule)}`);
  const overload = message.startsWith('no such overload');
  run.errors.push(invalid(at, type, overload ? `'${message}': call arguments did not match a supported operator, function or macro signature for rule: ${worded(rule)}` : `${message} evaluating rule: ${worded(rule)}`));
}

/** What the rule's messageExpression says, where it says something fit to be shown. */
function messageOf({ message, rule }: CompiledRule, bindings: Parameters<Program['evaluate']>[0], { at, type }: Site, run: Run): string | undefined {
  if (!message) return undefined;
  const result = message.evaluate(bindings);
  if (result.cost > run.budget) return stop(run, at, type, 'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run');
  run.budget -= result.cost;
  if (!result.ok) {
    if (result.overBudget) return stop(run, at, type, `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${JSON.stringify(rule.messageExpression)}`);
    return undefined;
  }
  const text = typeof result.value === 'string' ? result.value.trim() : '';
  return text === '' || text.includes('\n') || text.length > MAX_MESSAGE_BYTES ? undefined : text;
}

function errorOf({ reason }: ValidationRule, at: FieldPath, { type, detail }: { readonly type: string; readonly detail: string }): FieldError {
  switch (reason) {
    case 'FieldValueForbidden': return forbidden(at, detail);
    case 'FieldValueRequired': return required(at, detail);
    case 'FieldValueDuplicate': return duplicate(at, type);
    default: return invalid(at, type, detail);
  }
}
