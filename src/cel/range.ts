/** From the least to the most something may be: costs and sizes, at most 2^64-1 as in Go. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

export const MOST = 2 ** 64;
const capped = (value: number): number => (value >= MOST ? MOST : value);

export const exactly = (value: number): Range => ({ min: value, max: value });
export const UNKNOWN: Range = { min: 0, max: MOST };

export const plus = (...ranges: readonly Range[]): Range => ({
  min: capped(ranges.reduce((sum, { min }) => sum + min, 0)),
  max: capped(ranges.reduce((sum, { max }) => sum + max, 0)),
});
const product = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : capped(a * b));
export const times = (a: Range, b: Range): Range => ({ min: product(a.min, b.min), max: product(a.max, b.max) });
/** Multiplied and rounded up. */
export const scaled = ({ min, max }: Range, by: number): Range => ({ min: capped(Math.ceil(min * by)), max: capped(Math.ceil(max * by)) });
export const either = (a: Range, b: Range): Range => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) });
