import { noSuchOverload } from '../arithmetic.ts';
import type { Library } from '../signature.ts';

/** Declared here; the compiler carries them out, and charges for the work. */
export const regexes: Library = {
  'string.find(string): string': noSuchOverload,
  'string.findAll(string): list<string>': noSuchOverload,
  'string.findAll(string, int): list<string>': noSuchOverload,
};
