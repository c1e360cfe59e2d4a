import { formatDurationSeconds, formatTimestamp } from './time.ts';
import { CelMap, CelObject, Double, Duration, EvaluationError, isList, isPlain, lift, Message, Optional, Timestamp, Uint, Walk } from './values.ts';

/** A result as JSON has it. @throws EvaluationError for what has no form there: a type, an optional that is empty; OverBudget for what unfolds without end */
export function toJson(value: unknown, walk = new Walk()): unknown {
  walk.step();
  if (typeof value === 'bigint') return Number(value);
  if (isList(value)) return value.map((item) => toJson(lift(item), walk));
  if (isPlain(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item, walk)]));
  if (value instanceof Uint8Array) return btoa(String.fromCharCode(...value));
  if (!(value instanceof CelObject)) return value;
  if (value instanceof Double) return value.value;
  if (value instanceof Uint) return Number(value.value);
  if (value instanceof Timestamp) return formatTimestamp(value.nanos);
  if (value instanceof Duration) return formatDurationSeconds(value.nanos);
  if (value instanceof Message) return toJson(value.fields, walk);
  if (value instanceof CelMap) return Object.fromEntries([...value.entries.values()].map(({ key, value: item }) => [String(toJson(key, walk)), toJson(item, walk)]));
  if (value instanceof Optional && value.value !== undefined) return toJson(value.value, walk);
  throw new EvaluationError(`type conversion error from '${value.type.kind === 'opaque' ? value.type.name : value.type.kind}' to 'google.protobuf.Value'`);
}
