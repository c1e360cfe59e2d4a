/** What stands in place of an object's bytes that nobody can open: the object is there, and whoever asks for it is told why it is not shown. */
import { ApiError } from '../../meta/api-error.ts';

/** No fingerprint of a codec looks like it. */
const MARK = 'unread: ';
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function unreadable(key: string, why: string): Uint8Array {
  return encoder.encode(`${MARK}unable to transform key ${JSON.stringify(key)}: ${why}`);
}

/** @throws ApiError InternalError where the bytes stand for others that could not be opened */
export function checkReadable(value: Uint8Array): void {
  // 'u', which is no hexadecimal digit.
  if (value[0] !== 117) return;
  const text = decoder.decode(value);
  if (text.startsWith(MARK)) throw new ApiError('InternalError', `Internal error occurred: ${text.slice(MARK.length)}`, { details: { causes: [{ message: text.slice(MARK.length) }] } });
}
