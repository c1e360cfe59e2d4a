/**
 * What expressions compute with. JSON values stand for themselves, read where they are: booleans, strings, null, arrays (lists), plain
 * objects (maps and messages), and whole numbers, which are ints; ints beyond 2^53 are bigints. All else is one of the classes below.
 */
import type { CelType } from './types.ts';

export type Int = number | bigint;

/** An error of evaluation; `&&` and `||` may do without the operand that failed. */
export class EvaluationError {
  readonly message: string;
  /** No Error: nobody reads where it was thrown, and to note that took a hundred times what the rest of an evaluation's step takes. */
  constructor(message: string) {
    this.message = message;
  }
}
/** The budget is used up: nothing absorbs it. */
export class OverBudget extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}

/** How many parts of a value are looked at before it is too much: what is shared many times over may unfold without end. */
const MOST_PARTS = 1_000_000;
/** Texts do not grow beyond this many code units. */
export const LONGEST_TEXT = 10_000_000;

/** Counts the parts of a value, or of several, while they are walked. */
export class Walk {
  #left = MOST_PARTS;
  /** @throws OverBudget */
  step(): void {
    if (--this.#left < 0) throw new OverBudget();
  }
}

/** Any value that JSON has no form for. */
export abstract class CelObject {
  /** Its type at run time. */
  abstract readonly type: CelType;
  /** Whether it equals another value; itself alone unless it says more. */
  equals(other: unknown): boolean {
    return this === other;
  }
  /** A field's value, undefined where it has none of that name. */
  select?(field: string): unknown;
}

const typeFor = (kind: 'double' | 'uint' | 'timestamp' | 'duration'): CelType => ({ kind });
const DOUBLE = typeFor('double');
const UINT = typeFor('uint');
const TIMESTAMP = typeFor('timestamp');
const DURATION = typeFor('duration');

export class Double extends CelObject {
  readonly type = DOUBLE;
  readonly value: number;
  constructor(value: number) {
    super();
    this.value = value;
  }
}

/** 0 to 2^64-1. */
export class Uint extends CelObject {
  readonly type = UINT;
  readonly value: bigint;
  constructor(value: bigint) {
    super();
    this.value = value;
  }
}

/** Nanoseconds since the epoch, years 1 to 9999. */
export class Timestamp extends CelObject {
  readonly type = TIMESTAMP;
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    super();
    this.nanos = nanos;
  }
  override equals(other: unknown): boolean {
    return other instanceof Timestamp && other.nanos === this.nanos;
  }
}

export class Duration extends CelObject {
  readonly type = DURATION;
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    super();
    this.nanos = nanos;
  }
  override equals(other: unknown): boolean {
    return other instanceof Duration && other.nanos === this.nanos;
  }
}

/** A type as a value: `type(1) == int`. */
export class TypeValue extends CelObject {
  readonly name: string;
  readonly type: CelType = { kind: 'type', of: { kind: 'dyn' } };
  constructor(name: string) {
    super();
    this.name = name;
  }
  override equals(other: unknown): boolean {
    return other instanceof TypeValue && other.name === this.name;
  }
}

/** A value that may be missing. */
export class Optional extends CelObject {
  readonly type: CelType = { kind: 'opaque', name: 'optional_type', params: [{ kind: 'dyn' }] };
  /** undefined: none. */
  readonly value: unknown;
  constructor(value: unknown) {
    super();
    this.value = value;
  }
  override equals(other: unknown): boolean {
    if (!(other instanceof Optional)) return false;
    return this.value === undefined || other.value === undefined ? this.value === other.value : equal(this.value, other.value);
  }
}
export const NONE = new Optional(undefined);
export const optionalOf = (value: unknown): Optional => new Optional(value);

/** A map one of whose keys is no string, as only literals and macros make them. */
export class CelMap extends CelObject {
  readonly type: CelType = { kind: 'map', keys: { kind: 'dyn' }, values: { kind: 'dyn' } };
  readonly entries: ReadonlyMap<unknown, { readonly key: unknown; readonly value: unknown }>;
  constructor(entries: ReadonlyMap<unknown, { readonly key: unknown; readonly value: unknown }>) {
    super();
    this.entries = entries;
  }
}

/** A message an expression constructed: `Object.spec{…}`. */
export class Message extends CelObject {
  readonly type: CelType;
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
  constructor(type: CelType, name: string, fields: Readonly<Record<string, unknown>>) {
    super();
    this.type = type;
    this.name = name;
    this.fields = fields;
  }
  override select(field: string): unknown {
    return Object.hasOwn(this.fields, field) ? this.fields[field] : undefined;
  }
  override equals(other: unknown): boolean {
    return other instanceof Message && other.name === this.name && equal(this.fields, other.fields);
  }
}

export const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !(value instanceof CelObject) && !Array.isArray(value) && !(value instanceof Uint8Array);
export const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
export const isMap = (value: unknown): value is CelMap | Readonly<Record<string, unknown>> => value instanceof CelMap || isPlain(value);
export const isInt = (value: unknown): value is Int => typeof value === 'number' || typeof value === 'bigint';

/** A value as JSON holds it: a number with a fraction is a double, and what is not there is null. */
export function lift(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : new Double(value);
  return value === undefined ? null : value;
}

/** A number of any of the three types; undefined for what is none. */
export function numberOf(value: unknown): number | bigint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (value instanceof Double || value instanceof Uint) return value.value;
  return undefined;
}

/** Equality over all types; numbers by their value whatever their type. */
export function equal(a: unknown, b: unknown, walk?: Walk): boolean {
  if (typeof a === 'string' || typeof a === 'boolean') return a === b;
  const left = numberOf(a);
  // oxlint-disable-next-line eqeqeq -- 1n and 1 are one int
  if (left !== undefined) return left == numberOf(b);
  if (a === b) return true;
  const counted = walk ?? new Walk();
  counted.step();
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, at) => equal(item, b[at], counted));
  if (a instanceof Uint8Array) return b instanceof Uint8Array && a.length === b.length && a.every((byte, at) => byte === b[at]);
  if (isPlain(a) && isPlain(b)) return samePlain(a, b, counted);
  if (isMap(a)) return isMap(b) && mapSize(a) === mapSize(b) && mapKeys(a).every((key) => mapHas(b, key) && equal(mapGet(a, key), mapGet(b, key), counted));
  return a instanceof CelObject && a.equals(b);
}

function samePlain(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>, walk: Walk): boolean {
  let size = 0;
  for (const key in a) {
    size++;
    const [left, right] = [a[key], Object.hasOwn(b, key) ? b[key] : undefined];
    if (right === undefined || !equal(left === undefined ? null : left, right, walk)) return false;
  }
  for (const _ in b) size--;
  return size === 0;
}

/** What keys of equal value share. */
export function keyOf(key: unknown): unknown {
  const number = numberOf(key);
  if (number === undefined) return key;
  return typeof number === 'bigint' && number >= -9007199254740991n && number <= 9007199254740991n ? Number(number) : number;
}

/** The map of these entries; the last of two with one key counts. */
export function mapOfEntries(entries: readonly (readonly [unknown, unknown])[]): CelMap | Readonly<Record<string, unknown>> {
  if (entries.every(([key]) => typeof key === 'string')) return Object.assign(Object.create(null), Object.fromEntries(entries)) as Record<string, unknown>;
  return new CelMap(new Map(entries.map(([key, value]) => [keyOf(key), { key, value }])));
}

export function mapGet(map: CelMap | Readonly<Record<string, unknown>>, key: unknown): unknown {
  if (map instanceof CelMap) return map.entries.get(keyOf(key))?.value;
  return typeof key === 'string' && Object.hasOwn(map, key) ? lift(map[key]) : undefined;
}

export function mapHas(map: CelMap | Readonly<Record<string, unknown>>, key: unknown): boolean {
  if (map instanceof CelMap) return map.entries.has(keyOf(key));
  return typeof key === 'string' && Object.hasOwn(map, key) && map[key] !== undefined;
}

export function mapKeys(map: CelMap | Readonly<Record<string, unknown>>): readonly unknown[] {
  return map instanceof CelMap ? [...map.entries.values()].map(({ key }) => key) : Object.keys(map);
}

export const mapSize = (map: CelMap | Readonly<Record<string, unknown>>): number => (map instanceof CelMap ? map.entries.size : Object.keys(map).length);

/** Characters, bytes, items or entries; 1 of what has no size: what costs are reckoned by. */
export function sizeForCost(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 1;
  if (isList(value) || value instanceof Uint8Array) return value.length;
  if (value instanceof CelObject && !(value instanceof CelMap)) return 1;
  return mapSize(value as CelMap);
}

/** The code points of a string, counted. */
export function characters(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length - 1; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) count--;
  }
  return count;
}
