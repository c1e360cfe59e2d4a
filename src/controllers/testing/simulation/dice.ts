import { seededRandom } from '../../../base/random.ts';

/** Repeatable chance. */
export interface Dice {
  below(count: number): number;
  between(least: number, most: number): number;
  pick<T>(items: readonly T[]): T;
  chance(share: number): boolean;
}

export function seededDice(seed: number): Dice {
  const source = seededRandom(seed);
  const below = (count: number) => Math.floor(source.next() * count);
  return {
    below,
    between: (least, most) => least + below(most - least + 1),
    pick: (items) => items[below(items.length)]!,
    chance: (share) => source.next() < share,
  };
}

