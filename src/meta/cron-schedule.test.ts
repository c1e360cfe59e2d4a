import { expect, test } from 'vitest';
import { parseCron } from './cron-schedule.ts';
import { isTimeZone } from './time-zone.ts';

const next = (schedule: string, after: string, zone = 'UTC') => {
  const at = parseCron(schedule).next(Date.parse(after), zone);
  return at === undefined ? undefined : new Date(at).toISOString().replace(':00.000Z', 'Z');
};

test.each([
  ['* * * * *', '2026-01-01T00:00:30Z', '2026-01-01T00:01Z'],
  ['*/15 * * * *', '2026-01-01T00:15:00Z', '2026-01-01T00:30Z'],
  ['5/20 * * * *', '2026-01-01T00:26:00Z', '2026-01-01T00:45Z'],
  ['0 9-17 * * MON-FRI', '2026-01-02T17:00:00Z', '2026-01-05T09:00Z'],
  ['30 3 1,15 feb *', '2026-01-01T00:00:00Z', '2026-02-01T03:30Z'],
  ['0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00Z'],
  // Both days given: either will do.
  ['0 0 13 * FRI', '2026-02-01T00:00:00Z', '2026-02-06T00:00Z'],
  ['0 0 ? * 1', '2026-01-01T00:00:00Z', '2026-01-05T00:00Z'],
  ['@hourly', '2026-01-01T00:00:00Z', '2026-01-01T01:00Z'],
  ['@every 1h30m', '2026-01-01T00:00:00Z', '2026-01-01T01:30Z'],
  ['0 0 30 2 *', '2026-01-01T00:00:00Z', undefined],
])('%s after %s is %s', (schedule, after, expected) => {
  expect(next(schedule, after)).toBe(expected);
});

test('a zone\'s clock rules: a time it skips does not come, one it shows twice comes twice', () => {
  expect(next('0 8 * * *', '2026-07-01T00:00:00Z', 'Europe/Berlin')).toBe('2026-07-01T06:00Z');
  expect(next('30 2 * * *', '2026-03-28T12:00:00Z', 'Europe/Berlin')).toBe('2026-03-30T00:30Z');
  expect(next('30 2 * * *', '2026-10-24T12:00:00Z', 'Europe/Berlin')).toBe('2026-10-25T00:30Z');
  expect(next('30 2 * * *', '2026-10-25T00:30:00Z', 'Europe/Berlin')).toBe('2026-10-25T01:30Z');
});

test.each([
  ['', 'empty spec string'],
  ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
  ['60 * * * *', 'end of range (60) above maximum (59): 60'],
  ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
  ['* * * * 7', 'end of range (7) above maximum (6): 7'],
  ['9-5 * * * *', 'beginning of range (9) beyond end of range (5): 9-5'],
  ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
  ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
  ['*/0 * * * *', 'step of range should be a positive number: */0'],
  ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
  ['-1 * * * *', 'failed to parse int from : strconv.Atoi: parsing "": invalid syntax'],
  ['@often', 'unrecognized descriptor: @often'],
  ['99999999999999999999 * * * *', 'failed to parse int from 99999999999999999999: strconv.Atoi: parsing "99999999999999999999": value out of range'],
  ['@every soon', 'failed to parse duration @every soon: time: invalid duration "soon"'],
  ['TZ=No/Where 0 0 * * *', 'provided bad location No/Where: unknown time zone No/Where'],
])('%j is refused', (schedule, message) => {
  expect(() => parseCron(schedule)).toThrow(message);
});

test('zones are known by name', () => {
  expect(['Europe/Berlin', 'UTC', 'Etc/UTC', 'Mars/Olympus', 'Local'].map(isTimeZone)).toEqual([true, true, true, false, false]);
});
