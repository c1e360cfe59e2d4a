import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { sha256 } from './sha256.ts';

test('the digest is that of the standard, whatever the length and the letters', () => {
  const texts = ['', 'abc', 'ü€𝄞', ...Array.from({ length: 200 }, (_, length) => 'x'.repeat(length))];
  expect(texts.map(sha256)).toEqual(texts.map((text) => createHash('sha256').update(text).digest('hex')));
});
