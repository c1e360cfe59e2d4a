import { unsupportedMediaType } from '../body.ts';
import type { Outcome, WriteContext } from './write-context.ts';

/** Server-side apply: the fields a manager says it cares about. */
export function applyPatch(_context: WriteContext, _body: Readonly<Record<string, unknown>>): Promise<Outcome> {
  return Promise.reject(unsupportedMediaType([]));
}
