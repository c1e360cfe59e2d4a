import type { ResourceRequest } from '../resource-request.ts';
import type { Outcome, WriteContext } from './write-context.ts';
import { unsupportedMediaType } from '../body.ts';

/** PATCH of an object. */
export function patch(_at: ResourceRequest, _context: WriteContext): Promise<Outcome> {
  return Promise.reject(unsupportedMediaType([]));
}
