import { expect, test } from 'vitest';
import { parseCron } from './cron-schedule.ts';

const problemOf = (text: string) => {
  const parsed = parseCron(text);
  return 'problem' in parsed ? parsed.problem : undefined;
};

test.each([
  ['', 'empty spec string'],
  ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
  ['60 * * * *', 'end of range (60) above maximum (59): 60'],
  ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
  ['* * * * 7', 'end of range (7) above maximum (6): 7'],
  ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
  ['a * * * *', 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax'],
  ['-1 * * * *', 'failed to parse int from : strconv.Atoi: parsing "": invalid syntax'],
  ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
  ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
  ['*/0 * * * *', 'step of range should be a positive number: */0'],
  ['@often', 'unrecognized descriptor: @often'],
  ['@every soon', 'failed to parse duration @every soon: time: invalid duration "soon"'],
  ['TZ=No/Where 0 0 * * *', 'provided bad location No/Where: unknown time zone No/Where'],
  ['0 0 * jan-mar mon,fri', undefined], ['@daily', undefined], ['@every 1h30m', undefined], ['TZ=Europe/Oslo 0 0 * * *', undefined],
])('%j is read with the problem %j', (text, problem) => {
  expect(problemOf(text)).toBe(problem);
});

test('a schedule is sets of numbers', () => {
  expect(parseCron('*/20 9-17/4 1 FEB *')).toEqual({
    schedule: {
      minutes: new Set([0, 20, 40]), hours: new Set([9, 13, 17]), daysOfMonth: new Set([1]), months: new Set([2]), daysOfWeek: new Set([0, 1, 2, 3, 4, 5, 6]),
      anyDayOfMonth: false, anyDayOfWeek: true,
    },
  });
  expect(parseCron('@every 90s')).toEqual({ schedule: { everySeconds: 90 } });
});
