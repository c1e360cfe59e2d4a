import type { ApiRequest } from '../../wire/api.ts';
import { unsupportedMediaType } from '../body.ts';

export const JSON_PATCH = 'application/json-patch+json';
export const MERGE = 'application/merge-patch+json';
export const STRATEGIC = 'application/strategic-merge-patch+json';
export const APPLY = 'application/apply-patch+yaml';

const TYPES = [JSON_PATCH, MERGE, STRATEGIC, APPLY];

/** What a PATCH calls its body; unlike other media types upstream takes it as it is spelled. @throws ApiError 415 */
export function patchTypeOf({ headers }: ApiRequest): string {
  const type = (headers['content-type'] ?? '').split(';')[0]!;
  if (TYPES.includes(type)) return type;
  throw unsupportedMediaType(TYPES);
}
