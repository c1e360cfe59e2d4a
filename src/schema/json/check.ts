import { deepEqual } from '../../base/deep-equal.ts';
import { type FieldError, FieldPath, invalid, notSupported, required, tooLong, tooMany, typeInvalid } from '../../meta/field-error.ts';
import { isRecord } from '../../meta/own.ts';
import { formatTester } from './formats.ts';
import { type JsonSchema, schemaIn } from './json-schema.ts';
import { patternTester } from './pattern.ts';

/**
 * What a JSON schema says of a value, in the words of kube-openapi's validator. Compiled from the schema on first use.
 * @param old the value before an update: what an unchanged part was found wrong with is let pass (CRDValidationRatcheting, KEP-4008)
 */
export function checkJson(schema: JsonSchema, value: unknown, old: unknown = NEW): readonly FieldError[] {
  const run: Run = { errors: [], visits: 0 };
  checkOf(schema)(value, old, ROOT, run);
  return run.errors;
}

/** Stands for a former value where there was none. */
export const NEW = Symbol('new');

/** The way to a value; its text is made only when something is wrong with it. */
interface Place {
  readonly parent: Place | undefined;
  readonly step: string | number;
}
const ROOT: Place = { parent: undefined, step: '' };

interface Run {
  readonly errors: FieldError[];
  /** How much was looked at: of several alternatives, the one that fits furthest is spoken of. */
  visits: number;
}

type Check = (value: unknown, old: unknown, at: Place, run: Run) => void;

const compiled = new WeakMap<JsonSchema, Check>();

function checkOf(schema: JsonSchema): Check {
  let check = compiled.get(schema);
  if (!check) compiled.set(schema, (check = ratcheted(compile(schema))));
  return check;
}

/** `spec.list[0].name`; a map's keys stand like fields. */
function nameOf({ parent, step }: Place): string {
  if (!parent) return '';
  const before = nameOf(parent);
  if (typeof step === 'number') return `${before}[${step}]`;
  return before === '' ? step : `${before}.${step}`;
}

const pathOf = (at: Place): FieldPath => FieldPath.of(nameOf(at) || '<nil>');
const says = (at: Place, text: string): string => `${nameOf(at)} in body ${text}`;

function ratcheted(check: Check): Check {
  return (value, old, at, run) => {
    const before = run.errors.length;
    check(value, old, at, run);
    if (run.errors.length > before && old !== NEW && deepEqual(value, old)) run.errors.length = before;
  };
}

/** In the order that upstream asks in. */
function compile(schema: JsonSchema): Check {
  const checks = [typeCheck(schema), junctorCheck(schema), textCheck(schema), numberCheck(schema), listCheck(schema), enumCheck(schema), objectCheck(schema)]
    .filter((check) => check !== undefined);
  const ofNull = [typeCheck(schema), enumCheck(schema)].filter((check) => check !== undefined);
  return (value, old, at, run) => {
    for (const check of value === null ? ofNull : checks) {
      run.visits++;
      check(value, old, at, run);
    }
  };
}

export function jsonType(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function typeCheck(schema: JsonSchema): Check | undefined {
  const type = schema['x-kubernetes-int-or-string'] ? 'integer,string' : schema.type;
  if (!type) return undefined;
  const types = type.split(',');
  const isFormatted = schema.format !== undefined && formatTester(schema.format) !== undefined && !types.includes('integer') && !types.includes('number');
  return (value, _old, at, run) => {
    if (value === null && schema.nullable) return;
    const actual = jsonType(value);
    if (types.includes(actual) || (actual === 'integer' && types.includes('number'))) return;
    // Whatever has a format is left to that.
    if (isFormatted && (actual === 'string' || actual === 'array')) return;
    run.errors.push(typeInvalid(pathOf(at), actual, says(at, `must be of type ${type}: "${actual}"`)));
  };
}

function textCheck({ maxLength, minLength, pattern, format }: JsonSchema): Check | undefined {
  const matches = pattern ? patternTester(pattern) : undefined;
  const fits = format === undefined ? undefined : formatTester(format);
  if (maxLength === undefined && minLength === undefined && !matches && !fits) return undefined;
  return (value, _old, at, run) => {
    if (typeof value !== 'string') return;
    if (maxLength !== undefined && value.length > maxLength && lengthOf(value) > maxLength) run.errors.push(tooLong(pathOf(at), maxLength));
    else if (minLength !== undefined && lengthOf(value) < minLength) run.errors.push(invalid(pathOf(at), value, says(at, `should be at least ${minLength} chars long`)));
    else if (matches && !matches(value)) run.errors.push(invalid(pathOf(at), value, says(at, `should match '${pattern}'`)));
    if (fits && !fits(value)) run.errors.push(typeInvalid(pathOf(at), value, says(at, `must be of type ${format}: ${JSON.stringify(value)}`)));
  };
}

/** In characters, not in UTF-16's units. */
function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}

function numberCheck({ multipleOf, maximum, exclusiveMaximum, minimum, exclusiveMinimum }: JsonSchema): Check | undefined {
  if (multipleOf === undefined && maximum === undefined && minimum === undefined) return undefined;
  return (value, _old, at, run) => {
    if (typeof value !== 'number') return;
    const refuse = (why: string) => run.errors.push(invalid(pathOf(at), value, says(at, why)));
    if (multipleOf !== undefined && !isMultiple(value, multipleOf)) refuse(`should be a multiple of ${multipleOf}`);
    if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) refuse(`should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`);
    if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) refuse(`should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`);
  };
}

/** Decimal factors such as 0.01 divide without the binary fraction's remainder. */
function isMultiple(value: number, factor: number): boolean {
  const quotient = value / factor;
  return Number.isInteger(quotient) || Math.abs(quotient - Math.round(quotient)) < 1e-9;
}

function enumCheck({ enum: values }: JsonSchema): Check | undefined {
  if (!values || values.length === 0) return undefined;
  const scalars = new Set(values);
  const shown = values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  return (value, _old, at, run) => {
    if (!scalars.has(value) && !values.some((one) => deepEqual(one, value))) run.errors.push(notSupported(pathOf(at), value, shown));
  };
}

function listCheck(schema: JsonSchema): Check | undefined {
  const { maxItems, minItems } = schema;
  const items = schemaIn(schema.items);
  if (!items && maxItems === undefined && minItems === undefined) return undefined;
  return (value, old, at, run) => {
    if (!Array.isArray(value)) return;
    const list: readonly unknown[] = value;
    const former = items && old !== NEW ? formerItems(schema, old) : undefined;
    if (items) {
      const item = checkOf(items);
      for (let position = 0; position < list.length; position++) {
        item(list[position], former ? former(list[position], position) : NEW, { parent: at, step: position }, run);
      }
    }
    if (minItems !== undefined && list.length < minItems) run.errors.push(invalid(pathOf(at), list.length, says(at, `should have at least ${minItems} items`)));
    if (maxItems !== undefined && list.length > maxItems) run.errors.push(tooMany(pathOf(at), list.length, maxItems));
  };
}

/** An item's former self: by its keys in a list of type map, by its place where no type is said; sets and atomic lists tell nothing. */
export function formerItems(schema: JsonSchema, old: unknown): ((item: unknown, position: number) => unknown) | undefined {
  if (!Array.isArray(old)) return undefined;
  const former: readonly unknown[] = old;
  const listType = schema['x-kubernetes-list-type'];
  if (listType === undefined) return (_, position) => (position < former.length ? former[position] : NEW);
  if (listType !== 'map') return undefined;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const identity = (item: unknown) => JSON.stringify(keys.map((key) => (isRecord(item) ? item[key] : undefined) ?? null));
  const byKey = new Map(former.map((item) => [identity(item), item]));
  return (item) => {
    const id = identity(item);
    return byKey.has(id) ? byKey.get(id) : NEW;
  };
}

function objectCheck(schema: JsonSchema): Check | undefined {
  const { properties = {}, additionalProperties, maxProperties, minProperties, required: needed = [] } = schema;
  const names = Object.keys(properties);
  const values = schemaIn(additionalProperties);
  const isClosed = additionalProperties === false;
  if (names.length === 0 && !values && !isClosed && needed.length === 0 && maxProperties === undefined && minProperties === undefined) return undefined;
  return (value, old, at, run) => {
    if (!isRecord(value)) return;
    const size = minProperties === undefined && maxProperties === undefined ? 0 : Object.keys(value).length;
    if (minProperties !== undefined && size < minProperties) return void run.errors.push(invalid(pathOf(at), size, says(at, `should have at least ${minProperties} properties`)));
    if (maxProperties !== undefined && size > maxProperties) return void run.errors.push(tooMany(pathOf(at), size, maxProperties));
    const former = isRecord(old) ? old : undefined;
    const before = (key: string) => (former && Object.hasOwn(former, key) ? former[key] : NEW);
    for (const key in value) {
      const property = Object.hasOwn(properties, key) ? properties[key] : values;
      if (property) checkOf(property)(value[key], before(key), { parent: at, step: key }, run);
      else if (isClosed) run.errors.push(invalid(pathOf(at), key, `${nameOf(at)}.${key} in body is a forbidden property`));
    }
    for (const key of needed) if (!Object.hasOwn(value, key) || value[key] === undefined) run.errors.push(required(pathOf({ parent: at, step: key })));
  };
}

/** Speaks of nobody in particular, as upstream does of what several schemas say together. */
const together = (at: Place, text: string): FieldError => invalid(FieldPath.of('<nil>'), '', `${JSON.stringify(nameOf(at))} ${text}`);

function junctorCheck({ anyOf = [], oneOf = [], allOf = [], not }: JsonSchema): Check | undefined {
  if (anyOf.length + oneOf.length + allOf.length === 0 && !not) return undefined;
  return (value, old, at, run) => {
    const tryEach = (schemas: readonly JsonSchema[]): readonly Run[] => schemas.map((schema) => {
      const own: Run = { errors: [], visits: 0 };
      checkOf(schema)(value, old, at, own);
      run.visits += own.visits;
      return own;
    });
    if (anyOf.length > 0) {
      const tries = tryEach(anyOf);
      if (!tries.some(isValid)) run.errors.push(together(at, 'must validate at least one schema (anyOf)'), ...furthest(tries));
    }
    if (oneOf.length > 0) {
      const tries = tryEach(oneOf);
      const valid = tries.filter(isValid).length;
      if (valid > 1) run.errors.push(together(at, `must validate one and only one schema (oneOf). Found ${valid} valid alternatives`));
      if (valid === 0) run.errors.push(together(at, 'must validate one and only one schema (oneOf). Found none valid'), ...furthest(tries));
    }
    if (allOf.length > 0) {
      const tries = tryEach(allOf);
      const valid = tries.filter(isValid).length;
      for (const { errors } of tries) run.errors.push(...errors);
      if (valid < allOf.length) run.errors.push(together(at, `must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`));
    }
    if (not && isValid(tryEach([not])[0]!)) run.errors.push(together(at, 'must not validate the schema (not)'));
  };
}

const isValid = ({ errors }: Run): boolean => errors.length === 0;
const furthest = (tries: readonly Run[]): readonly FieldError[] => tries.reduce((best, one) => (one.visits > best.visits ? one : best)).errors;
