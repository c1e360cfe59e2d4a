import { expect, test } from 'vitest';
import { decodeHuffman } from './huffman.ts';
import { bytesOf } from './testing/client.ts';

function decoded(hex: string): string | undefined {
  const bytes = bytesOf(hex);
  const out: number[] = [];
  return decodeHuffman(bytes, { from: 0, to: bytes.length }, out) ? String.fromCharCode(...out) : undefined;
}

test.each([
  ['f1e3 c2e5 f23a 6ba0 ab90 f4ff', 'www.example.com'],
  ['a8eb 1064 9cbf', 'no-cache'],
  ['6402', '302'],
  ['d07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff', 'Mon, 21 Oct 2013 20:13:21 GMT'],
  ['94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'],
  ['', ''],
])('the strings of RFC 7541, appendix C, are read: %s', (hex, text) => expect(decoded(hex)).toBe(text));

test('every symbol is read back from its code', () => {
  // Two of the longest codes, by RFC 7541's own table: 10 is 3ffffffc, 22 is 3ffffffe, of 30 bits.
  expect(decoded('fffffff3')).toBe('\n');
  expect(decoded('fffffffb')).toBe('\u0016');
  expect(decoded('fffe3f')).toBe('\\'.slice(1) + String.fromCharCode(195)); // 7fff1, of 19 bits
});

test.each([
  ['ff', 'eight ones are no padding'],
  ['1fff', 'nor are they behind a symbol'],
  ['00', 'padding is ones'],
  ['fffffffc', 'the end of the string has no place in it'],
  ['fffffffffc', 'even in front'],
])('a string that is no code is refused: %s, for %s', (hex) => expect(decoded(hex)).toBeUndefined());
