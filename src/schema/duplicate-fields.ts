import { pathText } from './go-type.ts';

/** Reported at most, as upstream's decoder does. */
const MAX_REPORTED = 100;

/** An object or list that was opened and not closed yet. */
interface Level {
  /** Keys met so far; undefined in a list. */
  readonly keys: Set<string> | undefined;
  /** The step that leads to what is read now. */
  step: string | number;
}

const BACKSLASH = 0x5c;
/** A blank that some writers leave after a key; after a quote within a string it means nothing. */
const PARTED_COLON = /(?<!(?<!\\)\\)"[ \t\n\r]+:/;

/**
 * Whether `text` may hold a key twice, going by what JSON.parse made of it: a text with no more keys than that does not. Costs a
 * quarter of looking. Texts with blanks before colons may always.
 */
export function mayHoldDuplicates(text: string, parsed: unknown): boolean {
  let colons = 0;
  for (let at = text.indexOf('":'); at >= 0; at = text.indexOf('":', at + 2)) {
    if (text.charCodeAt(at - 1) !== BACKSLASH) colons++;
    // One backslash makes it part of a string; of more it takes looking to say.
    else if (text.charCodeAt(at - 2) === BACKSLASH) return true;
  }
  return colons !== keysIn(parsed) || PARTED_COLON.test(text);
}

function keysIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let keys = 0;
  for (const key in value) keys += keysIn((value as Readonly<Record<string, unknown>>)[key]) + 1;
  return Array.isArray(value) ? keys - value.length : keys;
}

/**
 * `duplicate field "spec.replicas"` for each key that an object of the text holds twice: JSON.parse keeps the last and
 * says nothing. The text must be valid JSON. Iterative, so that no nesting exhausts the stack.
 */
export function duplicateFields(text: string): readonly string[] {
  const found = new Set<string>();
  const levels: Level[] = [];
  let at = 0;
  while (at < text.length && found.size < MAX_REPORTED) {
    const level = levels.at(-1);
    switch (text.charCodeAt(at)) {
      case 0x22: { // a string: a key where an object expects one
        const end = endOfString(text, at);
        const next = skipBlanks(text, end);
        if (level?.keys && text[next] === ':') {
          level.step = JSON.parse(text.slice(at, end)) as string;
          if (level.keys.has(level.step)) found.add(`duplicate field ${JSON.stringify(pathText(levels.map(({ step }) => step)))}`);
          level.keys.add(level.step);
          at = next + 1;
        } else at = end;
        continue;
      }
      case 0x7b: // {
        levels.push({ keys: new Set(), step: '' });
        break;
      case 0x5b: // [
        levels.push({ keys: undefined, step: 0 });
        break;
      case 0x7d: // }
      case 0x5d: // ]
        levels.pop();
        break;
      case 0x2c: // ,
        if (typeof level?.step === 'number') level.step++;
        break;
    }
    at++;
  }
  return [...found];
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at++;
    else if (code === 0x22) return at + 1;
  }
  return text.length;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return at;
}
