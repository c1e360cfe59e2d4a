import { quote } from '../../meta/field-error.ts';
import type { Library } from '../signature.ts';
import { EvaluationError, type Int, LONGEST_TEXT, OverBudget } from '../values.ts';
import { format } from './format-string.ts';

/** Positions are counted in code points; most texts have none that needs two units. */
const WIDE = /[\ud800-\udfff]/;
const points = (text: string): readonly string[] | string => (WIDE.test(text) ? [...text] : text);
const joined = (part: readonly string[] | string): string => (typeof part === 'string' ? part : part.join(''));

const outOfRange = (at: number): EvaluationError => new EvaluationError(`index out of range: ${at}`);

function charAt(text: string, position: Int): string {
  const at = Number(position);
  const letters = points(text);
  if (at < 0 || at > letters.length) throw outOfRange(at);
  return letters[at] ?? '';
}

function startsAt(letters: readonly string[] | string, part: readonly string[] | string, at: number): boolean {
  for (let position = 0; position < part.length; position++) if (letters[at + position] !== part[position]) return false;
  return true;
}

function indexOf(text: string, part: string, from: Int = 0): number {
  const at = Number(from);
  const letters = points(text);
  if (part === '' && from === 0) return 0;
  if (at < 0 || at > letters.length) throw outOfRange(at);
  if (part === '') return at;
  if (typeof letters === 'string') return letters.indexOf(part, at);
  const wanted = [...part];
  for (let position = at; position <= letters.length - wanted.length; position++) if (startsAt(letters, wanted, position)) return position;
  return -1;
}

function lastIndexOf(text: string, part: string, from?: Int): number {
  const letters = points(text);
  const wanted = points(part);
  const at = from === undefined ? letters.length : Number(from);
  if (at < 0 || at > letters.length) throw outOfRange(at);
  if (part === '') return at;
  for (let position = Math.min(at, letters.length - wanted.length); position >= 0; position--) if (startsAt(letters, wanted, position)) return position;
  return -1;
}

function substring(text: string, start: Int, end?: Int): string {
  const letters = points(text);
  const from = Number(start);
  const to = end === undefined ? letters.length : Number(end);
  if (from < 0 || from > letters.length) throw outOfRange(from);
  if (to < 0 || to > letters.length) throw outOfRange(to);
  if (from > to) throw new EvaluationError(`invalid substring range. start: ${from}, end: ${to}`);
  return joined(letters.slice(from, to));
}

function replace(text: string, from: string, to: string, most: Int = -1): string {
  const limit = Number(most);
  const places = from === '' ? text.length + 1 : Math.ceil(text.length / from.length);
  // At worst; what is near the limit is counted.
  if (text.length + places * to.length > LONGEST_TEXT && text.length + (text.split(from).length + 1) * to.length > LONGEST_TEXT) throw new OverBudget();
  if (limit < 0) return from === '' ? [...text].reduce((all, letter) => all + letter + to, to) : text.replaceAll(from, () => to);
  if (from === '') return [...text, ''].map((letter, at) => (at < limit ? to + letter : letter)).join('');
  const parts = text.split(from);
  return parts.reduce((all, part, at) => all + (at <= limit ? to : from) + part);
}

/** At most so many parts, the last with all that is left; all of them where negative. */
function split(text: string, separator: string, most: Int = -1): readonly string[] {
  const limit = Number(most);
  if (limit === 0) return [];
  const parts = separator === '' ? [...text] : text.split(separator);
  if (limit < 0 || parts.length <= limit) return parts;
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)];
}

/** Unicode's White_Space, which is Go's. */
const EDGES = /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g;

function join(list: readonly unknown[], separator = ''): string {
  let length = 0;
  for (const item of list) {
    if (typeof item !== 'string') throw new EvaluationError('no such overload');
    if ((length += item.length + separator.length) > LONGEST_TEXT) throw new OverBudget();
  }
  return list.join(separator);
}

export const strings: Library = {
  'string.charAt(int): string': charAt,
  'string.indexOf(string): int': indexOf,
  'string.indexOf(string, int): int': indexOf,
  'string.lastIndexOf(string): int': lastIndexOf,
  'string.lastIndexOf(string, int): int': lastIndexOf,
  'string.lowerAscii(): string': (text: string) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()),
  'string.upperAscii(): string': (text: string) => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase()),
  'string.replace(string, string): string': replace,
  'string.replace(string, string, int): string': replace,
  'string.reverse(): string': (text: string) => [...text].toReversed().join(''),
  'string.split(string): list<string>': split,
  'string.split(string, int): list<string>': split,
  'string.substring(int): string': substring,
  'string.substring(int, int): string': substring,
  'string.trim(): string': (text: string) => text.replace(EDGES, ''),
  'string.format(list<dyn>): string': format,
  'strings.quote(string): string': (text: string) => quote(text),
  'list<string>.join(): string': join,
  'list<string>.join(string): string': join,
};
