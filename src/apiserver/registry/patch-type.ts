import type { ApiRequest } from '../../wire/api.ts';
import type { Kind } from '../../schema/kind.ts';
import { unsupportedMediaType } from '../body.ts';

export const JSON_PATCH = 'application/json-patch+json';
export const MERGE = 'application/merge-patch+json';
export const STRATEGIC = 'application/strategic-merge-patch+json';
export const APPLY = 'application/apply-patch+yaml';

const TYPES = [JSON_PATCH, MERGE, STRATEGIC, APPLY];
/** Nobody has said how the lists of custom resources merge. */
const CUSTOM_TYPES = [JSON_PATCH, MERGE, APPLY];

/** What a PATCH calls its body; unlike other media types upstream takes it as it is spelled. @throws ApiError 415 */
export function patchTypeOf({ headers }: ApiRequest, kind?: Kind): string {
  const types = kind?.custom ? CUSTOM_TYPES : TYPES;
  const type = (headers['content-type'] ?? '').split(';')[0]!;
  if (types.includes(type)) return type;
  throw unsupportedMediaType(types);
}
