import { deepEqual } from '../base/deep-equal.ts';
import { isRecord } from './own.ts';

/**
 * The JSONPath that printer columns and kubectl use, as far as one path goes: `.spec.replicas`, `.metadata.annotations['a.b']`, `.items[0]`, `[*]`, `[1:3]`,
 * `.status.conditions[?(@.type=="Ready")].status`, `..name`. See https://kubernetes.io/docs/reference/kubectl/jsonpath/
 */
export type JsonPath = readonly Step[];

/** From one value to those it leads to. */
type Step = (value: unknown) => readonly unknown[];

/** @throws Error where the text is no path */
export function parseJsonPath(text: string): JsonPath {
  const steps: Step[] = [];
  let rest = text.replace(/^\{(.*)\}$/s, '$1').replace(/^[$@]/, '');
  while (rest !== '') {
    const { step, length } = nextStep(rest);
    steps.push(step);
    rest = rest.slice(length);
  }
  return steps;
}

/** All values that a path leads to, absent ones left out. */
export function findAll(path: JsonPath, root: unknown): readonly unknown[] {
  let found: readonly unknown[] = [root];
  for (const step of path) {
    found = found.length === 1 ? step(found[0]) : found.flatMap(step);
    if (found.length === 0) return found;
  }
  return found;
}

const NAME = /^\.((?:[^.[\]\\*\s]|\\.)+)/;
const DESCENT = /^\.\.((?:[^.[\]\\*\s]|\\.)+)/;
const EVERY = /^(?:\.\*|\[\*\]|\.\[\*\])/;
const QUOTED = /^\.?\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/;
const SLICE = /^\.?\[(-?\d*)(?::(-?\d*))?(?::(-?\d*))?\]/;

function nextStep(text: string): { readonly step: Step; readonly length: number } {
  const descent = DESCENT.exec(text);
  if (descent) return { step: (value) => [...within(value)].flatMap(field(plain(descent[1]!))), length: descent[0].length };
  const every = EVERY.exec(text);
  if (every) return { step: children, length: every[0].length };
  const name = NAME.exec(text);
  if (name) return { step: field(plain(name[1]!)), length: name[0].length };
  const quoted = QUOTED.exec(text);
  if (quoted) return { step: field(plain(quoted[1] ?? quoted[2]!)), length: quoted[0].length };
  const slice = SLICE.exec(text);
  if (slice && slice[0] !== '[]') return { step: sliceOf(slice), length: slice[0].length };
  if (/^\.?\[\?\(/.test(text)) return filterStep(text);
  if (text === '.') return { step: (value) => [value], length: 1 };
  throw new Error(`unrecognized JSONPath at ${JSON.stringify(text)}`);
}

const plain = (text: string): string => text.replaceAll(/\\(.)/g, '$1');

const field = (name: string): Step => (value) => (isRecord(value) && Object.hasOwn(value, name) && value[name] !== undefined ? [value[name]] : []);

const children: Step = (value) => (Array.isArray(value) ? (value as readonly unknown[]) : isRecord(value) ? Object.values(value) : []);

function* within(value: unknown): Iterable<unknown> {
  yield value;
  for (const child of children(value)) yield* within(child);
}

/** `[2]`, `[-1]`, `[1:3]`, `[::2]`. */
function sliceOf([text, from = '', to, step]: RegExpExecArray): Step {
  return (value) => {
    if (!Array.isArray(value)) return [];
    const list: readonly unknown[] = value;
    if (!text.includes(':')) {
      const at = Number(from) < 0 ? list.length + Number(from) : Number(from);
      return at >= 0 && at < list.length ? [list[at]] : [];
    }
    const every = step ? Number(step) : 1;
    return list.slice(from === '' ? 0 : Number(from), to ? Number(to) : undefined).filter((_, position) => every > 0 && position % every === 0);
  };
}

const OPERATORS: Readonly<Record<string, (a: unknown, b: unknown) => boolean>> = {
  '==': deepEqual,
  '!=': (a, b) => !deepEqual(a, b),
  '<=': (a, b) => order(a, b) <= 0,
  '>=': (a, b) => order(a, b) >= 0,
  '<': (a, b) => order(a, b) < 0,
  '>': (a, b) => order(a, b) > 0,
};

/** Not a number where the two have no order. */
function order(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return typeof a === 'string' && typeof b === 'string' ? Number(a > b) - Number(a < b) : NaN;
}

/** `[?(@.type=="Ready")]`, `[?(@.ready)]`. */
function filterStep(text: string): { readonly step: Step; readonly length: number } {
  const start = text.indexOf('(') + 1;
  const end = endOf(text, start);
  const inside = text.slice(start, end).trim();
  const split = /^(.*?)(==|!=|<=|>=|<|>)(.*)$/s.exec(inside);
  const left = operand(split ? split[1]! : inside);
  const right = split ? operand(split[3]!) : undefined;
  const holds = (item: unknown): boolean => {
    const [found] = left(item);
    if (!right) return found !== undefined;
    const [wanted] = right(item);
    return found !== undefined && OPERATORS[split![2]!]!(found, wanted);
  };
  return { step: (value) => (Array.isArray(value) ? (value as readonly unknown[]).filter(holds) : []), length: end + 2 };
}

/** Where the parenthesis closes that was opened before `start`. */
function endOf(text: string, start: number): number {
  let quote = '';
  for (let at = start; at < text.length; at++) {
    const char = text[at]!;
    if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === '"' || char === '\'') quote = char;
    else if (char === ')' && text[at + 1] === ']') return at;
  }
  throw new Error('unterminated filter');
}

function operand(text: string): Step {
  const trimmed = text.trim();
  if (trimmed.startsWith('@')) {
    const path = parseJsonPath(trimmed);
    return (value) => findAll(path, value);
  }
  const literal = /^'(.*)'$/s.test(trimmed) ? trimmed.slice(1, -1) : (JSON.parse(trimmed) as unknown);
  return () => [literal];
}
