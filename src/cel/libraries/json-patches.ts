import type { Library } from '../signature.ts';

export const jsonPatches: Library = {
  /** A key as JSON pointers write it. */
  'jsonpatch.escapeKey(string): string': (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1'),
};
