import type { Problem } from './source.ts';
import { unquote } from './string-literal.ts';

export type TokenKind = 'int' | 'uint' | 'float' | 'string' | 'bytes' | 'ident' | 'symbol' | 'end';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: number;
  /** Of a string its characters, of bytes an array of them. */
  readonly value?: string | Uint8Array;
}

const SPACE = /(?:[\t\r\n\f ]+|\/\/[^\n]*)+/y;
const NUMBER = /(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?|0x[0-9a-fA-F]+[uU]?|\d+[uU]?)/y;
const IDENT = /[_a-zA-Z][_a-zA-Z0-9]*/y;
const SYMBOL = /==|!=|<=|>=|&&|\|\||\[|\]|\{|\}|\(|\)|\.|,|-|!|\?|:|\+|\*|\/|%|<|>/y;
const QUOTED = /([rRbB]{0,2})("""|'''|"|')/y;

/** The tokens of an expression, `end` last; what is none is reported and passed over. */
export function tokenize(text: string, problems: Problem[]): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (at < text.length) {
    const space = match(SPACE);
    if (space) {
      at += space.length;
      continue;
    }
    const token = quoted(text, at) ?? word(match, at);
    if (token) {
      tokens.push(token);
      at += token.text.length;
      continue;
    }
    const rest = stray(text, at);
    problems.push({ at, message: `Syntax error: token recognition error at: '${rest}'` });
    at += rest.length;
  }
  tokens.push({ kind: 'end', text: '<EOF>', at: text.length });
  return tokens;
}

function word(match: (pattern: RegExp) => string | undefined, at: number): Token | undefined {
  const number = match(NUMBER);
  if (number) return { kind: /[uU]$/.test(number) ? 'uint' : /^0x|^\d+$/.test(number) ? 'int' : 'float', text: number, at };
  const ident = match(IDENT);
  if (ident) return { kind: ident === 'in' ? 'symbol' : 'ident', text: ident, at };
  const symbol = match(SYMBOL);
  return symbol ? { kind: 'symbol', text: symbol, at } : undefined;
}

function quoted(text: string, at: number): Token | undefined {
  QUOTED.lastIndex = at;
  const opening = QUOTED.exec(text);
  if (!opening) return undefined;
  const [open, prefix = '', quote = ''] = opening;
  const marks = prefix.toLowerCase();
  if (marks.length > 1 && marks[0] === marks[1]) return undefined;
  const raw = marks.includes('r');
  const end = closing(text, at + open.length, { quote, raw });
  if (end === undefined) return undefined;
  const bytes = marks.includes('b');
  const body = text.slice(at + open.length, end);
  const value = unquote(body, { raw, bytes });
  return value === undefined ? undefined : { kind: bytes ? 'bytes' : 'string', text: text.slice(at, end + quote.length), at, value };
}

function closing(text: string, from: number, { quote, raw }: { readonly quote: string; readonly raw: boolean }): number | undefined {
  for (let at = from; at < text.length; at++) {
    if (text.startsWith(quote, at)) return at;
    if (quote.length === 1 && (text[at] === '\n' || text[at] === '\r')) return undefined;
    if (!raw && text[at] === '\\') at++;
  }
  return undefined;
}

/** As much as the lexer gives up on at once: a broken string up to its line's end, a lone sign with what cannot follow it. */
function stray(text: string, at: number): string {
  if (/["']/.test(text[at]!)) return /[^\n\r]*/.exec(text.slice(at))![0];
  const first = String.fromCodePoint(text.codePointAt(at)!);
  if (!/[=&|]/.test(first)) return first;
  return first + (at + first.length < text.length ? String.fromCodePoint(text.codePointAt(at + first.length)!) : '');
}
