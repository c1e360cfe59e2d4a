import { expect, test } from 'vitest';
import { canonicalDuration, formatDuration, parseDuration } from './duration.ts';

test.each([
  ['0', '0s'], ['1h', '1h0m0s'], ['90s', '1m30s'], ['1.5h', '1h30m0s'], ['1500ms', '1.5s'], ['-2m', '-2m0s'],
  ['300ms', '300ms'], ['1us', '1µs'], ['1.5µs', '1.5µs'], ['7ns', '7ns'], ['1h2m3.004s', '1h2m3.004s'],
])('%s is %s', (text, canonical) => {
  expect(canonicalDuration(text)).toBe(canonical);
  expect(canonicalDuration(canonical)).toBe(canonical);
});

test('durations are milliseconds to us', () => {
  expect(parseDuration('1m0.25s')).toBe(60_250);
  expect(formatDuration(3_600_000)).toBe('1h0m0s');
});

test.each(['', 's', '1', '1x', 'one', '1h-2m', '.'])('%j is no duration', (text) => {
  expect(() => parseDuration(text)).toThrow(/^time: /);
});
