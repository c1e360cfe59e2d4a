import { instantOf, isTimeZone, offsetOf, type TimeZone } from './time-zone.ts';

/**
 * The five-field schedules of CronJobs, with the descriptors, names and messages of the parser upstream uses
 * (https://pkg.go.dev/github.com/robfig/cron/v3#hdr-CRON_Expression_Format).
 */
export interface CronSchedule {
  /** The first time after `after`, in milliseconds since the epoch; undefined if there is none within five years. */
  next(after: number, zone?: TimeZone): number | undefined;
}

interface Range {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const RANGES: readonly Range[] = [
  { min: 0, max: 59 }, { min: 0, max: 23 }, { min: 1, max: 31 }, { min: 1, max: 12, names: MONTHS }, { min: 0, max: 6, names: WEEKDAYS },
];
const DESCRIPTORS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *', '@annually': '0 0 1 1 *', '@monthly': '0 0 1 * *', '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *', '@midnight': '0 0 * * *', '@hourly': '0 * * * *',
};
const EVERY = '@every ';

/** @throws RangeError in the parser's words */
export function parseCron(text: string): CronSchedule {
  if (text === '') throw new RangeError('empty spec string');
  const zoned = /^(?:CRON_)?TZ=(\S+)\s+/.exec(text);
  if (zoned && !isTimeZone(zoned[1]!)) throw new RangeError(`provided bad location ${zoned[1]}: unknown time zone ${zoned[1]}`);
  const spec = zoned ? text.slice(zoned[0].length) : text;
  if (spec.startsWith(EVERY)) return everySchedule(spec.slice(EVERY.length));
  if (spec.startsWith('@') && !(spec in DESCRIPTORS)) throw new RangeError(`unrecognized descriptor: ${spec}`);
  const fields = (DESCRIPTORS[spec] ?? spec).split(/\s+/).filter((field) => field !== '');
  if (fields.length !== RANGES.length) throw new RangeError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  return new FieldSchedule(fields.map((field, at) => parseField(field, RANGES[at]!)));
}

interface Field {
  readonly values: ReadonlySet<number>;
  /** Whether the field says "any": days and weekdays must then both fit, else either. */
  readonly any: boolean;
}

function parseField(text: string, range: Range): Field {
  const parts = text.split(',').filter((part) => part !== '').map((part) => parsePart(part, range));
  return { values: new Set(parts.flatMap(({ values }) => [...values])), any: parts.some(({ any }) => any) };
}

function parsePart(text: string, range: Range): Field {
  const [span = '', stepText, ...tooMany] = text.split('/');
  const [low = '', high, ...more] = span.split('-');
  const star = low === '*' || low === '?';
  if (!star && more.length > 0) throw new RangeError(`too many hyphens: ${text}`);
  const start = star ? range.min : parseValue(low, range);
  const single = high === undefined ? start : parseValue(high, range);
  if (tooMany.length > 0) throw new RangeError(`too many slashes: ${text}`);
  const step = stepText === undefined ? 1 : parseInteger(stepText);
  // `5/15` runs on to the end of the range.
  const end = star || (stepText !== undefined && high === undefined) ? range.max : single;
  if (start < range.min) throw new RangeError(`beginning of range (${start}) below minimum (${range.min}): ${text}`);
  if (end > range.max) throw new RangeError(`end of range (${end}) above maximum (${range.max}): ${text}`);
  if (start > end) throw new RangeError(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  if (step === 0) throw new RangeError(`step of range should be a positive number: ${text}`);
  const values = new Set<number>();
  for (let value = start; value <= end; value += step) values.add(value);
  return { values, any: star && step === 1 };
}

function parseValue(text: string, { names, min }: Range): number {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  return named >= 0 ? named + min : parseInteger(text);
}

function parseInteger(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new RangeError(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = Number(text);
  if (Math.abs(value) > 2 ** 63) throw new RangeError(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: value out of range`);
  if (value < 0) throw new RangeError(`negative number (${value}) not allowed: ${text}`);
  return value;
}

const UNITS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, 'µs': 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `@every 1h30m`: whole seconds, one at least, counted from the time before. */
function everySchedule(text: string): CronSchedule {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) {
    throw new RangeError(`failed to parse duration ${EVERY}${text}: time: invalid duration ${JSON.stringify(text)}`);
  }
  const millis = parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!, 0);
  const delay = Math.max(1000, Math.floor(millis / 1000) * 1000);
  return { next: (after) => Math.floor(after / 1000) * 1000 + delay };
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const FIVE_YEARS = 5 * 366 * DAY;

class FieldSchedule implements CronSchedule {
  readonly #fields: readonly Field[];

  constructor(fields: readonly Field[]) {
    this.#fields = fields;
  }

  /** Goes by real time and looks at the zone's clock: a time the clock skips does not come, one it shows twice comes twice. */
  next(after: number, zone?: TimeZone): number | undefined {
    const [minutes, hours, , months] = this.#fields as readonly [Field, Field, Field, Field, Field];
    let at = (Math.floor(after / MINUTE) + 1) * MINUTE;
    while (at <= after + FIVE_YEARS) {
      const wall = new Date(at + offsetOf(at, zone));
      const [year, month, day] = [wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate()];
      if (!months.values.has(month + 1)) at = later(at, instantOf(Date.UTC(year, month + 1, 1), zone));
      else if (!this.#isDay(wall)) at = later(at, instantOf(Date.UTC(year, month, day + 1), zone));
      else if (!hours.values.has(wall.getUTCHours())) at += HOUR - wall.getUTCMinutes() * MINUTE;
      else if (!minutes.values.has(wall.getUTCMinutes())) at += MINUTE;
      else return at;
    }
    return undefined;
  }

  #isDay(wall: Date): boolean {
    const [, , days, , weekdays] = this.#fields as readonly [Field, Field, Field, Field, Field];
    const day = days.values.has(wall.getUTCDate());
    const weekday = weekdays.values.has(wall.getUTCDay());
    return days.any || weekdays.any ? day && weekday : day || weekday;
  }
}

/** A midnight the clock skips or shows twice must not hold the search up. */
const later = (at: number, midnight: number): number => (midnight > at ? midnight : at + HOUR);
