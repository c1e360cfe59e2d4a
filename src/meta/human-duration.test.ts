import { expect, test } from 'vitest';
import { humanDuration, since } from './human-duration.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test.each([
  [-5 * SECOND, '<invalid>'],
  [-0.5 * SECOND, '0s'],
  [0, '0s'],
  [119 * SECOND, '119s'],
  [2 * MINUTE, '2m'],
  [2 * MINUTE + 30 * SECOND, '2m30s'],
  [10 * MINUTE + 5 * SECOND, '10m'],
  [3 * HOUR, '3h'],
  [3 * HOUR + 4 * MINUTE, '3h4m'],
  [9 * HOUR + 4 * MINUTE, '9h'],
  [2 * DAY, '2d'],
  [2 * DAY + 3 * HOUR, '2d3h'],
  [9 * DAY + 3 * HOUR, '9d'],
  [2 * 365 * DAY + 3 * DAY, '2y3d'],
  [9 * 365 * DAY, '9y'],
])('%i ms reads %s', (millis, text) => expect(humanDuration(millis)).toBe(text));

test('a time that is missing is unknown', () => {
  expect(since(undefined, 0)).toBe('<unknown>');
  expect(since('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:01:00Z'))).toBe('60s');
});
