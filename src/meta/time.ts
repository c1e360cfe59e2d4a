/** Times as the API writes them: RFC 3339 in UTC, to the second or (MicroTime) to the microsecond. */

const SHAPE = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/;
/** Already in canonical form, on a day that every month has. */
const CANONICAL = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;

/** @param at milliseconds since the epoch; what is below the second is dropped */
export function formatTime(at: number): string {
  const second = Math.floor(at / 1000);
  if (latest.second !== second) latest = { second, text: `${new Date(second * 1000).toISOString().slice(0, 19)}Z` };
  return latest.text;
}

/** Most times written are of now: within a second one text serves all. */
let latest = { second: Number.NaN, text: '' };

/** metav1.MicroTime, as Leases and events.k8s.io use it. */
export const formatMicroTime = (at: number): string => new Date(at).toISOString().replace('Z', '000Z');

/** Milliseconds since the epoch, undefined where there is no time or none that can be read. */
export function parseTime(text: string | undefined | null): number | undefined {
  const parts = text ? partsOf(text) : undefined;
  return parts === undefined || typeof parts === 'string' ? undefined : parts.seconds * 1000 + Math.floor(parts.micros / 1000);
}

/** The canonical text of a metav1.Time. @throws Error in the words of Go's time.Parse. */
export function canonicalTime(text: string): string {
  if (CANONICAL.test(text)) return text;
  const parts = partsOf(text);
  if (typeof parts === 'string') throw new Error(parts);
  return formatTime(parts.seconds * 1000);
}

/** The canonical text of a metav1.MicroTime. @throws Error in the words of Go's time.Parse. */
export function canonicalMicroTime(text: string): string {
  const parts = partsOf(text, MICRO_LAYOUT);
  if (typeof parts === 'string') throw new Error(parts);
  return `${formatTime(parts.seconds * 1000).slice(0, 19)}.${String(parts.micros).padStart(6, '0')}Z`;
}

interface Parts {
  readonly seconds: number;
  readonly micros: number;
}

const LAYOUT = '2006-01-02T15:04:05Z07:00';
const MICRO_LAYOUT = '2006-01-02T15:04:05.000000Z07:00';

/** The instant, or why there is none. */
function partsOf(text: string, layout = LAYOUT): Parts | string {
  const match = SHAPE.exec(text);
  if (!match) return unparsable(text, layout);
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  const outOfRange = (what: string) => `parsing time ${JSON.stringify(text)}: ${what} out of range`;
  if (month < 1 || month > 12) return outOfRange('month');
  if (hour > 23) return outOfRange('hour');
  if (minute > 59) return outOfRange('minute');
  if (second > 59) return outOfRange('second');
  const utc = new Date(0);
  utc.setUTCFullYear(year, month - 1, day);
  utc.setUTCHours(hour, minute, second);
  if (day < 1 || utc.getUTCDate() !== day) return outOfRange('day');
  return { seconds: utc.getTime() / 1000 - offsetSeconds(match[8]!), micros: Number((match[7] ?? '').slice(0, 6).padEnd(6, '0')) };
}

function offsetSeconds(zone: string): number {
  if (zone === 'Z') return 0;
  const size = Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(4, 6)) * 60;
  return zone.startsWith('-') ? -size : size;
}

/** The layout's elements and what a value may hold in their place. */
const ELEMENTS: readonly (readonly [string, RegExp])[] = [
  ['2006', /^\d{4}/], ['-', /^-/], ['01', /^\d\d/], ['-', /^-/], ['02', /^\d\d/], ['T', /^T/],
  ['15', /^\d\d/], [':', /^:/], ['04', /^\d\d/], [':', /^:/], ['05', /^\d\d(?:[.,]\d+)?/], ['Z07:00', /^(?:Z|[+-]\d\d:\d\d)/],
];

function unparsable(text: string, layout: string): string {
  let rest = text;
  for (const [element, shape] of ELEMENTS) {
    const match = shape.exec(rest);
    if (!match) return `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(element)}`;
    rest = rest.slice(match[0].length);
  }
  return `parsing time ${JSON.stringify(text)}: extra text: ${JSON.stringify(rest)}`;
}
