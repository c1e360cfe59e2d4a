/**
 * Cron's five fields, or `@daily` and its like, as upstream's parser (robfig/cron's standard form) reads them. A field is a set of
 * numbers; whether it began as `*` is kept, since only then do the days of the month and of the week narrow each other.
 */
export interface CronSchedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly daysOfMonth: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly daysOfWeek: ReadonlySet<number>;
  readonly anyDayOfMonth: boolean;
  readonly anyDayOfWeek: boolean;
}

/** `@every 1h30m`: so long after the last time. */
export interface Interval {
  readonly everySeconds: number;
}

export type Parsed = { readonly schedule: CronSchedule | Interval } | { readonly problem: string };

interface Bounds {
  readonly low: number;
  readonly high: number;
  readonly names?: readonly string[];
}

const MINUTES: Bounds = { low: 0, high: 59 };
const HOURS: Bounds = { low: 0, high: 23 };
const DAYS: Bounds = { low: 1, high: 31 };
const MONTHS: Bounds = { low: 1, high: 12, names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] };
const WEEKDAYS: Bounds = { low: 0, high: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] };

const DESCRIPTORS: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'], ['@annually', '0 0 1 1 *'], ['@monthly', '0 0 1 * *'], ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'], ['@midnight', '0 0 * * *'], ['@hourly', '0 * * * *'],
]);

/** A text that cannot be read, in the parser's words. */
class Unreadable extends Error {}

export function parseCron(text: string): Parsed {
  try {
    return { schedule: parse(text) };
  } catch (error) {
    if (error instanceof Unreadable) return { problem: error.message };
    throw error;
  }
}

function parse(text: string): CronSchedule | Interval {
  if (text === '') throw new Unreadable('empty spec string');
  const spec = withoutZone(text);
  if (!spec.startsWith('@')) return fieldsOf(spec);
  const fields = DESCRIPTORS.get(spec);
  if (fields !== undefined) return fieldsOf(fields);
  if (!spec.startsWith('@every ')) throw new Unreadable(`unrecognized descriptor: ${spec}`);
  const period = spec.slice('@every '.length);
  const seconds = secondsOf(period);
  if (seconds === undefined) throw new Unreadable(`failed to parse duration ${spec}: time: invalid duration ${JSON.stringify(period)}`);
  return { everySeconds: Math.max(Math.floor(seconds), 1) };
}

/** Old schedules may begin with a zone; who may still have one is the caller's business. */
function withoutZone(text: string): string {
  const [, zone, rest] = /^(?:CRON_)?TZ=(\S*)\s*(.*)$/s.exec(text) ?? [];
  if (zone === undefined || rest === undefined) return text;
  if (zone !== '' && !isTimeZone(zone)) throw new Unreadable(`provided bad location ${zone}: unknown time zone ${zone}`);
  return rest;
}

/** Whether the platform's time zone data has a zone of this name. */
export function isTimeZone(name: string): boolean {
  // Offsets are no names, though the platform may take them.
  if (/^[+-]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    return true;
  } catch {
    return false;
  }
}

function fieldsOf(spec: string): CronSchedule {
  const fields = spec.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== 5) throw new Unreadable(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  const [minutes, hours, daysOfMonth, months, daysOfWeek] = [MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS].map((bounds, index) => fieldOf(fields[index]!, bounds));
  return {
    minutes: minutes!.values, hours: hours!.values, daysOfMonth: daysOfMonth!.values, months: months!.values, daysOfWeek: daysOfWeek!.values,
    anyDayOfMonth: daysOfMonth!.any, anyDayOfWeek: daysOfWeek!.any,
  };
}

function fieldOf(field: string, bounds: Bounds): { readonly values: ReadonlySet<number>; readonly any: boolean } {
  const parts = field.split(',').filter((part) => part !== '').map((part) => rangeOf(part, bounds));
  return { values: new Set(parts.flatMap(({ values }) => values)), any: parts.some(({ any }) => any) };
}

/** `*`, `3`, `1-5`, and each with `/step`; `3/step` goes on to the field's end. */
function rangeOf(text: string, bounds: Bounds): { readonly values: readonly number[]; readonly any: boolean } {
  const [range = '', ...steps] = text.split('/');
  const [first = '', ...more] = range.split('-');
  const isAny = first === '*' || first === '?';
  if (!isAny && more.length > 1) throw new Unreadable(`too many hyphens: ${text}`);
  const start = isAny ? bounds.low : numberOrName(first, bounds);
  let end = isAny ? bounds.high : more.length === 0 ? start : numberOrName(more[0]!, bounds);
  if (steps.length > 1) throw new Unreadable(`too many slashes: ${text}`);
  const step = steps.length === 0 ? 1 : wholeNumber(steps[0]!);
  if (steps.length === 1 && more.length === 0) end = bounds.high;
  if (start < bounds.low) throw new Unreadable(`beginning of range (${start}) below minimum (${bounds.low}): ${text}`);
  if (end > bounds.high) throw new Unreadable(`end of range (${end}) above maximum (${bounds.high}): ${text}`);
  if (start > end) throw new Unreadable(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  if (step === 0) throw new Unreadable(`step of range should be a positive number: ${text}`);
  const values = Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, index) => start + index * step);
  return { values, any: isAny && step === 1 };
}

function numberOrName(text: string, { low, names }: Bounds): number {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  return named >= 0 ? named + low : wholeNumber(text);
}

function wholeNumber(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new Unreadable(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = BigInt(text.replace(/^\+/, ''));
  if (value !== BigInt.asIntN(64, value)) throw new Unreadable(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: value out of range`);
  if (value < 0n) throw new Unreadable(`negative number (${value}) not allowed: ${text}`);
  return Number(value);
}

const UNITS: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

/** Go's durations: `1h30m`. */
function secondsOf(text: string): number | undefined {
  if (!/^[+-]?(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+$/.test(text) && text !== '0') return undefined;
  const sum = [...text.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g)].reduce((total, [, amount, unit]) => total + Number(amount) * UNITS[unit!]!, 0);
  return text.startsWith('-') ? -sum : sum;
}
