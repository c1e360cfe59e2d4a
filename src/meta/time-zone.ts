/** Clocks of the IANA time zones, by the tables Node carries. */

/** A zone's name, such as `Europe/Berlin`; the machine's own where none is given. */
export type TimeZone = string;

const formats = new Map<TimeZone, Intl.DateTimeFormat>();

/** Whether Node's tables know the zone. `Local`, which a Go program would accept, is none. */
export function isTimeZone(name: string): boolean {
  // Offsets are no names, though the platform may take them.
  if (/^[+-]/.test(name)) return false;
  try {
    return name.toLowerCase() !== 'local' && Boolean(formatOf(name));
  } catch {
    return false;
  }
}

function formatOf(zone: TimeZone): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    });
    formats.set(zone, format);
  }
  return format;
}

/** Milliseconds by which the zone's clock is ahead of UTC at an instant. */
export function offsetOf(at: number, zone?: TimeZone): number {
  if (zone === undefined) return -new Date(at).getTimezoneOffset() * 60_000;
  if (zone === 'UTC' || zone === 'Etc/UTC') return 0;
  const parts = new Map(formatOf(zone).formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const [year, month, day] = [parts.get('year')!, parts.get('month')! - 1, parts.get('day')!];
  const wall = Date.UTC(year, month, day, parts.get('hour')!, parts.get('minute')!, parts.get('second')!);
  return wall - Math.floor(at / 1000) * 1000;
}

/** The instant at which the zone's clock shows `wall`, given as if it were UTC. */
export function instantOf(wall: number, zone?: TimeZone): number {
  const guess = wall - offsetOf(wall, zone);
  return wall - offsetOf(guess, zone);
}
