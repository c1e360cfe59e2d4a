import type { Millis } from '../base/clock.ts';

const NANOS: Readonly<Record<string, bigint>> = {
  ns: 1n, us: 1000n, µs: 1000n, μs: 1000n, ms: 1_000_000n, s: 1_000_000_000n, m: 60_000_000_000n, h: 3_600_000_000_000n,
};
const TERM = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y;
const MAX = 2n ** 63n - 1n;

/** Nanoseconds of a Go duration, `1h2m3.5s`. @throws Error in the words of Go's time.ParseDuration. */
export function nanosOf(text: string): bigint {
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  if (body === '0') return 0n;
  if (body === '') throw invalidDuration(text);
  let total = 0n;
  TERM.lastIndex = 0;
  while (TERM.lastIndex < body.length) {
    const from = TERM.lastIndex;
    const match = TERM.exec(body);
    const [, whole = '', fraction = '', unit = ''] = match ?? [];
    if (whole === '' && fraction === '') throw troubleAt(text, body.slice(from));
    const digits = fraction.slice(0, 18);
    total += BigInt(whole || '0') * NANOS[unit]! + (BigInt(digits || '0') * NANOS[unit]!) / 10n ** BigInt(digits.length);
    if (total > MAX) throw invalidDuration(text);
  }
  return text.startsWith('-') ? -total : total;
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
export const parseDuration = (text: string): Millis => Number(nanosOf(text)) / 1e6;

/** As Go prints a time.Duration: `1h0m0s`, `1.5s`, `300ms`, `0s`. */
export const formatDuration = (span: Millis): string => textOf(BigInt(Math.round(span * 1e6)));

/** The canonical text of a metav1.Duration. @throws Error in the words of Go's time.ParseDuration. */
export const canonicalDuration = (text: string): string => textOf(nanosOf(text));

function textOf(nanos: bigint): string {
  if (nanos === 0n) return '0s';
  const sign = nanos < 0n ? '-' : '';
  const size = nanos < 0n ? -nanos : nanos;
  for (const unit of ['ns', 'µs', 'ms'] as const) if (size < NANOS[unit]! * 1000n) return `${sign}${decimals(size, NANOS[unit]!)}${unit}`;
  const hours = size / NANOS.h!;
  const minutes = (size / NANOS.m!) % 60n;
  const seconds = decimals(size % NANOS.m!, NANOS.s!);
  if (hours > 0n) return `${sign}${hours}h${minutes}m${seconds}s`;
  return minutes > 0n ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`;
}

/** `value / unit` with as many decimals as it needs and no more. */
function decimals(value: bigint, unit: bigint): string {
  const fraction = String(value % unit).padStart(String(unit).length - 1, '0').replace(/0+$/, '');
  return fraction === '' ? String(value / unit) : `${value / unit}.${fraction}`;
}
