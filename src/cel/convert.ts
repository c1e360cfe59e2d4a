/** JSON has fewer types than schemas: a declared field's value becomes what its type says when it is read. */
import { durationOf } from './libraries/conversions.ts';
import type { CelType } from './types.ts';
import { timestampOf } from './time.ts';
import { Double, EvaluationError } from './values.ts';

type Converter = (value: unknown) => unknown;

const CONVERTERS: Readonly<Record<string, Converter>> = {
  double: (value) => (typeof value === 'number' ? new Double(value) : value),
  bytes: (value) => (typeof value === 'string' ? decodeBase64(value) : value),
  timestamp: (value) => (typeof value === 'string' ? timestampOf(value.length === 10 ? `${value}T00:00:00Z` : value) : value),
  duration: (value) => (typeof value === 'string' ? durationOf(value) : value),
};

/** What a declared type asks for; undefined where JSON's value is the value. */
export function converterFor({ kind }: CelType): Converter | undefined {
  return Object.hasOwn(CONVERTERS, kind) ? CONVERTERS[kind] : undefined;
}

function decodeBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw new EvaluationError('illegal base64 data');
  }
}
