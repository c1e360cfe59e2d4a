import { expect, test } from 'vitest';
import { formatMicroTime, formatTime, parseTime } from './time.ts';

test('times are written to the second or the microsecond, and read back', () => {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  expect(formatTime(at)).toBe('2026-01-02T03:04:05Z');
  expect(formatMicroTime(at)).toBe('2026-01-02T03:04:05.678000Z');
  expect(parseTime('2026-01-02T03:04:05Z')).toBe(at - 678);
  expect(parseTime(formatMicroTime(at))).toBe(at);
  expect(parseTime('soon')).toBeUndefined();
  expect(parseTime(undefined)).toBeUndefined();
});
