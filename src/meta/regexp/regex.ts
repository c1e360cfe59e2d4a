/**
 * Regular expressions in time linear in the text, whatever the pattern: RE2's promise, which JavaScript's own engine does not make.
 * Whether a text matches is found by an automaton whose states are sets of places in the pattern, made as they are met.
 */
import { Remembered } from '../../base/remembered.ts';
import { inSet, WORDS } from './char-set.ts';
import { type Assertion, parsePattern } from './parse.ts';
import { assemble, type MachineProgram } from './program.ts';

/** More steps were asked for than allowed. */
export class TooMuchWork extends Error {}

/** Counts the steps of matching. */
export class Meter {
  steps = 0;
  readonly #limit: number;
  constructor(limit = Infinity) {
    this.#limit = limit;
  }
  /** @throws TooMuchWork */
  add(steps: number): void {
    if ((this.steps += steps) > this.#limit) throw new TooMuchWork();
  }
}

/** The end of the text, or what is before its start. */
const EDGE = -1;
const MOST_STATES = 2000;
/** A state of more places is used once and forgotten: to find it again would cost more than to make it. */
const MOST_PLACES = 64;
/** Being in many places at once takes longer for each of them than being in a few, which are soon met again. */
const CROWDED = 20;
const work = (places: number): number => (places > MOST_PLACES ? places * CROWDED : places);

/** Places to go on from, what was read last being part of the state: assertions ask for it. */
interface State {
  readonly places: readonly number[];
  readonly before: number;
  /** By the next code point: whether the pattern matches here, and where it goes on. */
  readonly steps: Map<number, { readonly matched: boolean; readonly to: State | undefined }>;
}

const isWord = (code: number): boolean => code !== EDGE && inSet(WORDS, code);

function holds(what: Assertion, before: number, after: number): boolean {
  switch (what) {
    case 'text-start':
      return before === EDGE;
    case 'text-end':
      return after === EDGE;
    case 'line-start':
      return before === EDGE || before === 10;
    case 'line-end':
      return after === EDGE || after === 10;
    case 'word':
      return isWord(before) !== isWord(after);
    case 'no-word':
      return isWord(before) === isWord(after);
  }
}

/** Places seen at one position of the text; emptied in no time. */
class Seen {
  readonly #stamps: Uint32Array;
  #stamp = 0;
  size = 0;

  constructor(places: number) {
    this.#stamps = new Uint32Array(places);
  }

  clear(): void {
    if (++this.#stamp === 0xffffffff) {
      this.#stamps.fill(0);
      this.#stamp = 1;
    }
    this.size = 0;
  }

  /** Whether it is new. */
  add(place: number): boolean {
    if (this.#stamps[place] === this.#stamp) return false;
    this.#stamps[place] = this.#stamp;
    this.size++;
    return true;
  }
}

export class Regex {
  readonly #program: MachineProgram;
  readonly #seen: Seen;
  readonly #pending: number[] = [];
  #states = new Map<string, State>();

  /** @throws PatternError */
  constructor(pattern: string) {
    this.#program = assemble(parsePattern(pattern), pattern);
    this.#seen = new Seen(this.#program.instructions.length);
  }

  /** Whether it matches anywhere in the text. */
  test(text: string, meter = new Meter()): boolean {
    let state: State | undefined = this.#state([], EDGE);
    for (let at = 0; ; ) {
      const code = at < text.length ? text.codePointAt(at)! : EDGE;
      const step: { readonly matched: boolean; readonly to: State | undefined } = state.steps.get(code) ?? this.#step(state, code, meter);
      meter.add(1);
      if (step.matched) return true;
      if (!step.to) return false;
      state = step.to;
      at += code > 0xffff ? 2 : 1;
    }
  }

  /** The first match at or behind a place, as those who wrote it would: the leftmost, alternatives in their order. */
  find(text: string, from: number, meter = new Meter()): { readonly start: number; readonly end: number } | undefined {
    let before = from === 0 ? EDGE : codeBefore(text, from);
    let threads: readonly (readonly [place: number, start: number])[] = [];
    let found: { readonly start: number; readonly end: number } | undefined;
    for (let at = from; ; ) {
      const code = at < text.length ? text.codePointAt(at)! : EDGE;
      const begun = found ? threads : [...threads, [this.#program.start, at] as const];
      const next: [number, number][] = [];
      const seen = this.#seen;
      seen.clear();
      for (const [place, start] of begun) {
        const matched = this.#follow(place, { before, after: code }, (set) => next.push([set, start]));
        if (!matched) continue;
        found = { start, end: at };
        break;
      }
      threads = next;
      meter.add(work(seen.size));
      if (code === EDGE || (threads.length === 0 && found)) return found;
      before = code;
      at += code > 0xffff ? 2 : 1;
    }
  }

  #state(places: readonly number[], before: number): State {
    // Of what was read only what assertions can tell apart.
    const kind = before === EDGE || before === 10 ? before : isWord(before) ? 0x61 : 0x20;
    if (places.length > MOST_PLACES) return { places, before: kind, steps: new Map() };
    const key = `${kind}:${places.join(',')}`;
    const known = this.#states.get(key);
    if (known) return known;
    if (this.#states.size >= MOST_STATES) this.#states = new Map();
    const state: State = { places, before: kind, steps: new Map() };
    this.#states.set(key, state);
    return state;
  }

  #step(state: State, code: number, meter: Meter): { readonly matched: boolean; readonly to: State | undefined } {
    const next = new Set<number>();
    const seen = this.#seen;
    seen.clear();
    let matched = false;
    for (const place of [...state.places, this.#program.start]) matched = this.#follow(place, { before: state.before, after: code }, (set) => next.add(set)) || matched;
    meter.add(work(seen.size));
    const places = next.size > MOST_PLACES ? [...next] : [...next].toSorted((a, b) => a - b);
    const step = { matched, to: code === EDGE || matched ? undefined : this.#state(places, code) };
    // What is kept must not hold a chain of what is not.
    if (state.steps.size < MOST_STATES && places.length <= MOST_PLACES) state.steps.set(code, step);
    return step;
  }

  /** All that can be reached without reading on; `go` is told where the next code point leads. True once that includes a match. */
  #follow(from: number, { before, after }: { readonly before: number; readonly after: number }, go: (place: number) => void): boolean {
    const pending = this.#pending;
    pending.length = 0;
    pending.push(from);
    while (pending.length > 0) {
      const place = pending.pop()!;
      if (!this.#seen.add(place)) continue;
      const instruction = this.#program.instructions[place]!;
      switch (instruction.op) {
        case 'match':
          return true;
        case 'set':
          if (after !== EDGE && inSet(instruction.set, after)) go(instruction.next);
          break;
        case 'split':
          pending.push(instruction.second, instruction.first);
          break;
        case 'assert':
          if (holds(instruction.what, before, after)) pending.push(instruction.next);
      }
    }
    return false;
  }
}

function codeBefore(text: string, at: number): number {
  const unit = text.charCodeAt(at - 1);
  return unit >= 0xdc00 && unit <= 0xdfff && at > 1 ? text.codePointAt(at - 2)! : unit;
}

const known = new Remembered<Regex>();

/** @throws PatternError in Go's words */
export function regexOf(pattern: string): Regex {
  const before = known.get(pattern);
  if (before) return before;
  const regex = new Regex(pattern);
  known.set(pattern, regex);
  return regex;
}

export const matches = (text: string, pattern: string): boolean => regexOf(pattern).test(text);

/** The matches one behind the other, as many as asked for; all of them where `most` is negative. */
export function findAll(text: string, regex: Regex, most: number, meter = new Meter()): readonly string[] {
  const found: string[] = [];
  let last = -1;
  const limit = most < 0 ? Infinity : most;
  for (let at = 0; at <= text.length && found.length < limit; ) {
    const match = regex.find(text, at, meter);
    if (!match) break;
    // An empty match right behind another is no match.
    if (match.end > match.start || match.start !== last) found.push(text.slice(match.start, match.end));
    last = match.end;
    at = match.end > match.start ? match.end : match.end + ((text.codePointAt(match.end) ?? 0) > 0xffff ? 2 : 1);
  }
  return found;
}
