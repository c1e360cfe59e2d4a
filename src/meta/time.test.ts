import { expect, test } from 'vitest';
import { canonicalMicroTime, canonicalTime, formatMicroTime, formatTime, parseTime } from './time.ts';

test('times are written in UTC, with whole seconds or microseconds', () => {
  expect(formatTime(1_767_323_045_999)).toBe('2026-01-02T03:04:05Z');
  expect(formatMicroTime(1_767_323_045_999)).toBe('2026-01-02T03:04:05.999000Z');
});

test.each([
  ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z'],
  ['2026-01-02T03:04:05.5Z', '2026-01-02T03:04:05Z'],
  ['2026-01-01T23:04:05-04:00', '2026-01-02T03:04:05Z'],
  ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
])('%s is %s', (text, canonical) => {
  expect(canonicalTime(text)).toBe(canonical);
  expect(parseTime(canonical)).toBe(Math.floor(parseTime(text)! / 1000) * 1000);
});

test('microseconds are kept', () => {
  expect(canonicalMicroTime('2026-01-02T03:04:05.1234567Z')).toBe('2026-01-02T03:04:05.123456Z');
});

test.each([
  ['', 'parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006"'],
  ['2026-01-02', 'parsing time "2026-01-02" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"'],
  ['2026-01-02 03:04:05Z', 'parsing time "2026-01-02 03:04:05Z" as "2006-01-02T15:04:05Z07:00": cannot parse " 03:04:05Z" as "T"'],
  ['2026-13-02T03:04:05Z', 'parsing time "2026-13-02T03:04:05Z": month out of range'],
  ['2026-02-30T03:04:05Z', 'parsing time "2026-02-30T03:04:05Z": day out of range'],
  ['2026-01-02T24:04:05Z', 'parsing time "2026-01-02T24:04:05Z": hour out of range'],
  ['2026-01-02T03:04:05', 'parsing time "2026-01-02T03:04:05" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00"'],
  ['2026-01-02T03:04:05Zx', 'parsing time "2026-01-02T03:04:05Zx": extra text: "x"'],
])('%j is refused in Go\'s words', (text, message) => {
  expect(() => canonicalTime(text)).toThrow(message);
  expect(parseTime(text)).toBeUndefined();
});

test('an absent time is no time', () => {
  expect(parseTime(undefined)).toBeUndefined();
});
