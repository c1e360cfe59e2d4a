/** RE2's syntax (github.com/google/re2/wiki/Syntax), as trees. */
import { type CharSet, DIGITS, folded, inSet, LAST, POSIX, setOf, SPACES, without, WORDS } from './char-set.ts';

export type Assertion = 'text-start' | 'text-end' | 'line-start' | 'line-end' | 'word' | 'no-word';

export type Tree =
  | { readonly kind: 'empty' }
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'assert'; readonly what: Assertion }
  | { readonly kind: 'sequence'; readonly parts: readonly Tree[] }
  | { readonly kind: 'choice'; readonly options: readonly Tree[] }
  | { readonly kind: 'repeat'; readonly of: Tree; readonly min: number; readonly max: number; readonly greedy: boolean };

/** A pattern that is none, in Go's words. */
export class PatternError extends Error {
  constructor(what: string, where: string) {
    super(`error parsing regexp: ${what}: \`${where}\``);
  }
}

interface Flags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly ungreedy: boolean;
}
const NO_FLAGS: Flags = { ignoreCase: false, multiline: false, dotAll: false, ungreedy: false };
const FLAG_NAMES: Readonly<Record<string, keyof Flags>> = { i: 'ignoreCase', m: 'multiline', s: 'dotAll', U: 'ungreedy' };

const MOST_REPEATS = 1000;
const DEEPEST = 500;

export function parsePattern(pattern: string): Tree {
  return new PatternParser(pattern).whole();
}

class PatternParser {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  #flags = NO_FLAGS;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Tree {
    const tree = this.#choice();
    if (this.#at < this.#text.length) throw new PatternError('unexpected )', this.#text);
    return tree;
  }

  #rest(): string {
    return this.#text.slice(this.#at);
  }

  #accept(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text) ?? undefined;
    if (found) this.#at += found[0].length;
    return found;
  }

  #choice(): Tree {
    if (++this.#depth > DEEPEST) throw new PatternError('expression nests too deeply', this.#text);
    const before = this.#flags;
    const options = [this.#sequence()];
    while (this.#accept('|')) options.push(this.#sequence());
    this.#flags = before;
    this.#depth--;
    return options.length === 1 ? options[0]! : { kind: 'choice', options };
  }

  #sequence(): Tree {
    const parts: Tree[] = [];
    while (this.#at < this.#text.length && !/[|)]/.test(this.#text[this.#at]!)) {
      const from = this.#at;
      const atom = this.#atom();
      parts.push(this.#repeated(atom, from));
    }
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts };
  }

  #repeated(atom: Tree | undefined, from: number): Tree {
    let tree = atom;
    let before = '';
    for (;;) {
      const start = this.#at;
      const range = this.#repetition();
      if (!range) return tree ?? { kind: 'empty' };
      if (!tree) throw new PatternError('missing argument to repetition operator', this.#text.slice(start, this.#at));
      const lazy = this.#accept('?');
      if (before !== '') throw new PatternError('invalid nested repetition operator', before + this.#text.slice(start, this.#at));
      const [min, max] = range;
      if (min > MOST_REPEATS || (max !== Infinity && (max > MOST_REPEATS || min > max))) throw new PatternError('invalid repeat count', this.#text.slice(start, this.#at));
      before = this.#text.slice(Math.max(start, from), this.#at);
      if (Math.max(min, max === Infinity ? 0 : max) > 1 && copies(tree) * Math.max(min, max === Infinity ? min : max) > MOST_REPEATS) throw new PatternError('invalid repeat count', this.#text.slice(start, this.#at));
      tree = { kind: 'repeat', of: tree, min, max, greedy: lazy === this.#flags.ungreedy };
    }
  }

  #repetition(): readonly [min: number, max: number] | undefined {
    if (this.#accept('*')) return [0, Infinity];
    if (this.#accept('+')) return [1, Infinity];
    if (this.#accept('?')) return [0, 1];
    const counted = this.#match(/\{(\d+)(,(\d*))?\}/y);
    if (!counted) return undefined;
    const [, min, comma, max] = counted;
    return [Number(min), comma === undefined ? Number(min) : max === '' ? Infinity : Number(max)];
  }

  /** undefined where nothing stands that could be repeated. */
  #atom(): Tree | undefined {
    const sign = this.#text[this.#at]!;
    switch (sign) {
      case '(':
        return this.#group();
      case '[':
        return { kind: 'set', set: this.#class() };
      case '.':
        this.#at++;
        return { kind: 'set', set: this.#flags.dotAll ? setOf([0, LAST]) : without(setOf([10, 10])) };
      case '^':
        this.#at++;
        return { kind: 'assert', what: this.#flags.multiline ? 'line-start' : 'text-start' };
      case '$':
        this.#at++;
        return { kind: 'assert', what: this.#flags.multiline ? 'line-end' : 'text-end' };
      case '*':
      case '+':
      case '?':
        return undefined;
      case '\\':
        return this.#escaped();
      default:
        return this.#literal(this.#character());
    }
  }

  #character(): number {
    const code = this.#text.codePointAt(this.#at)!;
    this.#at += code > 0xffff ? 2 : 1;
    return code;
  }

  #literal(code: number): Tree {
    const set = setOf([code, code]);
    return { kind: 'set', set: this.#flags.ignoreCase ? folded(set) : set };
  }

  #group(): Tree {
    const whole = this.#rest();
    this.#at++;
    if (this.#accept('?')) {
      const named = this.#match(/P?<(\w*)>/y);
      if (named && !/^[A-Za-z_]\w*$/.test(named[1]!)) throw new PatternError('invalid named capture', `(?${named[0]}`);
      if (!named) {
        const flags = this.#match(/([imsU]*)(?:-([imsU]+))?([:)])/y);
        if (!flags) throw new PatternError('invalid or unsupported Perl syntax', /^\(\?(?:P?<?[^:)]?)?/.exec(whole)![0]);
        const set = (letters: string, value: boolean) => Object.fromEntries([...letters].map((letter) => [FLAG_NAMES[letter]!, value]));
        const changed: Flags = { ...this.#flags, ...set(flags[1]!, true), ...set(flags[2] ?? '', false) };
        if (flags[3] === ')') {
          this.#flags = changed;
          return { kind: 'sequence', parts: [] };
        }
        return this.#closed(whole, changed);
      }
    }
    return this.#closed(whole, this.#flags);
  }

  #closed(whole: string, flags: Flags): Tree {
    const before = this.#flags;
    this.#flags = flags;
    const tree = this.#choice();
    this.#flags = before;
    if (!this.#accept(')')) throw new PatternError('missing closing )', this.#at >= this.#text.length ? this.#text : whole);
    return tree;
  }

  #escaped(): Tree {
    const assertion = this.#match(/\\([AzbB])/y);
    if (assertion) return { kind: 'assert', what: ({ A: 'text-start', z: 'text-end', b: 'word', B: 'no-word' } as const)[assertion[1] as 'A'] };
    const quoted = this.#match(/\\Q([^]*?)(?:\\E|$)/y);
    if (quoted) return { kind: 'sequence', parts: [...quoted[1]!].map((character) => this.#literal(character.codePointAt(0)!)) };
    const named = this.#namedSet();
    if (named) return { kind: 'set', set: named };
    return this.#literal(this.#escapedCharacter());
  }

  /** \d, \pL and their like. */
  #namedSet(): CharSet | undefined {
    const perl = this.#match(/\\([dDsSwW])/y)?.[1];
    if (perl !== undefined) {
      const set = { d: DIGITS, s: SPACES, w: WORDS }[perl.toLowerCase() as 'd'];
      return /[DSW]/.test(perl) ? without(set) : set;
    }
    const property = this.#match(/\\([pP])(?:\{(\^?)(\w+)\}|(\w))/y);
    if (!property) return undefined;
    const name = property[3] ?? property[4]!;
    const negated = (property[1] === 'P') !== (property[2] === '^');
    const pattern = unicodeClass(name);
    if (!pattern) throw new PatternError('invalid character class range', property[0]);
    return { ranges: [], classes: [{ pattern, negated }], negated: false };
  }

  #escapedCharacter(): number {
    const known = this.#match(/\\(?:([afnrtv])|x\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|(0[0-7]{0,2}|[1-7][0-7]{1,2}))/y);
    if (known) {
      const [, letter, long, short, octal] = known;
      if (letter !== undefined) return { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }[letter]!;
      const code = octal === undefined ? Number.parseInt(long ?? short!, 16) : Number.parseInt(octal, 8);
      if (code <= LAST) return code;
    }
    if (this.#at + 1 >= this.#text.length) throw new PatternError('trailing backslash at end of expression', '');
    const next = this.#text.codePointAt(this.#at + 1)!;
    if (next >= 0x80 || inSet(WORDS, next)) throw new PatternError('invalid escape sequence', `\\${String.fromCodePoint(next)}`);
    this.#at += 2;
    return next;
  }

  #class(): CharSet {
    const whole = this.#rest();
    this.#at++;
    const negated = this.#accept('^');
    const ranges: (readonly [number, number])[] = [];
    const classes: { pattern: RegExp; negated: boolean }[] = [];
    const take = (set: CharSet) => {
      ranges.push(...(set.negated ? inverted(set.ranges) : set.ranges));
      classes.push(...set.classes);
    };
    for (let first = true; first || !this.#accept(']'); first = false) {
      if (this.#at >= this.#text.length) throw new PatternError('missing closing ]', whole);
      const posix = this.#match(/\[:(\^?)(\w+):\]/y);
      if (posix) {
        if (!Object.hasOwn(POSIX, posix[2]!)) throw new PatternError('invalid character class range', posix[0]);
        take({ ...setOf(...POSIX[posix[2]!]!), negated: posix[1] === '^' });
        continue;
      }
      const named = this.#namedSet();
      if (named) take(named);
      else ranges.push(this.#range());
    }
    const set: CharSet = { ranges, classes, negated: false };
    const cased = this.#flags.ignoreCase ? folded(set) : set;
    return { ...cased, negated };
  }

  #range(): readonly [number, number] {
    const start = this.#at;
    const one = (): number => (this.#text[this.#at] === '\\' ? this.#escapedCharacter() : this.#character());
    const from = one();
    if (this.#text[this.#at] !== '-' || this.#text[this.#at + 1] === ']' || this.#at + 1 >= this.#text.length) return [from, from];
    this.#at++;
    const to = one();
    if (to < from) throw new PatternError('invalid character class range', this.#text.slice(start, this.#at));
    return [from, to];
  }
}

/** How often, at most, counted repetitions within each other write a part out. */
function copies(tree: Tree): number {
  switch (tree.kind) {
    case 'repeat': {
      const own = Math.max(tree.min, tree.max === Infinity ? tree.min : tree.max, 1);
      return own * copies(tree.of);
    }
    case 'sequence':
      return Math.max(1, ...tree.parts.map(copies));
    case 'choice':
      return Math.max(1, ...tree.options.map(copies));
    default:
      return 1;
  }
}

/** Every code point the ranges leave out. */
function inverted(ranges: CharSet['ranges']): CharSet['ranges'] {
  const left: [number, number][] = [];
  let next = 0;
  for (const [from, to] of ranges.toSorted(([a], [b]) => a - b)) {
    if (from > next) left.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  if (next <= LAST) left.push([next, LAST]);
  return left;
}

function unicodeClass(name: string): RegExp | undefined {
  if (name === 'Any') return /[^]/u;
  for (const text of [`\\p{${name}}`, `\\p{Script=${name}}`]) {
    if (name.length > 2 && text.startsWith('\\p{') && !text.includes('=')) continue;
    try {
      return new RegExp(text, 'u');
    } catch {
      // no class of that name; perhaps a script
    }
  }
  return undefined;
}
