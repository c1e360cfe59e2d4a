import { int } from '../arithmetic.ts';
import type { Library } from '../signature.ts';
import { clockAt } from '../time.ts';
import type { Duration, Timestamp } from '../values.ts';

const DAY = 86_400_000;

/** What each accessor reads off a clock. */
const FIELDS: Readonly<Record<string, (clock: Date) => number>> = {
  getFullYear: (clock) => clock.getUTCFullYear(),
  getMonth: (clock) => clock.getUTCMonth(),
  getDate: (clock) => clock.getUTCDate(),
  getDayOfMonth: (clock) => clock.getUTCDate() - 1,
  getDayOfWeek: (clock) => clock.getUTCDay(),
  getDayOfYear: (clock) => Math.floor((clock.getTime() - Date.UTC(clock.getUTCFullYear(), 0)) / DAY),
  getHours: (clock) => clock.getUTCHours(),
  getMinutes: (clock) => clock.getUTCMinutes(),
  getSeconds: (clock) => clock.getUTCSeconds(),
  getMilliseconds: (clock) => clock.getUTCMilliseconds(),
};

/** Of durations the whole, in each unit; of milliseconds what a second leaves over. */
const UNITS: Readonly<Record<string, bigint>> = { getHours: 3_600_000_000_000n, getMinutes: 60_000_000_000n, getSeconds: 1_000_000_000n };

export const times: Library = Object.fromEntries([
  ...Object.entries(FIELDS).flatMap(([name, read]) => [
    [`timestamp.${name}(): int`, (time: Timestamp) => read(clockAt(time))] as const,
    [`timestamp.${name}(string): int`, (time: Timestamp, zone: string) => read(clockAt(time, zone))] as const,
  ]),
  ...Object.entries(UNITS).map(([name, unit]) => [`duration.${name}(): int`, ({ nanos }: Duration) => int(nanos / unit)] as const),
  ['duration.getMilliseconds(): int', ({ nanos }: Duration) => int((nanos / 1_000_000n) % 1000n)] as const,
]);
