/** A set of code points: ranges, and classes the platform knows by name. */
export interface CharSet {
  readonly ranges: readonly (readonly [from: number, to: number])[];
  readonly classes: readonly { readonly pattern: RegExp; readonly negated: boolean }[];
  readonly negated: boolean;
}

export const LAST = 0x10ffff;

export const setOf = (...ranges: CharSet['ranges']): CharSet => ({ ranges, classes: [], negated: false });
export const without = (set: CharSet): CharSet => ({ ...set, negated: !set.negated });

export function inSet({ ranges, classes, negated }: CharSet, code: number): boolean {
  for (const range of ranges) if (code >= range[0] && code <= range[1]) return !negated;
  return classes.some(({ pattern, negated: not }) => pattern.test(String.fromCodePoint(code)) !== not) !== negated;
}

export const DIGITS = setOf([0x30, 0x39]);
export const SPACES = setOf([0x09, 0x0a], [0x0c, 0x0d], [0x20, 0x20]);
export const WORDS = setOf([0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]);

/** `[[:alpha:]]` and its like. */
export const POSIX: Readonly<Record<string, CharSet['ranges']>> = {
  alnum: [[0x30, 0x39], [0x41, 0x5a], [0x61, 0x7a]], alpha: [[0x41, 0x5a], [0x61, 0x7a]], ascii: [[0, 0x7f]], blank: [[9, 9], [0x20, 0x20]],
  cntrl: [[0, 0x1f], [0x7f, 0x7f]], digit: [[0x30, 0x39]], graph: [[0x21, 0x7e]], lower: [[0x61, 0x7a]], print: [[0x20, 0x7e]],
  punct: [[0x21, 0x2f], [0x3a, 0x40], [0x5b, 0x60], [0x7b, 0x7e]], space: [[9, 13], [0x20, 0x20]], upper: [[0x41, 0x5a]], word: WORDS.ranges,
  xdigit: [[0x30, 0x39], [0x41, 0x46], [0x61, 0x66]],
};

/** Ranges wider than this are folded in ASCII alone. */
const WIDEST_FOLDED = 1024;

/** The same letters in either case. */
export function folded(set: CharSet): CharSet {
  const more = set.ranges.flatMap(([from, to]) => {
    const last = to - from > WIDEST_FOLDED ? Math.min(to, 0x7f) : to;
    const found: [number, number][] = [];
    for (let code = from; code <= last; code++) {
      const letter = String.fromCodePoint(code);
      for (const other of [letter.toLowerCase(), letter.toUpperCase()]) if (other !== letter && [...other].length === 1) found.push([other.codePointAt(0)!, other.codePointAt(0)!]);
    }
    return found;
  });
  return more.length === 0 ? set : { ...set, ranges: [...set.ranges, ...more] };
}
