/** How the server's seats are shared out among priority levels; pure. KEP-1040, "Dynamic seat allocation"; docs "API Priority and Fairness". */
import type { LevelSettings } from './settings.ts';

/** What a level may have at most, at least, and to begin with. */
export interface SeatBounds {
  readonly nominal: number;
  readonly min: number;
  readonly max: number;
}

/** Nominal seats by shares, rounded up; what of them others may borrow, and how much the level itself may. */
export function boundsOf(levels: readonly LevelSettings[], total: number): ReadonlyMap<string, SeatBounds> {
  const shares = levels.reduce((sum, level) => sum + level.shares, 0);
  return new Map(levels.map((level) => {
    const nominal = shares === 0 ? 0 : Math.ceil((total * level.shares) / shares);
    const lendable = Math.round((nominal * level.lendablePercent) / 100);
    const borrowing = level.borrowingLimitPercent === undefined ? Infinity : Math.round((nominal * level.borrowingLimitPercent) / 100);
    return [level.name, { nominal, min: nominal - lendable, max: nominal + borrowing }];
  }));
}

/** What a level asked for since seats were last shared out. */
export interface SeatDemand {
  readonly name: string;
  readonly exempt: boolean;
  readonly bounds: SeatBounds;
  /** The most seats wanted at once. */
  readonly high: number;
  /** Smoothed: up at once, down slowly. */
  readonly smooth: number;
}

/**
 * Current limits by level. Each gets at least what it may not lend or, up to its nominal share, what it lately wanted; the
 * rest goes in proportion to smoothed demand, within each one's bounds.
 */
export function shareOut(demands: readonly SeatDemand[], total: number): ReadonlyMap<string, number> {
  const floors = demands.map((demand) => ({ ...demand, floor: Math.max(demand.bounds.min, Math.min(demand.bounds.nominal, demand.high)) }));
  const limited = floors.filter(({ exempt }) => !exempt);
  const taken = floors.filter(({ exempt }) => exempt).reduce((sum, { floor }) => sum + floor, 0);
  const least = limited.reduce((sum, { bounds }) => sum + bounds.min, 0);
  const left = Math.max(least, total - taken);
  const at = (fraction: number) => limited.map(({ bounds, floor, smooth }) =>
    Math.min(bounds.max, Math.max(floor, fraction * Math.max(bounds.min, smooth))));
  const fraction = fairFraction(at, left);
  const limits = at(fraction);
  return new Map([
    ...floors.filter(({ exempt }) => exempt).map(({ name, floor }) => [name, floor] as const),
    ...limited.map(({ name }, index) => [name, Math.round(limits[index]!)] as const),
  ]);
}

/** The fraction of everyone's target at which all seats are given out. What is asked grows with it, so halving finds it. */
function fairFraction(at: (fraction: number) => readonly number[], left: number): number {
  const sum = (fraction: number) => at(fraction).reduce((all, one) => all + one, 0);
  if (sum(0) >= left) return 0;
  let [low, high] = [0, 1];
  while (sum(high) < left && high < 1e6) [low, high] = [high, high * 2];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (sum(middle) < left) low = middle;
    else high = middle;
  }
  return high;
}
