/** Instants and spans of time as texts, and what clocks in a zone show. */
import { isTimeZone, offsetOf } from '../meta/time-zone.ts';
import { canonicalTime } from '../meta/time.ts';
import { timestamp } from './arithmetic.ts';
import { EvaluationError, type Timestamp } from './values.ts';

const NANOS = 1_000_000_000n;
const MILLION = 1_000_000n;
const SHAPE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/;

/** @throws EvaluationError in the words of Go's time.Parse */
export function timestampOf(text: string): Timestamp {
  const match = SHAPE.exec(text);
  const [, clock = '', fraction = '', zone = ''] = match ?? [];
  let utc: string;
  try {
    utc = canonicalTime(match ? `${clock}${zone}` : text);
  } catch (error) {
    throw new EvaluationError(error instanceof Error ? error.message : '');
  }
  return timestamp(BigInt(Date.parse(utc)) * MILLION + BigInt(fraction.slice(0, 9).padEnd(9, '0')));
}

const floor = (value: bigint, by: bigint): bigint => (value - (((value % by) + by) % by)) / by;

/** RFC 3339 in UTC, with as many decimals as there are. */
export function formatTimestamp(nanos: bigint): string {
  const seconds = floor(nanos, NANOS);
  const fraction = decimals(nanos - seconds * NANOS);
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}${fraction}Z`;
}

/** Seconds with as many decimals as there are: `1.5s`. */
export function formatDurationSeconds(nanos: bigint): string {
  const size = nanos < 0n ? -nanos : nanos;
  return `${nanos < 0n ? '-' : ''}${size / NANOS}${decimals(size % NANOS)}s`;
}

function decimals(nanos: bigint): string {
  return nanos === 0n ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`;
}

/** What a clock in the zone, UTC unless said, shows: a Date whose UTC fields are the clock's. */
export function clockAt({ nanos }: Timestamp, zone = 'UTC'): Date {
  const at = Number(floor(nanos, MILLION));
  const fixed = /^([+-]?)(\d\d):(\d\d)$/.exec(zone);
  if (fixed) {
    const size = (Number(fixed[2]) * 60 + Number(fixed[3])) * 60_000;
    return new Date(at + (fixed[1] === '-' ? -size : size));
  }
  if (zone !== '' && !isTimeZone(zone)) throw new EvaluationError(`unknown time zone ${zone}`);
  return new Date(at + offsetOf(at, zone === '' ? 'UTC' : zone));
}
