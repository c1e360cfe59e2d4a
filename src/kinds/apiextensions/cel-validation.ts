/** The x-kubernetes-validations of a definition: that they compile, and what they may cost at the worst. */
import { type FieldError, type FieldPath, forbidden, invalid } from '../../meta/field-error.ts';
import type { Errors } from '../checks.ts';
import { type CompiledRule, compileRules } from './cel-rules.ts';
import { declare, maxCardinality } from './cel-types.ts';
import type { JSONSchemaProps, ValidationRule } from './json-schema-props.ts';
import { asSchema, type Survey, surveyOf } from './schema-walk.ts';

/** What one expression may cost at the worst, and all of a schema's together. */
const RULE_LIMIT = 10_000_000;
const SCHEMA_LIMIT = 100_000_000;
/** Of those that cost at least a hundredth of the limit, so many are named. */
const NAMED = 4;

export function* ruleErrors(schema: JSONSchemaProps, at: FieldPath): Errors {
  const costs: Cost[] = [];
  yield* walk(schema, { isResource: true, cardinality: 1, uncorrelated: undefined, costs, survey: surveyOf(schema) }, at);
  const total = costs.reduce((sum, { cost }) => sum + cost, 0);
  if (total <= SCHEMA_LIMIT) return;
  const dearest = costs.filter(({ cost }) => cost >= SCHEMA_LIMIT / 100).toSorted((a, b) => b.cost - a.cost).slice(0, NAMED);
  for (const one of dearest) yield forbidden(one.at, 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema');
  yield forbidden(at, tooDear('x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema', total, SCHEMA_LIMIT));
}

interface Cost {
  readonly at: FieldPath;
  readonly cost: number;
}

interface Place {
  readonly isResource: boolean;
  /** How often a value of this schema may stand in an object; undefined where nobody can say. */
  readonly cardinality: number | undefined;
  /** The list within which items cannot be told again. */
  readonly uncorrelated: FieldPath | undefined;
  readonly costs: Cost[];
  /** What has rules, or leads to some. */
  readonly survey: Survey;
}

function* walk(schema: JSONSchemaProps, place: Place, at: FieldPath): Errors {
  const { survey } = place;
  if (!survey.leads(schema, 'rules')) return;
  const cardinality = place.cardinality === undefined ? undefined : times(place.cardinality, elementsOf(schema));
  const below = (one: JSONSchemaProps, more: Partial<Place> = {}): Place => ({ ...place, cardinality, ...more, isResource: one['x-kubernetes-embedded-resource'] === true });
  const items = asSchema(schema.items);
  const values = asSchema(schema.additionalProperties);
  if (values) yield* walk(values, below(values, atomicMap(schema, place, at)), at.child('additionalProperties'));
  for (const [name, one] of Object.entries(schema.properties ?? {})) if (survey.leads(one, 'rules')) yield* walk(one, below(one, atomicMap(schema, place, at)), at.child('properties').key(name));
  if (items) yield* walk(items, below(items, schema['x-kubernetes-list-type'] === 'map' ? {} : { uncorrelated: place.uncorrelated ?? at }), at.child('items'));
  if (!schema['x-kubernetes-validations']?.length) return;
  const declared = declare(schema, place.isResource);
  if (!declared) return;
  for (const [index, compiled] of compileRules(schema, declared).entries()) {
    yield* compiledErrors(compiled, { ...place, cardinality: place.cardinality ?? maxCardinality(declared) }, at.child('x-kubernetes-validations').index(index));
  }
}

const atomicMap = (schema: JSONSchemaProps, place: Place, at: FieldPath): Partial<Place> => (schema['x-kubernetes-map-type'] === 'atomic' ? { uncorrelated: place.uncorrelated ?? at } : {});
const times = (a: number, b: number | undefined): number | undefined => (b === undefined ? undefined : a * b);

/** How many of what lies below there may be in one value; undefined where nothing bounds them. */
function elementsOf(schema: JSONSchemaProps): number | undefined {
  if (schema.type === 'array') return schema.maxItems;
  return schema.type === 'object' && schema.additionalProperties !== undefined ? schema.maxProperties : 1;
}

function* compiledErrors({ rule, program, problem, message, messageProblem, usesOld }: CompiledRule, { cardinality = 1, uncorrelated, costs }: Place, at: FieldPath): Errors {
  const here = at.child('rule');
  const cost = (program?.cost.max ?? 0) * cardinality;
  if (cost > RULE_LIMIT) yield forbidden(here, tooDear('estimated rule cost', cost, RULE_LIMIT));
  costs.push({ at: here, cost });
  if (problem !== undefined) yield invalid(here, asGo(rule), problem);
  yield* messageErrors(rule, { message, messageProblem, costs }, at.child('messageExpression'));
  if (usesOld && uncorrelated) yield invalid(here, rule.rule, `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated.toString()}`);
  if (!usesOld && problem === undefined && rule.optionalOldSelf !== undefined) yield invalid(at.child('optionalOldSelf'), rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule');
}

function* messageErrors(rule: ValidationRule, { message, messageProblem, costs }: Pick<CompiledRule, 'message' | 'messageProblem'> & Pick<Place, 'costs'>, at: FieldPath): Iterable<FieldError> {
  if (messageProblem !== undefined) yield invalid(at, asGo(rule), messageProblem);
  if (!message) return;
  const cost = message.cost.max;
  if (cost > RULE_LIMIT) yield forbidden(at, tooDear('estimated messageExpression cost', cost, RULE_LIMIT));
  costs.push({ at, cost });
}

/** As upstream's own type prints. */
const asGo = ({ rule, message = '', messageExpression = '', reason = null, fieldPath = '', optionalOldSelf = null }: Omit<ValidationRule, 'reason' | 'optionalOldSelf'> & { readonly reason?: string | null; readonly optionalOldSelf?: boolean | null }): object =>
  ({ Rule: rule, Message: message, MessageExpression: messageExpression, Reason: reason, FieldPath: fieldPath, OptionalOldSelf: optionalOldSelf });

function tooDear(what: string, cost: number, limit: number): string {
  const factor = cost / limit;
  const text = factor > 100 ? 'more than 100x' : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`;
  return `${what} exceeds budget by factor of ${text} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}
