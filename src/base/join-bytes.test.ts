import { expect, test } from 'vitest';
import { joinBytes } from './join-bytes.ts';

test('parts stand one after the other, in memory that is nobody else\'s', () => {
  const part = Uint8Array.of(1, 2);
  const whole = joinBytes([part, new Uint8Array(), Uint8Array.of(3)]);
  part[0] = 9;
  expect([...whole]).toEqual([1, 2, 3]);
  expect([whole.byteOffset, whole.buffer.byteLength, joinBytes([]).length]).toEqual([0, 3, 0]);
});
