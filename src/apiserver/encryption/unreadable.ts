/** What stands in place of an object's bytes that nobody can open: the object is there, and whoever asks for it is told why it is not shown. */
import { ApiError } from '../../meta/api-error.ts';

/** No fingerprint of a codec looks like it. */
const MARK = 'unread: ';
/** No hexadecimal digit either. */
const FIRST = MARK.charCodeAt(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function unreadable(key: string, why: string): Uint8Array {
  return encoder.encode(`${MARK}unable to transform key ${JSON.stringify(key)}: ${why}`);
}

/** Whether the bytes are an object's, and not the reason why there are none. */
export const isReadable = (value: Uint8Array): boolean => value[0] !== FIRST || !decoder.decode(value.subarray(0, MARK.length)).startsWith(MARK);

/** @throws ApiError InternalError where the bytes stand for others that could not be opened */
export function checkReadable(value: Uint8Array): void {
  if (isReadable(value)) return;
  const why = decoder.decode(value.subarray(MARK.length));
  throw new ApiError('InternalError', `Internal error occurred: ${why}`, { details: { causes: [{ message: why }] } });
}
