import { findAll } from '../../meta/regexp/regex.ts';
import { regexOf } from '../pattern.ts';
import type { Library } from '../signature.ts';
import type { Int } from '../values.ts';

export const regexes: Library = {
  'string.find(string): string': (text: string, pattern: string) => findAll(text, regexOf(pattern), 1)[0] ?? '',
  'string.findAll(string): list<string>': (text: string, pattern: string) => findAll(text, regexOf(pattern), -1),
  'string.findAll(string, int): list<string>': (text: string, pattern: string, most: Int) => findAll(text, regexOf(pattern), Number(most)),
};
