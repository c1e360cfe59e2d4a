import type { Millis } from '../base/clock.ts';

const NANOS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };
const TERM = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;

/** Nanoseconds of a Go duration, `1h2m3.5s`. @throws Error in the words of Go's time.ParseDuration. */
function nanosOf(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  if (body === '0') return 0;
  if (body === '') throw invalidDuration(text);
  let total = 0;
  TERM.lastIndex = 0;
  while (TERM.lastIndex < body.length) {
    const from = TERM.lastIndex;
    const match = TERM.exec(body);
    if (!match) throw troubleAt(text, body.slice(from));
    total += Number(match[1]) * NANOS[match[2]!]!;
  }
  return sign * Math.round(total);
}

const invalidDuration = (text: string) => new Error(`time: invalid duration ${JSON.stringify(text)}`);

function troubleAt(text: string, rest: string): Error {
  const number = /^(\d+\.?\d*|\.\d+)/.exec(rest);
  if (!number) return invalidDuration(text);
  const unit = /^[^\d.]*/.exec(rest.slice(number[0].length))![0];
  if (unit === '') return new Error(`time: missing unit in duration ${JSON.stringify(text)}`);
  return new Error(`time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`);
}

/** @throws Error in the words of Go's time.ParseDuration. */
export const parseDuration = (text: string): Millis => nanosOf(text) / 1e6;

/** As Go prints a time.Duration: `1h0m0s`, `1.5s`, `300ms`, `0s`. */
export const formatDuration = (span: Millis): string => textOf(Math.round(span * 1e6));

/** The canonical text of a metav1.Duration. @throws Error in the words of Go's time.ParseDuration. */
export const canonicalDuration = (text: string): string => textOf(nanosOf(text));

function textOf(nanos: number): string {
  if (nanos === 0) return '0s';
  const sign = nanos < 0 ? '-' : '';
  const size = Math.abs(nanos);
  if (size < 1e3) return `${sign}${size}ns`;
  if (size < 1e6) return `${sign}${decimals(size, 1e3)}µs`;
  if (size < 1e9) return `${sign}${decimals(size, 1e6)}ms`;
  const hours = Math.floor(size / 3600e9);
  const minutes = Math.floor(size / 60e9) % 60;
  const seconds = decimals(size % 60e9, 1e9);
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`;
}

/** `value / unit` with as many decimals as it needs and no more. */
function decimals(value: number, unit: number): string {
  const whole = Math.floor(value / unit);
  const digits = String(unit).length - 1;
  const fraction = String(Math.round(value % unit)).padStart(digits, '0').replace(/0+$/, '');
  return fraction === '' ? String(whole) : `${whole}.${fraction}`;
}
