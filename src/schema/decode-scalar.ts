import { canonicalDuration } from '../meta/duration.ts';
import { canonicalQuantity, QUANTITY_SHAPE } from '../meta/quantity.ts';
import { canonicalMicroTime, canonicalTime } from '../meta/time.ts';
import type { ScalarNode } from './node.ts';

/** A value of another JSON type than the field's; whoever knows the path words it. */
export class Mismatch extends Error {
  readonly value: unknown;
  /** The Go type in messages of types that decode themselves; these do not name the field. */
  readonly goType: string | undefined;

  constructor(value: unknown, goType?: string) {
    super('mismatch');
    this.value = value;
    this.goType = goType;
  }
}

/** Takes a JSON value that is not null to its canonical form. @throws Mismatch, or Error with upstream's text. */
export type ScalarDecoder = (value: unknown) => unknown;

const text: ScalarDecoder = (value) => {
  if (typeof value !== 'string') throw new Mismatch(value);
  return value;
};

/** Text of a type whose own decoder reads it: `into Go value of type string`. */
function ownText(value: unknown): string {
  if (typeof value !== 'string') throw new Mismatch(value, 'string');
  return value;
}

/** The largest whole number a double tells from its neighbours is 2^53; int64 above it loses its last digits. */
const wholeNumber = (limit: number): ScalarDecoder => (value) => {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < -limit || value > limit - (limit > 2 ** 53 ? 0 : 1)) throw new Mismatch(value);
  return value;
};

/** JSON can say 1e400, a double cannot. */
const number: ScalarDecoder = (value) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Mismatch(value);
  return value;
};

const boolean: ScalarDecoder = (value) => {
  if (typeof value !== 'boolean') throw new Mismatch(value);
  return value;
};

const intOrString: ScalarDecoder = (value) => {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 31) throw new Mismatch(value, 'int32');
  return value;
};

const quantity: ScalarDecoder = (value) => {
  const canonical = typeof value === 'string' || typeof value === 'number' ? cachedQuantity(value) : undefined;
  if (canonical === undefined) throw new Error(QUANTITY_SHAPE);
  return canonical;
};

/** The few quantities a cluster uses come again and again. */
const quantities = new Map<string | number, string>();
const MAX_CACHED = 4096;

function cachedQuantity(value: string | number): string | undefined {
  const known = quantities.get(value);
  if (known !== undefined) return known;
  const canonical = canonicalQuantity(value);
  if (canonical === undefined) return undefined;
  if (quantities.size >= MAX_CACHED) quantities.clear();
  quantities.set(value, canonical);
  return canonical;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const bytes: ScalarDecoder = (value) => {
  if (typeof value !== 'string') throw new Mismatch(value);
  const joined = /[\r\n]/.test(value) ? value.replace(/[\r\n]/g, '') : value;
  if (!BASE64.test(joined)) throw new Error(`illegal base64 data at input byte ${badByte(joined)}`);
  return joined;
};

/** Where Go's decoder stops: the first character out of place, or the start of a last group that is cut short. */
function badByte(value: string): number {
  const clean = /^[A-Za-z0-9+/]*/.exec(value)![0].length;
  if (clean === value.length) return clean - (clean % 4);
  return value[clean] === '=' && clean % 4 >= 2 ? Math.min(value.length, clean - (clean % 4) + 4) : clean;
}

const any: ScalarDecoder = (value) => {
  if (typeof value === 'object') limitDepth(value, 0);
  else if (typeof value === 'number' && !Number.isFinite(value)) throw new Mismatch(value, 'float64');
  return value;
};

/** Nesting beyond this is refused: encoders recurse. Go's own limit is 10,000. */
export const MAX_DEPTH = 1000;

function limitDepth(value: unknown, depth: number): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Mismatch(value, 'float64');
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_DEPTH) throw new Error('exceeded max depth');
  for (const item of Array.isArray(value) ? value : Object.values(value)) limitDepth(item, depth + 1);
}

const DECODERS: Readonly<Record<ScalarNode['type'], ScalarDecoder>> = {
  string: text,
  int32: wholeNumber(2 ** 31),
  int64: wholeNumber(2 ** 63),
  double: number,
  boolean,
  bytes,
  quantity,
  intOrString,
  time: (value) => canonicalTime(ownText(value)),
  microTime: (value) => canonicalMicroTime(ownText(value)),
  duration: (value) => canonicalDuration(ownText(value)),
  any,
};

export const scalarDecoder = (node: ScalarNode): ScalarDecoder => DECODERS[node.type];
